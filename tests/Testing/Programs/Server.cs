using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace MhcOperator.Testing.Programs;

/// <summary>
/// A real Prometheus or Alertmanager, which <c>eng/prometheus.sh</c> fetches, on a free port of loopback. It ends, with its folder, when
/// this is disposed of.
/// </summary>
public sealed class Server : IAsyncDisposable
{
    private const string Listening = "msg=\"Listening on\" address=";

    private readonly Process _process;
    private readonly string _folder;
    private readonly HttpClient _http = new();
    private readonly ConcurrentQueue<string> _said = new();

    private Server(Process process, string folder)
    {
        _process = process;
        _folder = folder;
    }

    /// <summary>Starts Prometheus with a configuration, beside whose file <paramref name="files"/> lie.</summary>
    public static async Task<Server> PrometheusAsync(string configuration, params (string Name, string Text)[] files)
    {
        var server = await StartAsync(
            configuration,
            files,
            folder => (Path.Combine(Programs, "prometheus"),
                [$"--config.file={folder}/config.yml", $"--storage.tsdb.path={folder}/data", "--web.listen-address=127.0.0.1:0"]));
        await server.UntilAsync("ready", async () =>
        {
            using var ready = await server._http.GetAsync("-/ready", TestContext.Current.CancellationToken);
            return ready.IsSuccessStatusCode ? server : null;
        });
        return server;
    }

    /// <summary>
    /// Starts Alertmanager. Debian's looks for its templates in /usr/share, where they are if it is installed: it gets a /usr/share of its
    /// own. Skips the test where it may not have one.
    /// </summary>
    public static async Task<Server> AlertmanagerAsync(string configuration)
    {
        var may = await External.RunAsync("unshare", ["--map-root-user", "--mount", "true"]);
        Assert.SkipWhen(may.ExitCode != 0, $"Alertmanager needs a mount namespace here: {may.Said.Trim()}");
        var templates = Path.GetFullPath(Path.Combine(Programs, "..", "share", "prometheus", "alertmanager"));
        return await StartAsync(
            configuration,
            [],
            folder => ("unshare",
            [
                "--map-root-user", "--mount", "sh", "-c",
                """
                cp -r "$0" "$1/templates" && mount -t tmpfs none /usr/share && mkdir -p /usr/share/prometheus && cp -r "$1/templates" /usr/share/prometheus/alertmanager &&
                  exec "$2" --config.file="$1/config.yml" --storage.path="$1/data" --web.listen-address=127.0.0.1:0 --cluster.listen-address=
                """,
                templates, folder, Path.Combine(Programs, "prometheus-alertmanager"),
            ]));
    }

    /// <summary>Folder of the servers, promtool and amtool.</summary>
    public static string Programs => External.Folder("prometheus.sh");

    public Uri Address => _http.BaseAddress!;

    public async Task<JsonNode> GetAsync(string path) =>
        (await _http.GetFromJsonAsync<JsonNode>(path, TestContext.Current.CancellationToken))!;

    public async Task PostAsync(string path, JsonNode body)
    {
        using var answer = await _http.PostAsJsonAsync(path, body, TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Asks Prometheus.</summary>
    /// <returns>The answer: status, data or error.</returns>
    public async Task<JsonNode> QueryAsync(string query)
    {
        using var answer = await _http.GetAsync($"api/v1/query?query={Uri.EscapeDataString(query)}", TestContext.Current.CancellationToken);
        return (await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!;
    }

    /// <summary>Looks again, ten times a second, until what is looked for is there.</summary>
    /// <param name="what">What is waited for, as words after "not".</param>
    /// <param name="look">Gives null until it is there.</param>
    /// <param name="limit">After which the test fails. Default: a minute and a half.</param>
    /// <param name="story">What is told then.</param>
    public async Task<T> UntilAsync<T>(string what, Func<Task<T?>> look, TimeSpan? limit = null, Func<string>? story = null)
        where T : class
    {
        using var end = new CancellationTokenSource(limit ?? TimeSpan.FromSeconds(90));
        while (!end.IsCancellationRequested && !_process.HasExited)
        {
            if (await look() is { } found)
            {
                return found;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException($"not {what}\n{story?.Invoke()}\n{string.Join('\n', _said.TakeLast(20))}");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<Server> StartAsync(string configuration, (string Name, string Text)[] files,
        Func<string, (string Program, string[] Arguments)> command)
    {
        var own = Directory.CreateTempSubdirectory("mhc-monitoring-").FullName;
        foreach (var (name, text) in files.Append(("config.yml", configuration)))
        {
            await File.WriteAllTextAsync(Path.Combine(own, name), text, TestContext.Current.CancellationToken);
        }

        var (program, arguments) = command(own);
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = new Server(
            new Process
            {
                StartInfo = new ProcessStartInfo(program, arguments)
                {
                    UseShellExecute = false,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true
                },
                EnableRaisingEvents = true
            },
            own);
        server._process.Exited += (_, _) =>
            address.TrySetException(new InvalidOperationException($"{program} ended\n{string.Join('\n', server._said)}"));
        server._process.OutputDataReceived += (_, line) => Hear(line.Data);
        server._process.ErrorDataReceived += (_, line) => Hear(line.Data);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        server._http.BaseAddress = await address.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        return server;

        void Hear(string? line)
        {
            server._said.Enqueue(line ?? "");
            if (line?.IndexOf(Listening, StringComparison.Ordinal) is { } at and >= 0)
            {
                address.TrySetResult(new Uri($"http://{line[(at + Listening.Length)..].Trim()}/"));
            }
        }
    }
}
