namespace Api.Tests.Architecture;

/// <summary>
/// The folders of each project under src, the lowest first: a file may use what stands in its own folder or in a folder before it. The
/// last, <c>""</c>, is the project's own folder, with its entry point; Api's has what all of it uses.
/// </summary>
internal static class Layers
{
    private static readonly string[] Api =
        ["", "Files", "Errors", "Resource", "Contract", "Json", "Yaml", "Schema", "Validation/Rules", "Validation", "Manifests"];

    private static readonly string[] Operator =
    [
        "Runtime", "Clusters",
        "Planning/Inputs", "Planning/Gangs", "Planning/Manifests", "Planning/Context", "Planning/Policies", "Planning",
        "Metrics", "Execution", "Local", "Kubernetes", "Certificates", "Serving", "Webhooks", "Hosting/Checks", "Hosting", "",
    ];

    private static readonly string[] Trainer =
    [
        "Failures", "Files", "Interop", "Profiling", "State", "Kernels", "Mhc", "Model", "Optimization", "Parallel", "Checkpoints",
        "Stability", "Telemetry", "Data", "Preparation", "Drills", "Training", "Supervision", "Generation", "Vectors", "Commands", "",
    ];

    private static readonly string[] Cli = ["Terminal", "Files", "Run", "Commands", ""];

    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Of { get; } =
        new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
        {
            ["Api"] = Api,
            ["Operator"] = Operator,
            ["Trainer"] = Trainer,
            ["Cli"] = Cli,
        };
}
