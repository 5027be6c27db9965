
namespace MhcOperator.Testing.Programs;

/// <summary>Real Helms, which <c>eng/helm.sh</c> fetches, each with the kubectl of its time.</summary>
public static class Helm
{
    /// <summary>The newest, with which what is shipped is made.</summary>
    public const string Newest = "4";

    /// <summary>Those that are tried.</summary>
    public static IReadOnlyList<string> Versions => [Newest, "3.17", "3.8"];

    /// <summary>The chart's folder.</summary>
    public static string Chart => Path.Combine(Repository.Root, "charts", "mhc-operator");

    /// <summary>Runs one, which sees nothing of the caller's own settings, plug-ins and cluster.</summary>
    public static Task<Answer> RunAsync(string version, params string[] arguments) => RunAsync(version, "/dev/null", arguments);

    /// <summary>The kubectl that comes with a version of Helm, without a cluster.</summary>
    public static Task<Answer> KubectlAsync(string version, params string[] arguments) =>
        External.RunAsync(Path.Combine(External.Folder("helm.sh", version), "kubectl"), arguments);

    /// <summary>Runs one on a cluster, which sees nothing else of the caller's.</summary>
    public static async Task<Answer> RunAsync(string version, string kubeconfig, IEnumerable<string> arguments)
    {
        var home = Directory.CreateTempSubdirectory("mhc-helm-").FullName;
        try
        {
            return await External.RunAsync(
                Path.Combine(External.Folder("helm.sh", version), "helm"),
                arguments,
                ("HELM_CACHE_HOME", home), ("HELM_CONFIG_HOME", home), ("HELM_DATA_HOME", home), ("KUBECONFIG", kubeconfig));
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }
}
