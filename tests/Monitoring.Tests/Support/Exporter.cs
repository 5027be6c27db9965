using System.Buffers;
using System.Diagnostics;
using System.Text;
using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.Metrics;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Serving;
using MhcOperator.Operator.Tests.Building;
using MhcOperator.Operator.Tests.Metrics;
using MhcOperator.Operator.Webhooks;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Prometheus;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace Monitoring.Tests.Support;

/// <summary>
/// Serves <c>/operator</c>, what an operator serves that has work to do at each scrape, and <c>/trainer</c>, what rank 0 of a real training
/// serves that <c>mhc run examples/quickstart.yaml</c> does here meanwhile.
/// </summary>
internal sealed class Exporter : IAsyncDisposable
{
    private const string Job = "quickstart";

    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly RuntimeMetrics _runtime;
    private readonly OperatorMetrics _jobs;
    private readonly AdmissionMetrics _admission;
    private readonly CertificateMetrics _certificate;
    private readonly JobMetrics _each = new();
    private readonly HttpClient _http = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-scraped-").FullName;
    private readonly Process _training;
    private readonly StringBuilder _said = new();
    private HttpHost? _host;
    private int _scrapes;

    private Exporter()
    {
        (_runtime, _jobs, _admission, _certificate) =
            (new RuntimeMetrics(_registry), new OperatorMetrics(_registry), new AdmissionMetrics(_registry),
            new CertificateMetrics(_registry));
        _ = new ProcessMetrics(_registry);
        _training = new Process
        {
            StartInfo = new ProcessStartInfo(
                Repository.ProgramOf("Cli", "mhc"),
                ["run", "examples/quickstart.yaml", "--plain", "--prompt", "", "--run-dir", _folder, "--trainer",
                    Repository.ProgramOf("Trainer", "mhc-trainer")])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = Repository.Root,
                Environment = { ["MHC_THREADS"] = "1" },
            },
        };
        _training.OutputDataReceived += (_, line) => Hear(line.Data);
        _training.ErrorDataReceived += (_, line) => Hear(line.Data);
    }

    public string Address => _host!.Address.Authority;

    /// <summary>What the training has printed.</summary>
    public string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    public static async Task<Exporter> StartAsync()
    {
        var exporter = new Exporter();
        exporter._training.Start();
        exporter._training.BeginOutputReadLine();
        exporter._training.BeginErrorReadLine();
        exporter._host = await HttpHost.StartAsync(
            "127.0.0.1",
            0,
            "the test's port",
            _ => { },
            server =>
            {
                server.Map(
                    "/operator", branch => branch.Run(
                        context => context.Response.WriteAsync(exporter.OperatorText(), context.RequestAborted)));
                server.Map("/trainer", branch => branch.Run(exporter.AnswerTrainerAsync));
            },
            TestContext.Current.CancellationToken);
        return exporter;
    }

    public async ValueTask DisposeAsync()
    {
        await _host!.DisposeAsync();
        _http.Dispose();
        _training.Kill(entireProcessTree: true);
        await _training.WaitForExitAsync(CancellationToken.None);
        _training.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>An operator that restarts a gang, rolls another back, and answers reviews, between two scrapes.</summary>
    private string OperatorText()
    {
        var turn = Interlocked.Increment(ref _scrapes);
        _runtime.RequestSent("get", "pods", turn % 5 == 0 ? 500 : 200);
        _runtime.WatchRestarted("pods", "failed");
        _runtime.Retried();
        _runtime.Reconciled(TimeSpan.FromMilliseconds(20), success: turn % 3 > 0);
        _runtime.Taken(TimeSpan.FromMilliseconds(5), depth: 1);
        _runtime.IsLeader(true);
        _admission.Answered("validate", allowed: true);
        _admission.Took("validate", TimeSpan.FromMilliseconds(10));
        _admission.Took("default", TimeSpan.FromMilliseconds(2));
        _certificate.Serves(DateTimeOffset.UtcNow.AddDays(300));
        _jobs.Observe(new NamespacedName("default", Job), MakeRunning(1, 2).Build());
        _jobs.Count(MakeRunning(1, 2).Build(), MakeRunning(2, 2).Condition("Restarting", "True", "Hung").Build());
        var back = MakeRunning(3, 2).Condition("Restarting", "True", "RolledBack").Rollback(2, 115, 100).Build();
        _jobs.Count(MakeRunning(2, 2).Build(), back);
        _jobs.Count(back, MakeRunning(3, 2).Rollback(2, 115, 100, seconds: 12).Build());

        var status = MetricsReference.FullStatus();
        status.RollbackCount = turn;
        var running = JobBuilder.MakeJob().Named(Job).BuildManifest(status);
        var ended = JobBuilder.MakeJob().Named("ended")
            .BuildManifest(MakeRunning(1, 2).With(s => s.FinishedAt = Clock.Start.UtcDateTime).Build());
        _each.Lead(() => [running, ended]);
        using var text = new MemoryStream();
        _registry.CollectAndExportAsTextAsync(text).GetAwaiter().GetResult();
        var ofJobs = new ArrayBufferWriter<byte>();
        _each.Write(ofJobs);
        return Encoding.UTF8.GetString(text.ToArray()) + Encoding.UTF8.GetString(ofJobs.WrittenSpan);
    }

    private async Task AnswerTrainerAsync(HttpContext context)
    {
        try
        {
            var port = FindStatusPort() ?? throw new HttpRequestException("there is no rank 0");
            await context.Response.WriteAsync(
                await _http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), context.RequestAborted), context.RequestAborted);
        }
        catch (HttpRequestException)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
    }

    /// <summary>Each attempt has another: it stands in the environment of the process.</summary>
    private string? FindStatusPort() => Directory.EnumerateDirectories("/proc").Select(Environ)
        .Where(variables => variables.Contains("RANK=0") && variables.Contains($"MHC_JOB={Job}"))
        .Where(variables => variables.Any(variable => variable.StartsWith($"MHC_CHECKPOINT_DIR={_folder}/", StringComparison.Ordinal)))
        .Select(
            variables => variables.FirstOrDefault(variable => variable.StartsWith("MHC_STATUS_PORT=", StringComparison.Ordinal))?.Split(
                '=')[1])
        .LastOrDefault(port => port is not null);

    private static string[] Environ(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "environ")).Split('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // no process, somebody else's, or it has just ended
        }
    }

    private void Hear(string? line)
    {
        lock (_said)
        {
            _said.AppendLine(line);
        }
    }
}
