using System.Diagnostics;
using System.Text.Json.Nodes;

namespace EndToEnd.Tests.Cluster;

/// <summary>Runs kubectl, as a person would.</summary>
/// <param name="kubeconfig">The cluster.</param>
internal sealed class Kubectl(string kubeconfig)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Standard output of the command.</summary>
    /// <exception cref="KubectlException">It failed; the message has the command and what it said.</exception>
    public async Task<string> RunAsync(IReadOnlyList<string> arguments, string? input = null)
    {
        var start = new ProcessStartInfo("kubectl", arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KUBECONFIG"] = kubeconfig;
        using var process = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), limit.Token);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0
                ? await output
                : throw new KubectlException($"kubectl {string.Join(' ', arguments)}: exit code {process.ExitCode}: {(await errors).Trim()}");
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
}
