using System.Diagnostics;
using Api.Tests.Documentation;

namespace Chart.Tests.Support;

/// <summary>Real Helms, which <c>eng/helm.sh</c> fetches.</summary>
internal static class Helm
{
    /// <summary>The newest, with which what is shipped is made.</summary>
    public const string Newest = "4";

    private static readonly Dictionary<string, Lazy<string>> Folders = Versions.ToDictionary(version => version, version => new Lazy<string>(() => Fetch(version)), StringComparer.Ordinal);

    /// <summary>Those that are tried.</summary>
    public static IReadOnlyList<string> Versions => [Newest, "3.17", "3.8"];

    /// <summary>The chart's folder.</summary>
    public static string Chart => Path.Combine(RepositoryFile.Root(), "charts", "mhc-operator");

    /// <summary>Runs one, which sees nothing of the caller's own settings, plug-ins and cluster.</summary>
    public static async Task<HelmAnswer> RunAsync(string version, params string[] arguments)
    {
        var cancel = TestContext.Current.CancellationToken;
        var home = Directory.CreateTempSubdirectory("mhc-helm-").FullName;
        try
        {
            using var process = Process.Start(new ProcessStartInfo(Path.Combine(Folders[version].Value, "helm"), arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["HELM_CACHE_HOME"] = home, ["HELM_CONFIG_HOME"] = home, ["HELM_DATA_HOME"] = home, ["KUBECONFIG"] = "/dev/null" },
            })!;
            var output = process.StandardOutput.ReadToEndAsync(cancel);
            var error = process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            return new HelmAnswer(process.ExitCode, await output, await error);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static string Fetch(string version)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(RepositoryFile.Root(), "eng", "helm.sh"), [version])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        var folder = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? folder : throw new InvalidOperationException($"eng/helm.sh {version} did not give a Helm");
    }
}
