using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;

namespace EndToEnd.Tests.Cluster;

/// <summary>Runs kubectl, as a person would.</summary>
/// <param name="kubeconfig">The cluster.</param>
internal sealed class Kubectl(string kubeconfig)
{
    /// <summary>A kubelet whose question whether the caller may do this was not answered in time says this, and has done nothing.</summary>
    private const string NotAnswered = "unable to upgrade connection: Authorization error";

    private static readonly TimeSpan LongestWatch = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Standard output of the command.</summary>
    /// <exception cref="KubectlException">It failed; the message has the command and what it said.</exception>
    public async Task<string> RunAsync(IReadOnlyList<string> arguments, string? input = null)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await RunOnceAsync(arguments, input);
            }
            catch (KubectlException e) when (tries < 5 && e.Message.Contains(NotAnswered, StringComparison.Ordinal))
            {
            }
        }
    }

    /// <summary>The same, and where the command fails, why.</summary>
    public async Task<string> TryAsync(IReadOnlyList<string> arguments)
    {
        try
        {
            return await RunAsync(arguments);
        }
        catch (KubectlException e)
        {
            return e.Message;
        }
    }

    private async Task<string> RunOnceAsync(IReadOnlyList<string> arguments, string? input)
    {
        using var process = Start(arguments);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(Eventually.Limit);
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0
                ? await output
                : throw new KubectlException(
                    $"kubectl {string.Join(' ', arguments)}: exit code {process.ExitCode}: {(await errors).Trim()}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>The command's output read as JSON (<c>-o json</c> is added); null where the object does not exist.</summary>
    public async Task<JsonNode?> GetAsync(params string[] arguments)
    {
        var output = await RunAsync(["get", .. arguments, "--ignore-not-found", "-o", "json"]);
        return output.Length == 0 ? null : JsonNode.Parse(output);
    }

    /// <summary>The items of a list.</summary>
    public async Task<IReadOnlyList<JsonNode>> ListAsync(params string[] arguments) =>
        [.. ((await GetAsync(arguments))?["items"]?.AsArray() ?? []).Select(item => item!)];

    /// <summary>Applies manifests.</summary>
    public Task ApplyAsync(string yaml, string? inNamespace = null) =>
        RunAsync(["apply", "-f", "-", .. inNamespace is null ? Array.Empty<string>() : ["--namespace", inNamespace]], yaml);

    /// <summary>
    /// The first state of an object for which the condition holds. One process hears of each, which costs less than looking again and
    /// again.
    /// </summary>
    /// <param name="what">Completes "waited N s for …".</param>
    /// <param name="arguments">Of <c>kubectl get</c>, of an object that exists.</param>
    /// <param name="holds">The condition.</param>
    public async Task<JsonNode> SeesAsync(string what, IReadOnlyList<string> arguments, Func<JsonNode, bool> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(Eventually.Limit);
        using var pause = new PeriodicTimer(TimeSpan.FromSeconds(1)); // between watches that end at once
        JsonNode? seen = null;
        var said = "";
        while (!limit.IsCancellationRequested)
        {
            // A server that has replaced the resource's storage, for its definition was changed, can leave a watch open and tell it nothing
            // more.
            using var watch = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
            watch.CancelAfter(LongestWatch);
            try
            {
                await foreach (var state in StatesAsync(arguments, watch.Token))
                {
                    seen = state;
                    if (holds(state))
                    {
                        return state;
                    }
                }
            }
            catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
            {
            }
            catch (KubectlException e)
            {
                said = $"\n{e.Message}";
            }

            await pause.WaitForNextTickAsync(Cancel);
        }

        throw Eventually.TooLong(what, $"{seen?.ToJsonString() ?? "nothing"}{said}");
    }

    private async IAsyncEnumerable<JsonNode> StatesAsync(IReadOnlyList<string> arguments, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var process = Start(["get", .. arguments, "--watch", "-o", "json"]);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancel);
            var text = new StringBuilder();
            while (await process.StandardOutput.ReadLineAsync(cancel) is { } line)
            {
                text.AppendLine(line);
                if (line == "}") // kubectl indents all but an object's first and last line
                {
                    yield return JsonNode.Parse(text.ToString())!;
                    text.Clear();
                }
            }

            throw new KubectlException($"kubectl get {string.Join(' ', arguments)} --watch ended: {(await errors).Trim()}");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private Process Start(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("kubectl", arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KUBECONFIG"] = kubeconfig;
        return Process.Start(start)!;
    }
}
