using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Trainer.Commands;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Telemetry;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Tests.Support;

/// <summary>A tiny job on real text, with all its files in one folder.</summary>
internal sealed class TestJob : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Two layers of width 32; 16 sequences of 32 bytes an update.</summary>
    public TrainerConfiguration Configuration { get; set; } = new()
    {
        Job = "job",
        Model = new ModelSpec { Layers = 2, Width = 32, Heads = 2, ContextLength = 32 },
        Data = new DataSpec { Source = new DataSource { Path = Text } },
        Optimization = new OptimizationSpec
        {
            Steps = 40,
            BatchTokens = 512,
            PeakLearningRate = 0.003,
            WarmupSteps = 5,
            Precision = Precision.Float32
        },
        Checkpoints = new CheckpointsSpec { IntervalSteps = 10, VerifyAfterSteps = 5 },
        Parallelism = new ParallelismSpec { TimeoutSeconds = 120 },
    };

    /// <summary>One file of the .NET SDK's documentation: real English text that is always there.</summary>
    public static string Text { get; } = DataFileFinder.FindDefault()
        .First(f => f.EndsWith("/System.Collections.xml", StringComparison.Ordinal));

    public string Checkpoints => _folder.File("checkpoints");

    public string DataLog => _folder.File("data.log");

    public string StepLog => _folder.File("steps.jsonl");

    /// <summary>What the last process of rank 0 wrote as its last words.</summary>
    public string Termination => TerminationOf(0);

    public Verdict Verdict => JsonSerializer.Deserialize(Termination, ApiJsonContext.Default.Verdict)!;

    /// <summary>The last words of a rank.</summary>
    public string TerminationOf(int rank) => System.IO.File.ReadAllText(_folder.File($"termination-{rank}"));

    /// <summary>Starts one rank.</summary>
    public TrainerProcess Start(int rank = 0, int ranks = 1, int port = 0, params ReadOnlySpan<(string Name, string Value)> more) =>
        StartOn([], rank, ranks, port, more);

    /// <summary>Starts one rank by a command that goes before the trainer's.</summary>
    public TrainerProcess StartOn(string[] before, int rank, int ranks, int port, params ReadOnlySpan<(string Name, string Value)> more)
    {
        var environment = Environment(rank, ranks, port);
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        string[] command = [.. before, TrainerProcess.Program, "train", "--data-log", DataLog, "--step-log", StepLog];
        return TrainerProcess.Start(command[0], command.Skip(1), environment);
    }

    /// <summary>Runs one process to its end.</summary>
    public (int ExitCode, TrainerProcess Process) Run(params ReadOnlySpan<(string Name, string Value)> more)
    {
        var process = Start(more: more);
        return (process.Wait(), process);
    }

    /// <summary>
    /// Trains in this process, for a test to which its beginning, its end and what may happen to it meanwhile do not matter: a process of
    /// its own takes two seconds before the first step. No drill may crash it.
    /// </summary>
    public TrainedRank Train(params ReadOnlySpan<(string Name, string Value)> more) => TrainGang(1, more)[0];

    /// <summary>Trains all ranks of a gang in this process, which only their sockets connect.</summary>
    public TrainedRank[] TrainGang(int ranks, params ReadOnlySpan<(string Name, string Value)> more)
    {
        var port = FreePort();
        var environments = Enumerable.Range(0, ranks).Select(rank => Environment(rank, ranks, port)).ToList();
        foreach (var (name, value) in more)
        {
            environments.ForEach(e => e[name] = value);
        }

        return Train(environments);
    }

    /// <summary>Trains ranks of the same gang in this process.</summary>
    /// <param name="environments">One for each rank.</param>
    public TrainedRank[] Train(IReadOnlyList<Dictionary<string, string>> environments)
    {
        var ranks = environments.Select(
            e => Task.Factory.StartNew(() => Train(e), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))
                .ToArray();
        Assert.True(Task.WaitAll(ranks, TrainerProcess.Patience), "training does not end");
        return [.. ranks.Select(r => r.Result)];
    }

    /// <summary>The contract's environment of one rank.</summary>
    public Dictionary<string, string> Environment(int rank, int ranks, int port)
    {
        var configuration = _folder.Write("trainer.json",
            JsonSerializer.SerializeToUtf8Bytes(Configuration, ApiJsonContext.Default.TrainerConfiguration));
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [TrainerEnvironment.MasterAddress] = "127.0.0.1",
            [TrainerEnvironment.MasterPort] = (port == 0 ? 29500 : port).ToString(CultureInfo.InvariantCulture),
            [TrainerEnvironment.WorldSize] = ranks.ToString(CultureInfo.InvariantCulture),
            [TrainerEnvironment.Rank] = rank.ToString(CultureInfo.InvariantCulture),
            [TrainerEnvironment.Configuration] = configuration,
            [TrainerEnvironment.CheckpointFolder] = Checkpoints,
            [TrainerEnvironment.TerminationMessagePath] = _folder.File($"termination-{rank}"),
            [TrainerEnvironment.Threads] = "1",
            ["MHC_PARENT_PID"] = System.Environment.ProcessId.ToString(CultureInfo.InvariantCulture),
        };
    }

    /// <summary>Steps and data steps that were trained on, in order of time, restarts included.</summary>
    public IReadOnlyList<(int Step, long DataStep)> Trained() =>
        [.. Lines(DataLog).Select(l => l.Split(' ')).Where(w => w.Length > 2)
            .Select(w => (int.Parse(w[0], CultureInfo.InvariantCulture), long.Parse(w[1], CultureInfo.InvariantCulture)))];

    /// <summary>Losses by step, in order of time.</summary>
    public IReadOnlyList<double> Losses() => [.. Lines(StepLog).Select(l =>
    {
        using var json = JsonDocument.Parse(l);
        var loss = json.RootElement.GetProperty("loss");
        return loss.ValueKind == JsonValueKind.Null ? double.NaN : loss.GetDouble();
    })];

    /// <summary>The record that rank 0 keeps in the checkpoint folder.</summary>
    public IReadOnlyList<MetricsLine> Record() =>
        [.. Lines(Path.Combine(Checkpoints, MetricsLine.FileName))
            .Select(l => JsonSerializer.Deserialize(l, ApiJsonContext.Default.MetricsLine)!)];

    /// <summary>Gives another job a checkpoint of this one to begin with.</summary>
    public void CopyCheckpoint(int step, TestJob to)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"step-{step:D8}");
        var copy = Directory.CreateDirectory(Path.Combine(to.Checkpoints, name));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Checkpoints, name)))
        {
            File.Copy(file, Path.Combine(copy.FullName, Path.GetFileName(file)));
        }
    }

    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose() => _folder.Dispose();

    private TrainedRank Train(Dictionary<string, string> environment)
    {
        using var output = new StringWriter();
        var printer = new ProgressPrinter(output, terminal: false, TimeProvider.System);
        var lastWords = new LastWords(environment[TrainerEnvironment.TerminationMessagePath], printer);
        using var stop = new StopRequest(() => Assert.Fail("nobody asks it to stop"));
        var code = TrainCommand.Run(environment.GetValueOrDefault, new TrainingLogs(DataLog, StepLog), KernelKind.Native, printer, stop,
            lastWords, e => lastWords.Say(e));
        return new TrainedRank(code, output.ToString());
    }

    private static string[] Lines(string path) =>
        File.Exists(path) ? File.ReadAllText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
}
