using System.Text.Json.Nodes;
using MhcOperator.Testing.Programs;

namespace EndToEnd.Tests.Cluster;

/// <summary>Installs the chart of this repository with Helm, as a person would.</summary>
/// <param name="kubeconfig">The cluster.</param>
/// <param name="version">Of Helm.</param>
internal sealed class OperatorRelease(string kubeconfig, string version = Helm.Newest)
{
    public const string Name = "mhc-operator";
    public const string Namespace = "mhc-system";

    private static string Log =>
        Path.Combine(Directory.CreateDirectory(Repository.PathOf("artifacts/test-logs")).FullName, "EndToEnd.operator.log");

    /// <summary>Whether the cluster is one of somebody's own, with images elsewhere.</summary>
    public static bool HasFurtherValues => Further.Length > 0;

    private static string[] Further =>
        Environment.GetEnvironmentVariable("MHC_E2E_VALUES") is { Length: > 0 } file ? ["--values", file] : [];

    /// <summary>Values that name the images of this repository by their digests.</summary>
    private static IEnumerable<string> Images =>
        from line in File.ReadLines(Repository.PathOf("artifacts/images/digests.txt"))
        let cells = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        let values = cells[0] switch { "mhc-operator" => "image", "mhc-trainer" => "trainer.image", _ => null }
        where values is not null && !cells[1].EndsWith("-debug", StringComparison.Ordinal)
        from argument in (string[])["--set", $"{values}.digest={cells[2]}"]
        select argument;

    /// <summary>
    /// Installs the chart of this repository as tests use it, or upgrades to it, and returns when its replicas are ready.
    /// </summary>
    /// <param name="arguments">Further arguments.</param>
    public Task InstallAsync(params string[] arguments) => InstallAsAsync(Name, Namespace, ["--set", "stackDumps=true", .. arguments]);

    /// <summary>The same as another release, with what it says.</summary>
    public async Task<string> InstallAsAsync(string release, string ns, params string[] arguments)
    {
        await KeepLogsAsync(release); // an upgrade replaces its pods
        return await RunAsync([
            "upgrade", "--install", release, Helm.Chart, "--namespace", ns, "--create-namespace", "--wait", "--timeout", "6m",
            "--set", "pollIntervalSeconds=1", .. Images, .. Further, .. arguments]);
    }

    /// <summary>Uninstalls it, and returns when its pods are gone, for which Helm does not wait.</summary>
    public async Task UninstallAsync(string release = Name, string ns = Namespace)
    {
        await KeepLogsAsync(release);
        await RunAsync(["uninstall", release, "--namespace", ns, "--wait", "--timeout", "6m"]);
        await Eventually.SeesAsync($"the pods of {release} to go", () => PodsAsync(release), pods => pods.Count == 0);
    }

    /// <summary>Adds what the release's operators have logged to a file that outlives them.</summary>
    public async Task KeepLogsAsync(string release = Name)
    {
        foreach (var pod in await PodsAsync(release))
        {
            var (name, ns) = ((string)pod["metadata"]!["name"]!, (string)pod["metadata"]!["namespace"]!);
            var log = await new Kubectl(kubeconfig).TryAsync(["logs", name, "--namespace", ns]);
            await File.AppendAllTextAsync(Log, $"{DateTime.UtcNow:O} {ns}/{name}\n{log}\n", TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Standard output of the command.</summary>
    /// <exception cref="KubectlException">It failed; the message has the command and what it said.</exception>
    public async Task<string> RunAsync(IReadOnlyList<string> arguments)
    {
        var answer = await Helm.RunAsync(version, kubeconfig, arguments);
        return answer.ExitCode == 0
            ? answer.Output
            : throw new KubectlException($"helm {string.Join(' ', arguments)}: exit code {answer.ExitCode}: {answer.Error.Trim()}");
    }

    private Task<IReadOnlyList<JsonNode>> PodsAsync(string release) =>
        new Kubectl(kubeconfig).ListAsync("pods", "--all-namespaces", "--selector",
            $"app.kubernetes.io/name=mhc-operator,app.kubernetes.io/instance={release}");
}
