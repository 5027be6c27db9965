using System.Diagnostics;

namespace EndToEnd.Tests.Cluster;

/// <summary>Runs the Helm that eng/helm.sh has fetched, as a person would.</summary>
/// <param name="kubeconfig">The cluster.</param>
internal sealed class Helm(string kubeconfig)
{
    public const string Release = "mhc-operator";
    public const string Namespace = "mhc-system";

    private static string[] Further => Environment.GetEnvironmentVariable("MHC_E2E_VALUES") is { Length: > 0 } file ? ["--values", file] : [];

    /// <summary>Values that name the images of this repository by their digests.</summary>
    private static IEnumerable<string> Images =>
        from line in File.ReadLines(Repository.PathOf("artifacts/images/digests.txt"))
        let cells = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        let values = cells[0] switch { "mhc-operator" => "image", "mhc-trainer" => "trainer.image", _ => null }
        where values is not null && !cells[1].EndsWith("-debug", StringComparison.Ordinal)
        from argument in (string[])["--set", $"{values}.digest={cells[2]}"]
        select argument;

    /// <summary>Installs the chart of this repository as tests use it, or upgrades to it, and returns when its replicas are ready.</summary>
    /// <param name="arguments">Further arguments.</param>
    public Task InstallAsync(params string[] arguments) => InstallAsAsync(Release, Namespace, ["--set", "stackDumps=true", .. arguments]);

    /// <summary>The same as another release, with what it says.</summary>
    public Task<string> InstallAsAsync(string release, string ns, params string[] arguments) => RunAsync([
        "upgrade", "--install", release, Repository.PathOf("charts/mhc-operator"), "--namespace", ns, "--create-namespace", "--wait", "--timeout", "6m",
        "--set", "pollIntervalSeconds=1", .. Images, .. Further, .. arguments]);

    /// <summary>Standard output of the command.</summary>
    /// <exception cref="KubectlException">It failed; the message has the command and what it said.</exception>
    public async Task<string> RunAsync(IReadOnlyList<string> arguments)
    {
        var cancel = TestContext.Current.CancellationToken;
        var home = Directory.CreateTempSubdirectory("mhc-helm-").FullName;
        try
        {
            var cache = Environment.GetEnvironmentVariable("HELM_CACHE") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache/mhc-operator/helm");
            using var process = Process.Start(new ProcessStartInfo(Path.Combine(cache, "4", "helm"), arguments)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["HELM_CACHE_HOME"] = home, ["HELM_CONFIG_HOME"] = home, ["HELM_DATA_HOME"] = home, ["KUBECONFIG"] = kubeconfig },
            })!;
            var output = process.StandardOutput.ReadToEndAsync(cancel);
            var error = process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            return process.ExitCode == 0
                ? await output
                : throw new KubectlException($"helm {string.Join(' ', arguments)}: exit code {process.ExitCode}: {(await error).Trim()}");
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
