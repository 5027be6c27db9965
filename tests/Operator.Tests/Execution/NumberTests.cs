using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;
using MhcOperator.Api.Schema;
using MhcOperator.Operator.Execution;
using MhcOperator.Operator.Local;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Building;
using MhcOperator.Operator.Tests.Runtime.Support;

namespace MhcOperator.Operator.Tests.Execution;

/// <summary>
/// Every number and every time of the resource, at its limits and at those of its type: whatever one job asks for, it is served or told
/// what is wrong with it, and so are all others. The clock is the machine's, since its timers have limits of their own.
/// </summary>
public sealed class NumberTests : IDisposable
{
    private const string Spec =
        """{"workers":{"device":"Cpu","replicas":1},"runPolicy":{"backoff":{"initialSeconds":0,"maximumSeconds":0}}}""";
    private const string Status = """
        {"attempt":1,"observedGeneration":1,"restarts":1,"restartsUsed":1,"restartedAtStep":1,"rollbackCount":1,"startedAt":"2026-11-23T12:00:00Z",
         "workers":{"active":1,"ready":1,"succeeded":0,"failed":0},
         "progress":{"step":5,"totalSteps":10,"loss":1,"validationLoss":1,"tokensPerSecond":1,"etaSeconds":5,"updatedAt":"2026-11-23T12:00:00Z"},
         "stability":{"state":"Healthy","gain":{"forward":1,"backward":1},"gap":{"row":0,"column":1}},"checkpoints":{"latest":1,"verified":1},
         "rollbacks":[{"attempt":1,"reason":"LossSpike","detectedStep":4,"onsetStep":3,"restoredStep":1,"skipped":"1-2","learningRateFactor":1,"seconds":1,"detectedAt":"2026-11-23T12:00:00Z"}],
         "conditions":[{"type":"Running","status":"True","reason":"GangRunning","message":"","lastTransitionTime":"2026-11-23T12:00:00Z","observedGeneration":1}]}
        """;

    private static readonly string[] Extremes =
        ["0", "1", "-1", "2147483647", "-2147483648", "2147483648", "4294967295", "5184000", "9223372036854775807", "-9223372036854775808",
        "0.5", "1e300", "-1e300", "5e-324"];

    private static readonly string[] Moments = ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z"];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-numbers-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Each job differs in one field from one that is served, and is in the state in which that field counts.</summary>
    private static List<(string What, JsonObject Job)> Jobs()
    {
        var jobs = new List<(string, JsonObject)>();
        foreach (var (path, node) in Leaves(JobSchema.Spec, ""))
        {
            // thousands of pods take their time
            foreach (var value in Values(node).Where(value => path != ".workers.replicas" || value is not ("4095" or "4096")))
            {
                jobs.Add(($"spec{path}={value}", Job(Set(JsonNode.Parse(Spec)!.AsObject(), path, value), null)));
            }
        }

        foreach (var field in (string[])["terminationGracePeriodSeconds", "activeDeadlineSeconds", "priority"])
        {
            jobs.AddRange(
                Extremes.Select(
                    value => ($"template.{field}={value}",
                        Job(Set(JsonNode.Parse(Spec)!.AsObject(), $".workers.template.spec.{field}", value), null))));
        }

        foreach (var state in (string[])["running", "finished", "in place"])
        {
            foreach (var (path, node) in Leaves(JobSchema.Status, ""))
            {
                jobs.AddRange(Values(node).Select(value => ($"status{path}={value}, {state}", Stored(path, value, state))));
            }
        }

        return jobs;
    }

    private static JsonObject Stored(string path, string value, string state)
    {
        var status = JsonNode.Parse(Status)!.AsObject();
        if (state == "in place")
        {
            status["inPlace"] = JsonNode.Parse(
                """{"podsAttempt":1,"pending":true,"restarts":1,"atStep":1,"since":"2026-11-23T12:00:00Z"}""");
        }
        else if (state == "finished")
        {
            status["conditions"]![0]!["type"] = "Succeeded";
            status["finishedAt"] = "2026-11-23T12:00:00Z";
        }

        var spec = JsonNode.Parse(Spec)!.AsObject();
        foreach (var limit in (string[])["ttlSecondsAfterFinished", "progressDeadlineSeconds", "activeDeadlineSeconds"])
        {
            Set(spec, $".runPolicy.{limit}", "2147483647");
        }

        return Job(spec, Set(status, path, value));
    }

    private static IEnumerable<(string Path, SchemaNode Node)> Leaves(SchemaNode node, string path) => node switch
    {
        { Type: SchemaType.Integer or SchemaType.Number } or { Format: "date-time" } => [(path, node)],
        { Items: { } items } => Leaves(items, path + "[0]"),
        _ => node.Properties.SelectMany(p => Leaves(p.Value, $"{path}.{p.Key}")),
    };

    private static IEnumerable<string> Values(SchemaNode node)
    {
        if (node.Format == "date-time")
        {
            return Moments;
        }

        var limits = new[] { node.Minimum, node.Maximum }.OfType<double>().SelectMany(limit => (double[])[limit - 1, limit, limit + 1]);
        return limits.Select(limit => limit.ToString("R", CultureInfo.InvariantCulture)).Concat(Extremes).Distinct(StringComparer.Ordinal);
    }

    private static JsonObject Set(JsonObject root, string path, string value)
    {
        JsonNode at = root;
        var names = path[1..].Replace("[0]", ".0", StringComparison.Ordinal).Split('.');
        for (var i = 0; i < names.Length; i++)
        {
            var next = i == names.Length - 1
                ? value.Contains('T', StringComparison.Ordinal) ? JsonValue.Create(value) : JsonNode.Parse(value)!
                : i + 1 < names.Length && names[i + 1] == "0" ? new JsonArray(new JsonObject()) : new JsonObject();
            if (at is JsonArray items)
            {
                if (items.Count == 0)
                {
                    items.Add(next);
                }

                at = items[0]!;
                continue;
            }

            if (i == names.Length - 1 || at[names[i]] is null)
            {
                at[names[i]] = next;
            }

            at = at[names[i]]!;
        }

        return root;
    }

    private static JsonObject Job(JsonObject spec, JsonObject? status) => new()
    {
        ["metadata"] = new JsonObject
        {
            ["name"] = "demo",
            ["namespace"] = "default",
            ["uid"] = "u",
            ["resourceVersion"] = "1",
            ["generation"] = 1
        },
        ["spec"] = spec,
        ["status"] = status,
    };

    [Fact]
    public async Task No_number_of_one_job_keeps_the_operator_from_another()
    {
        using var queue = new WorkQueue<NamespacedName>(TimeProvider.System, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1),
            ScriptedServer.Metrics());
        using var stop = new CancellationTokenSource();
        var cast = new ConcurrentDictionary<NamespacedName, Actor>();
        var complaints = new ConcurrentQueue<string>();
        var log = new RecordingLogger(complaints);
        var workers = new Controller(queue, async (key, cancel) => new ReconcileResult(await cast[key].ReconcileAsync(cancel)),
            TimeProvider.System, ScriptedServer.Metrics(), log);
        var running = workers.RunAsync(4, stop.Token);
        foreach (var (number, (what, job)) in Jobs().Index().Append((-1, ("ordinary", Job(JsonNode.Parse(Spec)!.AsObject(), null)))))
        {
            foreach (var ends in (bool[])[true, false])
            {
                var key = new NamespacedName(ends ? "ends" : "runs",
                    number < 0 ? "ordinary" : string.Create(CultureInfo.InvariantCulture, $"job-{number}"));
                (job["metadata"]!["namespace"], job["metadata"]!["name"]) = (key.Namespace, key.Name);
                var actor = cast[key] = new Actor(what, JobManifestReader.FromJson(job), ends);
                actor.Changed += () => queue.Add(key);
                queue.Add(key);
            }
        }

        var served = Task.WhenAll(cast.Values.Select(actor => actor.Settled));
        await Task.WhenAny(served, running, Task.Delay(Patience, TestContext.Current.CancellationToken));
        Assert.False(running.IsCompleted, "a worker has ended");
        Assert.True(served.IsCompleted,
            $"not served: {string.Join("; ", cast.Where(a => !a.Value.Settled.IsCompleted).Select(a => $"{a.Key.Namespace} {a.Value.What}").Take(20))} {string.Join('\n', complaints.Take(5))}");
        Assert.Empty(complaints);
        await Eventually.HappensAsync(() => cast[new NamespacedName("ends", "ordinary")].Find()!.Status?.Phase == "Succeeded",
            "an ordinary job ends");
        await Eventually.HappensAsync(() => cast[new NamespacedName("runs", "ordinary")].Find()!.Status?.Phase == "Running",
            "an ordinary job runs");
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task No_number_of_a_job_ends_a_local_run()
    {
        foreach (var (what, json) in Jobs().Where(job => !job.What.StartsWith("status", StringComparison.Ordinal)))
        {
            var manifest = JobManifestReader.FromJson(json);
            if (manifest.Errors.Count > 0)
            {
                continue;
            }

            var options = new LocalRunOptions { RunFolder = _folder, TrainerCommand = ["true"] };
            var status = new LocalStatusFile(Path.Combine(_folder, "status.json"));
            using var stop = new CancellationTokenSource();
            var run = new LocalRunner()
                .RunAsync(manifest with { Status = null }, options, new Ending(ends: true), status, new RecordingObserver(), stop.Token);
            try
            {
                var job = await run.WaitAsync(Patience, TestContext.Current.CancellationToken);
                Assert.True(job.Status!.Phase is "Succeeded" or "Failed", what);
            }
            catch (ArgumentException e) when (what.StartsWith("template.", StringComparison.Ordinal))
            {
                Assert.Contains("was refused", e.Message, StringComparison.Ordinal); // what no pod can hold
            }

            File.Delete(Path.Combine(_folder, "status.json"));
        }
    }

    [Fact]
    public void Any_wait_can_be_asked_of_a_queue() => Prop.ForAll<long>(ticks =>
    {
        using var queue = new WorkQueue<int>(TimeProvider.System, TimeSpan.FromTicks(1), TimeSpan.MaxValue, ScriptedServer.Metrics());
        foreach (var wait in (long[])[ticks, ticks << 20, ticks << 40, long.MaxValue, long.MinValue])
        {
            queue.AddAfter(1, TimeSpan.FromTicks(wait));
        }

        Enumerable.Range(0, 70).ToList().ForEach(_ => queue.Retry(2));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_sum_of_times_is_a_time() => Prop.ForAll<DateTime, double>((moment, seconds) =>
    {
        foreach (var start in (DateTimeOffset[])[new(DateTime.SpecifyKind(moment, DateTimeKind.Utc)), DateTimeOffset.MinValue,
            DateTimeOffset.MaxValue])
        {
            foreach (var many in (double[])[seconds, seconds * 1e9, double.MaxValue, double.MinValue, double.NaN, double.PositiveInfinity])
            {
                var sum = start.PlusSeconds(many);
                Assert.True(many > 0 ? sum >= start : !(many < 0) || sum <= start);
            }
        }
    }).QuickCheckThrowOnFailure();

    /// <summary>One job in a cluster of its own.</summary>
    private sealed class Actor
    {
        private readonly LocalCluster _cluster;
        private readonly JobExecutor _executor;
        private readonly NamespacedName _key;
        private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Actor(string what, JobManifest manifest, bool ends)
        {
            What = what;
            _cluster = new LocalCluster(new Ending(ends), TimeProvider.System);
            _executor = new JobExecutor(_cluster, new OperatorOptions { AllowPrivilegedTemplates = true }, TimeProvider.System);
            _key = _cluster.Add(manifest);
            _cluster.Changed += _ => Changed?.Invoke();
        }

        public event Action? Changed;

        public string What { get; }

        /// <summary>Done when it was looked at, and what was to be done is done.</summary>
        public Task Settled => _settled.Task;

        public JobManifest? Find() => _cluster.FindJob(_key);

        public async Task<TimeSpan?> ReconcileAsync(CancellationToken cancel)
        {
            try
            {
                var after = (await _executor.ReconcileAsync(_key, cancel)).RequeueAfter;
                if (after is null || after > TimeSpan.FromMilliseconds(200))
                {
                    _settled.TrySetResult();
                }

                return after;
            }
            catch (ApiException e) when (e.Status == System.Net.HttpStatusCode.Conflict)
            {
                return TimeSpan.Zero;
            }
        }
    }

    /// <summary>Containers that end at once, or never.</summary>
    private sealed class Ending(bool ends) : IPodLauncher
    {
        public ILaunchedContainer Launch(ContainerLaunch launch)
        {
            var container = new ScriptedContainer(launch.Pod, () => true);
            if (ends)
            {
                container.Exit(0);
            }

            return container;
        }

        public Task<Api.Contract.TrainerStatus?> GetStatusAsync(k8s.Models.V1Pod pod, CancellationToken cancel) =>
            Task.FromResult<Api.Contract.TrainerStatus?>(null);
    }
}
