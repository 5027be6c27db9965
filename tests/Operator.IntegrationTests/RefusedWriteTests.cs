using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using MhcOperator.Testing.Kubernetes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>
/// Many jobs at once, of each of which the server refuses one write once: its conditions say so, and it comes to the same end as one of
/// which nothing is refused.
/// </summary>
public sealed class RefusedWriteTests(SharedServer shared)
{
    /// <summary>So often the operator sends a request by itself that the server is too busy for.</summary>
    private const int Tries = 4;

    private static readonly string[] Writes =
        ["pods", "services", "configmaps", "persistentvolumeclaims", "apply", "status", "events", "delete", "suspend"];
    private static readonly int[] Codes = [400, 403, 404, 409, 413, 422, 429, 500, 503, 0];

    private readonly ConcurrentDictionary<string, int> _refused = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _told = new(StringComparer.Ordinal);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_kind_of_write_refused_once_with_each_error_is_told_and_changes_nothing_of_the_end()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var gate = new WriteGate(shared.Server.Port, int.MaxValue, Refuse);
        var names = Writes.SelectMany(_ => Codes, (write, code) => string.Create(CultureInfo.InvariantCulture, $"{write}-{code}"))
            .Append("undisturbed").ToList();
        foreach (var name in names)
        {
            await ns.CreateJobAsync(JobBuilder.Make(name).Replicas(1).Response("Suspend"));
        }

        using var running = ns.StartOperator(shared.Server.Kubeconfig(address: gate.Address), "--no-leader-election");
        var jobs = await LiveAsync(ns, names, GoOnAsync);
        Assert.All(names.Where(name => name != "undisturbed"),
            name => Assert.True(_refused.ContainsKey(name), $"{name}: nothing was refused"));
        Assert.All(jobs, job => Assert.Equal(End(jobs["undisturbed"]), End(job.Value)));

        // What is compared with the stored job is read anew after a conflict, which is no trouble.
        var silent = names.Where(name => name is not ("undisturbed" or "status-409" or "suspend-409") && !_told.ContainsKey(name));
        Assert.Equal("", string.Join(' ', silent));
        var events = await ns.Api.ListAsync(ns.Path("events"), Cancel);
        Assert.All(
            names, name => Assert.Contains(events,
                e => (string?)e["involvedObject"]!["name"] == name && (string?)e["reason"] == "Suspended"));
    }

    [Fact]
    public async Task A_pod_that_does_not_get_its_label_back_at_once_is_told_of_and_the_end_is_the_same()
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        using var gate = new WriteGate(shared.Server.Port, int.MaxValue, Refuse);
        var names = Codes.Select(code => string.Create(CultureInfo.InvariantCulture, $"labels-{code}")).Append("undisturbed").ToList();
        foreach (var name in names)
        {
            await ns.CreateJobAsync(JobBuilder.Make(name).Replicas(1));
        }

        using var running = ns.StartOperator(shared.Server.Kubeconfig(address: gate.Address), "--no-leader-election");
        var jobs = await LiveAsync(ns, names, LoseALabelAsync);
        Assert.All(names.SkipLast(1), name => Assert.True(_refused.ContainsKey(name), $"{name}: nothing was refused"));
        Assert.All(jobs, job => Assert.Equal(End(jobs["undisturbed"]), End(job.Value)));
        Assert.Equal("", string.Join(' ', names.SkipLast(1).Where(name => !_told.ContainsKey(name))));
    }

    private static string End(JsonObject job)
    {
        var status = job["status"]!;
        return $"{status["phase"]} {status["attempt"]} {status["restarts"]} {status["rollbacks"]?.AsArray().Count} {(string?)job.Condition("Valid")?["status"]}";
    }

    /// <summary>The parts of kubelets and people: each job is run, changed, found unstable, and ends suspended without pods.</summary>
    private static async Task<Dictionary<string, JsonObject>> LiveAsync(
        TestNamespace ns, List<string> names, Func<TestNamespace, int, JsonObject, JsonObject?, JsonObject?, Task<int>> goOn)
    {
        var stages = names.ToDictionary(name => name, _ => 0, StringComparer.Ordinal);
        Dictionary<string, JsonObject> jobs = [];
        var started = Stopwatch.GetTimestamp();
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (stages.Values.Any(stage => stage < 4))
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Eventually.Limit,
                $"came no further: {string.Join('\n', stages.Where(s => s.Value < 4).Select(s => Describe(s.Key, s.Value, jobs)))}");
            await looks.WaitForNextTickAsync(Cancel);
            jobs = (await ns.Api.ListAsync(ns.Path("mhctrainingjobs"), Cancel)).ToDictionary(job => job.Name(), StringComparer.Ordinal);
            var pods = (await ns.PodsAsync()).ToDictionary(pod => pod.Name(), StringComparer.Ordinal);
            var maps = (await ns.Api.ListAsync(ns.Path("configmaps"), Cancel)).ToDictionary(map => map.Name(), StringComparer.Ordinal);
            await Parallel.ForEachAsync(names, Cancel, async (name, _) =>
            {
                var pod = pods.GetValueOrDefault($"{name}-1-0");
                lock (stages)
                {
                    if (stages[name] == 4)
                    {
                        return;
                    }
                }

                var stage = await goOn(ns, stages[name], jobs[name], pod, maps.GetValueOrDefault($"{name}-config"));
                lock (stages)
                {
                    stages[name] = stage;
                }
            });
        }

        return jobs;
    }

    private static string? StatusOf(JsonObject job, string condition) => (string?)job.Condition(condition)?["status"];

    private static string Describe(string name, int stage, Dictionary<string, JsonObject> jobs)
    {
        var status = jobs.GetValueOrDefault(name)?["status"];
        return $"{name} at {stage}: {status?.ToJsonString() ?? "no status"}";
    }

    private static async Task<int> GoOnAsync(TestNamespace ns, int stage, JsonObject job, JsonObject? pod, JsonObject? map)
    {
        switch (stage)
        {
            case 0 when pod is not null:
                await ns.RunPodAsync(pod);
                return 1;
            case 1 when StatusOf(job, "Running") == "True":
                var change = new JsonObject { ["optimization"] = new JsonObject { ["peakLearningRate"] = 0.0625 } };
                await ns.Api.MergeAsync(ns.Path("mhctrainingjobs", job.Name()), new JsonObject { ["spec"] = change }, Cancel);
                return 2;
            case 2 when map!["data"]!.ToJsonString().Contains("0.0625", StringComparison.Ordinal):
                await ns.EndPodAsync(pod!, 86, """{"reason":"LossSpike","detectedStep":6,"onsetStep":6,"restoreStep":0}""");
                return 3;
            case 3 when pod is null && StatusOf(job, "Suspended") == "True" && StatusOf(job, "Reconciled") != "False":
                return 4;
            default:
                return stage;
        }
    }

    /// <summary>Somebody takes the label off the job's pod, which runs on until it is deleted; then another attempt begins.</summary>
    private static async Task<int> LoseALabelAsync(TestNamespace ns, int stage, JsonObject job, JsonObject? pod, JsonObject? map)
    {
        switch (stage)
        {
            case 0 when pod is not null:
                await ns.RunPodAsync(pod);
                return 1;
            case 1 when StatusOf(job, "Running") == "True":
                var labels = new JsonObject { [MhcOperator.Api.Labels.Job] = null };
                await ns.Api.MergeAsync(ns.Path("pods", pod!.Name()),
                    new JsonObject { ["metadata"] = new JsonObject { ["labels"] = labels } }, Cancel);
                return 2;
            case 2 when pod is null:
                return 3;
            case 3 when job["status"] is { } status && (int)status["attempt"]! == 2 && (int)status["workers"]!["active"]! == 1
                && StatusOf(job, "Reconciled") != "False":
                return 4;
            default:
                return stage;
        }
    }

    private (int Code, string Message)? Refuse(HttpListenerRequest request, string body)
    {
        var parts = request.Url!.AbsolutePath.Split('/');
        var resource = parts[Array.IndexOf(parts, "namespaces") + 2];
        var name = parts.ElementAtOrDefault(Array.IndexOf(parts, "namespaces") + 3);
        var (write, job) = (request.HttpMethod, resource) switch
        {
            ("POST", "events") => ("events", (string?)JsonNode.Parse(body)!["involvedObject"]!["name"]),
            ("POST", _) => (resource, (string?)JsonNode.Parse(body)!["metadata"]?["labels"]?[MhcOperator.Api.Labels.Job]),
            ("PATCH", "configmaps") => ("apply", name!.Replace("-config", "", StringComparison.Ordinal)),
            ("PATCH", "mhctrainingjobs") => (parts[^1] == "status" ? "status" : "suspend", name),
            ("PATCH", "pods") when body.Contains("\"labels\"", StringComparison.Ordinal) =>
                ("labels", name!.Replace("-1-0", "", StringComparison.Ordinal)),
            ("DELETE", "pods") => ("delete", name!.Replace("-1-0", "", StringComparison.Ordinal)),
            _ => ("", null),
        };
        if (job is null || !job.StartsWith(write + "-", StringComparison.Ordinal))
        {
            return Note(write, job, body);
        }

        var code = int.Parse(job[(write.Length + 1)..], CultureInfo.InvariantCulture);
        return _refused.AddOrUpdate(job, 1, (_, times) => times + 1) <= (code == 429 ? Tries : 1) ? (code, Words(job))
            : Note(write, job, body);
    }

    /// <summary>A status that is let through may tell.</summary>
    private (int Code, string Message)? Note(string write, string? job, string body)
    {
        if (write == "status" && job is not null && _refused.ContainsKey(job)
            && body.Contains(job.EndsWith("-0", StringComparison.Ordinal) ? "was refused" : Words(job), StringComparison.Ordinal))
        {
            _told[job] = true;
        }

        return null;
    }

    private static string Words(string job) => $"the server has its reasons against {job}";
}
