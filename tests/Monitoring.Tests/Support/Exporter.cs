using System.Buffers;
using System.Diagnostics;
using System.Text;
using Api.Tests.Documentation;
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
/// Serves <c>/operator</c>, what an operator serves that has work to do at each scrape, and <c>/trainer</c>, what rank 0 of a real training serves that
/// <c>mhc run examples/quickstart.yaml</c> does here meanwhile.
/// </summary>
internal sealed class Exporter : IAsyncDisposable
{
    private const string Job = "quickstart";

    private readonly CollectorRegistry registry = Metrics.NewCustomRegistry();
    private readonly RuntimeMetrics runtime;
    private readonly OperatorMetrics jobs;
    private readonly AdmissionMetrics admission;
    private readonly CertificateMetrics certificate;
    private readonly JobMetrics each = new();
    private readonly HttpClient http = new();
    private readonly string folder = Directory.CreateTempSubdirectory("mhc-scraped-").FullName;
    private readonly Process training;
    private readonly StringBuilder said = new();
    private HttpHost? host;
    private int scrapes;

    private Exporter()
    {
        (runtime, jobs, admission, certificate) = (new RuntimeMetrics(registry), new OperatorMetrics(registry), new AdmissionMetrics(registry), new CertificateMetrics(registry));
        _ = new ProcessMetrics(registry);
        training = new Process
        {
            StartInfo = new ProcessStartInfo(
                Programs.Built("Cli", "mhc"),
                ["run", "examples/quickstart.yaml", "--plain", "--prompt", "", "--run-dir", folder, "--trainer", Programs.Built("Trainer", "mhc-trainer")])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = RepositoryFile.Root(),
                Environment = { ["MHC_THREADS"] = "1" },
            },
        };
        training.OutputDataReceived += (_, line) => Hear(line.Data);
        training.ErrorDataReceived += (_, line) => Hear(line.Data);
    }

    public string Address => host!.Address.Authority;

    /// <summary>What the training has printed.</summary>
    public string Said
    {
        get
        {
            lock (said)
            {
                return said.ToString();
            }
        }
    }

    public static async Task<Exporter> StartAsync()
    {
        var exporter = new Exporter();
        exporter.training.Start();
        exporter.training.BeginOutputReadLine();
        exporter.training.BeginErrorReadLine();
        exporter.host = await HttpHost.StartAsync(
            "127.0.0.1",
            0,
            "the test's port",
            _ => { },
            server =>
            {
                server.Map("/operator", branch => branch.Run(context => context.Response.WriteAsync(exporter.OperatorText(), context.RequestAborted)));
                server.Map("/trainer", branch => branch.Run(exporter.AnswerTrainerAsync));
            },
            TestContext.Current.CancellationToken);
        return exporter;
    }

    public async ValueTask DisposeAsync()
    {
        await host!.DisposeAsync();
        http.Dispose();
        training.Kill(entireProcessTree: true);
        await training.WaitForExitAsync(CancellationToken.None);
        training.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>An operator that restarts a gang, rolls another back, and answers reviews, between two scrapes.</summary>
    private string OperatorText()
    {
        var turn = Interlocked.Increment(ref scrapes);
        runtime.RequestSent("get", "pods", turn % 5 == 0 ? 500 : 200);
        runtime.WatchRestarted("pods", "failed");
        runtime.Retried();
        runtime.Reconciled(TimeSpan.FromMilliseconds(20), success: turn % 3 > 0);
        runtime.Taken(TimeSpan.FromMilliseconds(5), depth: 1);
        runtime.IsLeader(true);
        admission.Answered("validate", allowed: true);
        admission.Took("validate", TimeSpan.FromMilliseconds(10));
        admission.Took("default", TimeSpan.FromMilliseconds(2));
        certificate.Serves(DateTimeOffset.UtcNow.AddDays(300));
        jobs.Observe(new NamespacedName("default", Job), MakeRunning(1, 2).Build());
        jobs.Count(MakeRunning(1, 2).Build(), MakeRunning(2, 2).Condition("Restarting", "True", "Hung").Build());
        var back = MakeRunning(3, 2).Condition("Restarting", "True", "RolledBack").Rollback(2, 115, 100).Build();
        jobs.Count(MakeRunning(2, 2).Build(), back);
        jobs.Count(back, MakeRunning(3, 2).Rollback(2, 115, 100, seconds: 12).Build());

        var status = MetricsReference.FullStatus();
        status.RollbackCount = turn;
        var running = JobBuilder.MakeJob().Named(Job).BuildManifest(status);
        var ended = JobBuilder.MakeJob().Named("ended").BuildManifest(MakeRunning(1, 2).With(s => s.FinishedAt = Clock.Start.UtcDateTime).Build());
        each.Lead(() => [running, ended]);
        using var text = new MemoryStream();
        registry.CollectAndExportAsTextAsync(text).GetAwaiter().GetResult();
        var ofJobs = new ArrayBufferWriter<byte>();
        each.Write(ofJobs);
        return Encoding.UTF8.GetString(text.ToArray()) + Encoding.UTF8.GetString(ofJobs.WrittenSpan);
    }

    private async Task AnswerTrainerAsync(HttpContext context)
    {
        try
        {
            var port = FindStatusPort() ?? throw new HttpRequestException("there is no rank 0");
            await context.Response.WriteAsync(await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), context.RequestAborted), context.RequestAborted);
        }
        catch (HttpRequestException)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
    }

    /// <summary>Each attempt has another: it stands in the environment of the process.</summary>
    private string? FindStatusPort() => Directory.EnumerateDirectories("/proc").Select(Environ).Where(variables => variables.Contains("RANK=0") && variables.Contains($"MHC_JOB={Job}"))
        .Where(variables => variables.Any(variable => variable.StartsWith($"MHC_CHECKPOINT_DIR={folder}/", StringComparison.Ordinal)))
        .Select(variables => variables.FirstOrDefault(variable => variable.StartsWith("MHC_STATUS_PORT=", StringComparison.Ordinal))?.Split('=')[1])
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
        lock (said)
        {
            said.AppendLine(line);
        }
    }
}
