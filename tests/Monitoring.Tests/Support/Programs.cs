using System.Collections.Concurrent;
using System.Diagnostics;
using Api.Tests.Documentation;

namespace Monitoring.Tests.Support;

/// <summary>Real Helm, Prometheus and Alertmanager, which <c>eng/helm.sh</c> and <c>eng/prometheus.sh</c> fetch.</summary>
internal static class Programs
{
    private static readonly Lazy<string> Prometheus = new(() => Fetch("prometheus.sh"));
    private static readonly ConcurrentDictionary<string, Lazy<string>> Helms = new(StringComparer.Ordinal);

    /// <summary>Folder of promtool, amtool and the two servers.</summary>
    public static string PrometheusFolder => Prometheus.Value;

    public static Task<Answer> PromtoolAsync(params string[] arguments) => RunAsync(Path.Combine(PrometheusFolder, "promtool"), arguments);

    public static Task<Answer> AmtoolAsync(params string[] arguments) => RunAsync(Path.Combine(PrometheusFolder, "amtool"), arguments);

    /// <summary>Renders the chart as deploy/ has it: release mhc-operator in mhc-system.</summary>
    /// <param name="values">YAML.</param>
    /// <param name="template">The only one that is wanted, below templates/.</param>
    public static async Task<Answer> RenderAsync(string values, string template)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, values, TestContext.Current.CancellationToken);
            return await RunAsync(
                Path.Combine(Helm("4"), "helm"),
                ["template", "mhc-operator", RepositoryFile.Root() + "/charts/mhc-operator", "--namespace", "mhc-system", "--values", file, "--show-only", $"templates/{template}"]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>The kubectl that comes with a version of Helm.</summary>
    public static Task<Answer> KubectlAsync(string helm, params string[] arguments) => RunAsync(Path.Combine(Helm(helm), "kubectl"), arguments);

    /// <summary>A program of src/, built as this test is.</summary>
    public static string Built(string project, string program) =>
        Path.Combine(RepositoryFile.Root(), "src", project, Path.GetRelativePath(Path.Combine(RepositoryFile.Root(), "tests", "Monitoring.Tests"), AppContext.BaseDirectory), program);

    /// <summary>Runs a program in the repository's folder, in an environment without a cluster.</summary>
    public static async Task<Answer> RunAsync(string program, params string[] arguments)
    {
        var cancel = TestContext.Current.CancellationToken;
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = RepositoryFile.Root(),
            Environment = { ["KUBECONFIG"] = "/dev/null" },
        })!;
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var error = process.StandardError.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return new Answer(process.ExitCode, await output + await error);
    }

    private static string Helm(string version) => Helms.GetOrAdd(version, v => new Lazy<string>(() => Fetch("helm.sh", v))).Value;

    private static string Fetch(string script, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(RepositoryFile.Root(), "eng", script), arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        var folder = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? folder : throw new InvalidOperationException($"eng/{script} did not fetch what it is to fetch");
    }
}
