namespace MhcOperator.Operator.Local;

/// <summary>Where things are in the folder of a run.</summary>
/// <param name="root">The folder.</param>
internal sealed class LocalFolder(string root)
{
    public string Root { get; } = Path.GetFullPath(root);

    public string Checkpoints => Path.Combine(Root, "checkpoints");

    public string Status => Path.Combine(Root, "status.json");

    public string Lock => Path.Combine(Root, "lock");

    /// <summary>Says who has the folder.</summary>
    public string Owner => Path.Combine(Root, "lock.owner");

    public string Log(string pod, string container) =>
        Path.Combine(Root, "logs",
            RunFile.PlainName(container) == Planning.Gangs.RankContainers.Single ? $"{pod}.log" : $"{pod}-{container}.log");

    public string Configuration(string pod) => Path.Combine(Root, "config", $"{pod}.json");

    public string TerminationMessage(string pod, string container) => Path.Combine(Root, "pods", pod, container, "termination-log");
}
