using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Testing.Kubernetes;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>The real kubectl, with a folder of its own.</summary>
internal sealed class Kubectl : IDisposable
{
    private static readonly JsonReaderOptions Several = new() { AllowMultipleValues = true };
    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-kubectl-").FullName;
    private readonly string _program = ServerBinaries.Find().Kubectl;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>What the API server would store of a file; nothing is stored.</summary>
    public Task<KubectlAnswer> CreateAsync(string kubeconfig, string text, CancellationToken cancel) =>
        RunAsync(text, cancel, "--kubeconfig", kubeconfig, "create", "--dry-run=server", "--validate=false", "-o", "json");

    /// <summary>What it would send; no server is asked.</summary>
    public Task<KubectlAnswer> ReadAsync(string text, CancellationToken cancel) =>
        RunAsync(text, cancel, "annotate", "--local", "by=test", "-o", "json");

    private async Task<KubectlAnswer> RunAsync(string text, CancellationToken cancel, params string[] arguments)
    {
        var file = Path.Combine(_folder, $"{Guid.NewGuid():n}.yaml");
        await File.WriteAllTextAsync(file, text, new UTF8Encoding(false), cancel);
        using var process = Process.Start(new ProcessStartInfo(_program, [.. arguments, "--cache-dir", _folder, "-f", file])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var error = process.StandardError.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0 ? new KubectlAnswer(Objects(await output), null) : new KubectlAnswer([], await error);
    }

    private static List<JsonObject> Objects(string output)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(output), Several);
        var objects = new List<JsonObject>();
        while (reader.Read())
        {
            var value = JsonNode.Parse(ref reader)!.AsObject();
            objects.AddRange((string?)value["kind"] == "List" ? value["items"]!.AsArray().Select(i => i!.AsObject()) : [value]);
        }

        return objects;
    }
}
