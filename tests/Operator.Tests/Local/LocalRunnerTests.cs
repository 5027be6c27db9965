using System.Net;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Operator.Local;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Local;

/// <summary>Real processes, each a line of shell in place of the trainer.</summary>
public sealed class LocalRunnerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-run-").FullName;
    private readonly RecordingObserver _observer = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private LocalRunOptions Options(string script, CancellationToken kill) => new()
    {
        RunFolder = _folder,
        TrainerCommand = ["/bin/sh", "-c", script],
        Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["GREETING"] = "hello" },
        StatusInterval = TimeSpan.FromMilliseconds(200),
        Cores = 4,
        Kill = kill,
    };

    private Task<MhcTrainingJob> RunAsync(JobBuilder job, string script, CancellationTokenSource? stop = null,
        CancellationTokenSource? kill = null) =>
        new LocalRunner().RunAsync(job.WithBackoff(0, 0).BuildManifest(), Options(script, kill?.Token ?? CancellationToken.None), _observer,
            stop?.Token ?? CancellationToken.None)
            .WaitAsync(Patience, TestContext.Current.CancellationToken);

    private string Log(string pod) => File.ReadAllText(Path.Combine(_folder, "logs", pod + ".log"));

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var deadline = new CancellationTokenSource(Patience);
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!holds())
        {
            await ticks.WaitForNextTickAsync(deadline.Token);
        }
    }

    [Fact]
    public async Task A_gang_that_ends_with_0_succeeds_and_its_output_is_in_its_logs()
    {
        var run = RunAsync(MakeJob(),
            """echo out $RANK of $WORLD_SIZE; echo err >&2; until test -e "$MHC_CHECKPOINT_DIR/done"; do sleep 0.05; done""");
        // a gang that is faster than the first look at it is never seen running
        await _observer.Running.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await FinishAsync();
        var job = await run;
        Assert.Equal("Succeeded", job.Status!.Phase);
        Assert.Equal("out 0 of 2\nerr\n", Log("demo-1-0"));
        Assert.Equal("out 1 of 2\nerr\n", Log("demo-1-1"));
        Assert.Equal(["GangRunning", "Succeeded"], _observer.Reasons.Where(r => r != "x"));
        Assert.Equal(job, _observer.Jobs[^1]);
    }

    [Fact]
    public async Task The_environment_is_that_of_this_machine()
    {
        await RunAsync(MakeJob(),
            """echo "$MASTER_ADDR|$MHC_ATTEMPT|$MHC_CHECKPOINT_DIR|$MHC_THREADS|$MHC_RESUME_STEP|$GREETING"; cat "$MHC_CONFIG"; test -d "$MHC_CHECKPOINT_DIR" """);
        Assert.StartsWith($"127.0.0.1|1|{_folder}/checkpoints|2|latest|hello\n{{\"job\":\"demo\"", Log("demo-1-1"),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MHC_THREADS", "1", "1|")]
    [InlineData("OMP_NUM_THREADS", "3", "|3")]
    public async Task Whoever_says_how_many_threads_a_process_may_take_is_obeyed(string name, string value, string seen)
    {
        var before = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, value);
        try
        {
            await RunAsync(MakeJob(), """echo "$MHC_THREADS|$OMP_NUM_THREADS" """);
        }
        finally
        {
            Environment.SetEnvironmentVariable(name, before);
        }

        Assert.Equal(seen + "\n", Log("demo-1-0"));
    }

    [Fact]
    public async Task A_verdict_in_the_termination_message_takes_the_gang_back()
    {
        var script = $$"""if [ "$MHC_ATTEMPT" = 1 ]; then echo '{{Verdicts.LossSpike(restore: 100, bad: new(110, 121))}}' > "$MHC_TERMINATION_MESSAGE_PATH"; exit 86; fi; echo "$MHC_RESUME_STEP $MHC_SKIP_WINDOWS" """;
        var job = await RunAsync(MakeJob(), script);
        Assert.Equal(("Succeeded", 2, 0), (job.Status!.Phase, job.Status.Attempt, job.Status.Restarts));
        Assert.Equal("LossSpike", Assert.Single(job.Status.Rollbacks).Reason);
        Assert.Equal("100 110-121\n", Log("demo-2-0"));
        Assert.Contains("RolledBack", _observer.Reasons);
    }

    [Theory]
    [InlineData("exit 78", "ConfigurationInvalid")]
    [InlineData("exit 65", "DataUnreadable")]
    [InlineData("exit 3", "WorkerFailed")]
    [InlineData("kill -9 $$", "WorkerFailed")]
    public async Task A_job_that_cannot_go_on_fails_with_the_reason(string script, string reason)
    {
        var job = await RunAsync(MakeJob().WithRestarts(0), $"{script}");
        Assert.Equal(reason, job.Status!.Conditions.Single(c => c.Type == ConditionTypes.Failed).Reason);
    }

    [Fact]
    public async Task A_worker_killed_by_a_signal_restarts_the_gang()
    {
        var job = await RunAsync(MakeJob(), """test "$MHC_ATTEMPT" = 2 || kill -9 $$""");
        Assert.Equal(("Succeeded", 1), (job.Status!.Phase, job.Status.Restarts));
        Assert.Contains(_observer.Events, e => e.Message.Contains("ended with 137", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stopping_gives_the_gang_time_to_commit_a_checkpoint()
    {
        using var stop = new CancellationTokenSource();
        var run = RunAsync(MakeJob(),
            """cd "$MHC_CHECKPOINT_DIR"; trap 'mv trains-$RANK saved-$RANK; exit 75' TERM; echo > trains-$RANK; while :; do sleep 0.05; done""", stop);
        await _observer.Running.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await UntilAsync(() => CheckpointNames().SequenceEqual(["trains-0", "trains-1"]));
        await stop.CancelAsync();
        var job = await run;
        Assert.Equal("Suspended", job.Status!.Phase);
        Assert.Equal(["saved-0", "saved-1"], CheckpointNames());
    }

    [Fact]
    public async Task A_worker_that_does_not_obey_is_killed_when_its_grace_is_over()
    {
        using var stop = new CancellationTokenSource();
        var run = RunAsync(MakeJob().WithWorkers(1).With(j => j.Spec.RunPolicy.TerminationTimeoutSeconds = 3),
            """trap 'echo asked' TERM; echo $$ > "$MHC_CHECKPOINT_DIR/pid"; while :; do sleep 0.05; done""", stop);
        await UntilAsync(() => Pid() is not null);
        await stop.CancelAsync();
        var job = await run;
        Assert.Equal("Suspended", job.Status!.Phase);
        Assert.Contains("asked", Log("demo-1-0"), StringComparison.Ordinal);
        Assert.False(Directory.Exists($"/proc/{Pid()}"));
    }

    [Fact]
    public async Task A_container_beside_the_trainers_that_never_ends_keeps_no_run_from_ending()
    {
        var job = await RunAsync(Beside("log-shipper", """echo $$ > "$MHC_CHECKPOINT_DIR/pid"; while :; do sleep 0.05; done"""),
            """until test -s "$MHC_CHECKPOINT_DIR/pid"; do sleep 0.05; done""");
        Assert.Equal("Succeeded", job.Status!.Phase);
        Assert.False(Directory.Exists($"/proc/{Pid()}"));
    }

    [Theory]
    [InlineData(78)]
    [InlineData(86)]
    public async Task A_container_beside_the_trainers_that_fails_is_named_with_its_code_and_last_words(int code)
    {
        var job = await RunAsync(Beside("log-shipper", $"echo no route to host; exit {code}").WithRestarts(0), "sleep 60");
        var failed = job.Status!.Conditions.Single(c => c.Type == ConditionTypes.Failed);
        Assert.Equal("WorkerFailed", failed.Reason);
        Assert.Contains($"container log-shipper ended with {code} (Error): no route to host", failed.Message, StringComparison.Ordinal);
        Assert.Equal(0, job.Status.RollbackCount);
    }

    [Fact]
    public async Task A_container_without_a_command_of_its_own_is_not_another_trainer()
    {
        var job = MakeJob().WithWorkers(1).With(j => j.Spec.Workers.Template = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["containers"] = new JsonArray(
                new JsonObject { ["name"] = "log-shipper", ["image"] = "fluent-bit" })
            },
        });
        Assert.Equal("Succeeded", (await RunAsync(job, "echo trains")).Status!.Phase);
        Assert.Equal("trains\n", Log("demo-1-0"));
        Assert.Contains("was not started", Log("demo-1-0-log-shipper"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trainer_that_ends_with_0_when_it_is_told_to_leaves_the_run_suspended()
    {
        using var stop = new CancellationTokenSource();
        var run = RunAsync(MakeJob(),
            """cd "$MHC_CHECKPOINT_DIR"; trap 'exit 0' TERM; echo > trains-$RANK; while :; do sleep 0.05; done""", stop);
        await UntilAsync(() => CheckpointNames().SequenceEqual(["trains-0", "trains-1"]));
        await stop.CancelAsync();
        var job = await run;
        Assert.Equal("Suspended", job.Status!.Phase);
        Assert.DoesNotContain(job.Status.Conditions, c => c.Type == ConditionTypes.Succeeded);
    }

    [Fact]
    public async Task Containers_that_come_first_run_one_after_the_other_before_the_trainer_and_a_sidecar_beside_it()
    {
        var job = Before(
            ("one", """sleep 0.2; echo one >> "$MHC_CHECKPOINT_DIR/order" """, null),
            ("proxy", """echo $$ > "$MHC_CHECKPOINT_DIR/pid"; while :; do sleep 0.05; done""", "Always"),
            ("two", """echo two >> "$MHC_CHECKPOINT_DIR/order" """, null));
        var ended = await RunAsync(job,
            """until test -s "$MHC_CHECKPOINT_DIR/pid"; do sleep 0.05; done; echo trainer >> "$MHC_CHECKPOINT_DIR/order" """);
        Assert.Equal("Succeeded", ended.Status!.Phase);
        Assert.Equal(["one", "two", "trainer"],
            await File.ReadAllLinesAsync(Path.Combine(_folder, "checkpoints", "order"), TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists($"/proc/{Pid()}"));
    }

    [Fact]
    public async Task One_that_comes_first_and_fails_is_named_and_nothing_after_it_is_started()
    {
        var job = await RunAsync(Before(("fetch-data", "echo bucket not found; exit 42", null), ("two", "echo two", null)).WithRestarts(0),
            "echo trains");
        Assert.Contains("init container fetch-data ended with 42 (Error): bucket not found",
            job.Status!.Conditions.Single(c => c.Type == ConditionTypes.Failed).Message, StringComparison.Ordinal);
        Assert.Equal(["demo-1-0-fetch-data.log"], Directory.GetFiles(Path.Combine(_folder, "logs")).Select(Path.GetFileName));
    }

    private static JobBuilder Before(params (string Name, string Script, string? RestartPolicy)[] containers) =>
        MakeJob().WithWorkers(1).With(j => j.Spec.Workers.Template = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["initContainers"] = new JsonArray([.. containers.Select(c => (JsonNode)new JsonObject
            {
                ["name"] = c.Name,
                ["image"] = "i",
                ["command"] = new JsonArray("/bin/sh", "-c", c.Script),
                ["restartPolicy"] = c.RestartPolicy,
            })]),
            },
        });

    private static JobBuilder Beside(string name, string script) =>
        MakeJob().WithWorkers(1).With(j => j.Spec.Workers.Template = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["containers"] = new JsonArray(
                new JsonObject { ["name"] = name, ["image"] = "i", ["command"] = new JsonArray("/bin/sh", "-c", script) }),
            },
        });

    [Fact]
    public async Task Killing_waits_for_nobody_and_leaves_no_child()
    {
        using var kill = new CancellationTokenSource();
        var run = RunAsync(MakeJob().WithWorkers(1),
            """trap '' TERM; sh -c 'echo $$ > "$MHC_CHECKPOINT_DIR/pid"; while :; do sleep 0.05; done' & wait""", kill: kill);
        await UntilAsync(() => Pid() is not null);
        await kill.CancelAsync();
        var job = await run;
        Assert.Equal("Suspended", job.Status!.Phase);
        await UntilAsync(() => !Directory.Exists($"/proc/{Pid()}"));
    }

    [Fact]
    public async Task Another_run_in_the_same_folder_goes_on_and_remembers_the_rollbacks()
    {
        using var stop = new CancellationTokenSource();
        var script = $$"""if [ "$MHC_ATTEMPT" = 1 ]; then echo '{{Verdicts.LossSpike(restore: 100, bad: new(110, 121))}}' > "$MHC_TERMINATION_MESSAGE_PATH"; exit 86; fi; test "$MHC_ATTEMPT" = 3 || { touch "$MHC_CHECKPOINT_DIR/second"; sleep 60; }; echo "$MHC_SKIP_WINDOWS" """;
        var first = RunAsync(MakeJob().WithWorkers(1), script, stop);
        await UntilAsync(() => File.Exists(Path.Combine(_folder, "checkpoints", "second")));
        await stop.CancelAsync();
        Assert.Equal("Suspended", (await first).Status!.Phase);

        var second = await RunAsync(MakeJob().WithWorkers(1), script);

        Assert.Equal(("Succeeded", 3), (second.Status!.Phase, second.Status.Attempt));
        Assert.Equal("110-121\n", Log("demo-3-0"));
        Assert.Contains("Resumed", _observer.Reasons);
        Assert.Equal(((int?)2, 1), (_observer.First!.Status?.Attempt, _observer.First.Status!.Rollbacks.Count));
    }

    [Fact]
    public async Task The_status_of_rank_0_is_read_and_passed_on()
    {
        var run = RunAsync(MakeJob().WithWorkers(1),
            """echo $MHC_STATUS_PORT > "$MHC_CHECKPOINT_DIR/pid"; until test -e "$MHC_CHECKPOINT_DIR/done"; do sleep 0.05; done""");
        await UntilAsync(() => Pid() is not null);
        using var server = new HttpListener { IgnoreWriteExceptions = true };
        server.Prefixes.Add($"http://127.0.0.1:{Pid()}/");
        server.Start();

        while (_observer.Reports.Count == 0) // who is too slow for the runner's patience of a second is asked again
        {
            var request = await server.GetContextAsync().WaitAsync(Patience, TestContext.Current.CancellationToken);
            Assert.Equal("/status", request.Request.Url!.AbsolutePath);
            request.Response.Close("""{"attempt":1,"step":5,"totalSteps":9,"stabilityState":"Healthy"}"""u8.ToArray(), willBlock: false);
        }

        await FinishAsync();
        var job = await run;

        Assert.Equal("Succeeded", job.Status!.Phase);
        Assert.Equal(5, _observer.Reports[0].Step);
        Assert.Contains(_observer.Jobs, j => j.Status!.Stability?.State == "Healthy");
    }

    [Fact]
    public async Task Two_runs_cannot_share_a_folder()
    {
        using var stop = new CancellationTokenSource();
        var first = RunAsync(MakeJob().WithWorkers(1), "sleep 60", stop);
        await _observer.Running.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<IOException>(() => RunAsync(MakeJob(), "exit 0"));
        await stop.CancelAsync();
        await first;
    }

    [Fact]
    public async Task What_this_machine_cannot_give_is_said_with_its_path_before_anything_starts()
    {
        var claim = MakeJob().With(
            j => j.Spec.Data.Source = new DataSource { PersistentVolumeClaim = new PersistentVolumeClaimSource { ClaimName = "x" } });
        Assert.Contains("spec.data.source.persistentVolumeClaim",
            (await Assert.ThrowsAsync<ArgumentException>(() => RunAsync(claim, "exit 0"))).Message, StringComparison.Ordinal);
        var map = MakeJob().With(j => j.Spec.Data.Source = new DataSource { ConfigMap = new ConfigMapSource { Name = "x" } });
        Assert.Contains("spec.data.source.configMap", (await Assert.ThrowsAsync<ArgumentException>(() => RunAsync(map, "exit 0"))).Message,
            StringComparison.Ordinal);
        var invalid = MakeJob().WithErrors(new Api.Errors.FieldError("spec.model.heads", "bad"));
        Assert.Contains("spec.model.heads", (await Assert.ThrowsAsync<ArgumentException>(() => RunAsync(invalid, "exit 0"))).Message,
            StringComparison.Ordinal);
        await Assert.ThrowsAsync<FileNotFoundException>(
            () => new LocalRunner().RunAsync(MakeJob().BuildManifest(),
                Options("", CancellationToken.None) with { TrainerCommand = ["/no/such/trainer"] }, _observer,
                TestContext.Current.CancellationToken));
        Assert.Empty(_observer.Events);
    }

    [Fact]
    public async Task A_status_file_that_holds_something_else_is_named()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "status.json"), "{ nonsense", TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<IOException>(() => RunAsync(MakeJob(), "exit 0"));
        Assert.Contains("status.json", error.Message, StringComparison.Ordinal);
    }

    private IEnumerable<string?> CheckpointNames() =>
        Directory.GetFiles(Path.Combine(_folder, "checkpoints")).Select(Path.GetFileName).Order(StringComparer.Ordinal);

    /// <summary>Lets the scripts end that wait for the file <c>done</c>.</summary>
    private Task FinishAsync() =>
        File.WriteAllTextAsync(Path.Combine(_folder, "checkpoints", "done"), "", TestContext.Current.CancellationToken);

    private string? Pid()
    {
        var file = Path.Combine(_folder, "checkpoints", "pid");
        return File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } pid ? pid : null;
    }
}
