using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Tests.Kubernetes;

/// <summary>
/// The program, with the heap that it has under the memory limit in deploy/, before a server with jobs as large as it stores them, and
/// strangers who hold as many connections as they get: an ordinary job of another author is served all the same.
/// </summary>
public sealed partial class HostileCrowdTests : IAsyncLifetime
{
    private const int Crowd = 16;
    private const int Connections = 500;
    private const string Jobs = "/apis/training.mhc.dev/v1alpha1/mhctrainingjobs";

    /// <summary>Three quarters of 512 MiB, as .NET takes of a container's limit.</summary>
    private const string HeapLimit = "0x18000000";

    private static readonly string Tree = $"[{string.Join(',', Enumerable.Repeat("0", 700_000))}]";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-crowd-").FullName;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly TaskCompletionSource _watched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebApplication? _server;
    private Process? _program;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _server = builder.Build();
        _server.Run(AnswerAsync);
        await _server.StartAsync(Cancel);
        var kubeconfig = Path.Combine(_folder, "kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, $$$"""
            apiVersion: v1
            kind: Config
            current-context: test
            clusters: [{name: test, cluster: {server: "{{{_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()}}}"}}]
            contexts: [{name: test, context: {cluster: test, user: test}}]
            users: [{name: test, user: {token: t}}]

            """, Cancel);
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "mhc-operator"))
        {
            ArgumentList = { "--kubeconfig", kubeconfig, "--bind-address", "127.0.0.1", "--metrics-port", "0", "--no-leader-election",
                "--no-rehearsal" },
            Environment = { ["DOTNET_GCHeapHardLimit"] = HeapLimit },
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _program = Process.Start(start)!;
        _program.OutputDataReceived += (_, line) => Hear(line.Data);
        _program.ErrorDataReceived += (_, line) => Hear(line.Data);
        _program.BeginOutputReadLine();
        _program.BeginErrorReadLine();
    }

    public async ValueTask DisposeAsync()
    {
        _program?.Kill();
        _program?.Dispose();
        _released.TrySetResult();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_ordinary_job_is_served_beside_jobs_and_connections_that_want_all_the_memory()
    {
        await _watched.Task.WaitAsync(Patience, Cancel);
        var port = (await _address.Task.WaitAsync(Patience, Cancel)).Port;
        var strangers = new List<Socket>();
        try
        {
            for (var i = 0; i < Connections; i++)
            {
                var stranger = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                strangers.Add(stranger);
                stranger.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
                await ConnectAsync(stranger, port);
            }

            using var http = new HttpClient();
            Assert.Equal("ok\n", await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/healthz"), Cancel));
            var release = Stopwatch.StartNew();
            _released.TrySetResult();
            await _served.Task.WaitAsync(Patience, Cancel);
            TestContext.Current.TestOutputHelper?.WriteLine($"served after {release.Elapsed.TotalSeconds:F1} s");
        }
        finally
        {
            strangers.ForEach(stranger => stranger.Dispose());
        }

        Assert.False(_program!.HasExited, string.Join('\n', _log));
        var peak = long.Parse(PeakLine().Match(await File.ReadAllTextAsync($"/proc/{_program.Id}/status", Cancel)).Groups["kib"].Value,
            CultureInfo.InvariantCulture) / 1024;
        TestContext.Current.TestOutputHelper?.WriteLine($"peak {peak} MiB");
        Assert.InRange(peak, 1, 500);
    }

    /// <summary>One connection too many is reset at once, before this side has seen it stand on a busy machine.</summary>
    private static async Task ConnectAsync(Socket stranger, int port)
    {
        try
        {
            await stranger.ConnectAsync(IPAddress.Loopback, port, Cancel);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
        }
    }

    private void Hear(string? line)
    {
        _log.Enqueue(line ?? "");
        if (AddressLine().Match(line ?? "") is { Success: true } found)
        {
            _address.TrySetResult(new Uri(found.Groups["value"].Value));
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var (path, query) = (context.Request.Path.Value!, context.Request.Query);
        context.Response.ContentType = "application/json";
        if (query.ContainsKey("watch"))
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            if (path == Jobs)
            {
                _watched.TrySetResult();
                await _released.Task.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync($$"""{"type":"ADDED","object":{{Job("ordinary", "others", "{}", 1_000)}}}""" + "\n",
                    context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        else if (context.Request.Method == "GET")
        {
            await context.Response.WriteAsync(path == Jobs ? Page(query) : """{"metadata":{"resourceVersion":"1"},"items":[]}""",
                context.RequestAborted);
        }
        else
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = JsonNode.Parse(await reader.ReadToEndAsync(context.RequestAborted));
            var name = (string?)(body as JsonObject)?["metadata"]?["name"] ?? path.Split('/')[^1];
            if (path.EndsWith("/namespaces/others/pods", StringComparison.Ordinal))
            {
                _served.TrySetResult();
            }

            await context.Response.WriteAsync($$$"""{"metadata":{"name":"{{{name}}}","namespace":"others","resourceVersion":"2"}}""",
                context.RequestAborted);
        }
    }

    private static string Page(IQueryCollection query)
    {
        var from = int.Parse(query["continue"].FirstOrDefault() ?? "0", CultureInfo.InvariantCulture);
        var to = Math.Min(Crowd, from + int.Parse(query["limit"].FirstOrDefault() ?? "500", CultureInfo.InvariantCulture));
        var items = new StringBuilder();
        for (var i = from; i < to; i++)
        {
            items.Append(i == from ? "" : ",").Append(Job($"job-{i}", "crowd", $$$"""{"spec":{"zzz":{{{Tree}}}}}""", i + 1));
        }

        return $$"""{"metadata":{"resourceVersion":"500","continue":"{{(to < Crowd ? to.ToString(CultureInfo.InvariantCulture) : "")}}"},"items":[{{items}}]}""";
    }

    private static string Job(string name, string ns, string template, int version) => $$$$"""
        {"metadata":{"name":"{{{{name}}}}","namespace":"{{{{ns}}}}","uid":"{{{{name}}}}","resourceVersion":"{{{{version}}}}","generation":1},
         "spec":{"suspend":{{{{(ns == "crowd" ? "true" : "false")}}}},"workers":{"device":"Cpu","replicas":1,"template":{{{{template}}}}}}}
        """.ReplaceLineEndings("");

    [GeneratedRegex(@"metrics and health at (?<value>\S+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex AddressLine();

    [GeneratedRegex(@"VmHWM:\s+(?<kib>[0-9]+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex PeakLine();
}
