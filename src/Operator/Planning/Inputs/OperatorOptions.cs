namespace MhcOperator.Operator.Planning.Inputs;

/// <summary>What is the same for all jobs of one operator.</summary>
public sealed record OperatorOptions
{
    /// <summary>Image of jobs that name none.</summary>
    public string TrainerImage { get; init; } = "mhc-trainer";

    /// <summary>Secrets with which the images of every job are pulled, each from the job's own namespace.</summary>
    public IReadOnlyList<string> ImagePullSecrets { get; init; } = [];

    /// <summary>Whether a job's pod template may leave the restricted Pod Security Standard or use another service account.</summary>
    public bool AllowPrivilegedTemplates { get; init; }

    /// <summary>Names of the Secrets that a job's pod template may name; null: any.</summary>
    public IReadOnlyList<string>? SecretsInTemplates { get; init; }

    /// <summary>Who may connect to the pods of each job; null: no network policies are made.</summary>
    public JobNetworkOptions? JobNetwork { get; init; }

    /// <summary>Shortest time between two status writes that change nothing but numbers.</summary>
    public TimeSpan StatusInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long it waits to be written how far a gang has come that is starting. A pod gets its node and starts in a few moments as a rule,
    /// so that the news is then that the gang runs; while it takes longer, there is one write in such a time at most. Troubles are told at
    /// once.
    /// </summary>
    public TimeSpan StartInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often rank 0 of a running gang is asked for its status.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the ends of peers are waited for when the first pods of a gang end with "try again": that is what a rank says that
    /// has lost its peer, and the peer's own code says why.
    /// </summary>
    public TimeSpan DecisiveCodeWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether pods can be told to begin another attempt: not where they are processes, for which nothing is saved by it.
    /// </summary>
    public bool RestartsInPlace { get; init; } = true;

    /// <summary>
    /// How long a restart in place may take, from the decision until every process has begun; after that the gang is made anew.
    /// </summary>
    public TimeSpan InPlaceLimit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long, from the same moment, the processes of the attempt before may take to end: one that hangs is not waited for any longer.
    /// </summary>
    public TimeSpan BarrierLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How often the order to begin is given to a pod that does not: the kubelet may have missed it.</summary>
    public TimeSpan OrderInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often containers are asked for their processes while something happens to a gang.</summary>
    public TimeSpan AskInterval { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// How long a finished job waits for pods whose process has ended and that do not know yet that there is no other attempt: they end by
    /// themselves, and their logs stay.
    /// </summary>
    public TimeSpan GiveUpWait { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>
    /// How long a pod may have had its node without running before its Warnings are asked for; doubles from one question to the next.
    /// </summary>
    public TimeSpan WarningWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Wait before an API that the cluster lacks is looked for again.</summary>
    public TimeSpan ApiRetry { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait before a write that was refused is tried again.</summary>
    public TimeSpan RefusalRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What all of that says of pod templates.</summary>
    internal TemplateRules Templates => new(AllowPrivilegedTemplates, SecretsInTemplates);
}

/// <summary>Who may connect to the pods of a job, beside the job's own.</summary>
public sealed record JobNetworkOptions
{
    /// <summary>Labels of the operator's namespace.</summary>
    public required IReadOnlyDictionary<string, string> OperatorNamespace { get; init; }

    /// <summary>Labels of its pods.</summary>
    public required IReadOnlyDictionary<string, string> OperatorPods { get; init; }

    /// <summary>Labels of the namespaces from which metrics are collected; null: from none.</summary>
    public IReadOnlyDictionary<string, string>? Scrapers { get; init; }
}

/// <summary>What the settings of an operator say of pod templates.</summary>
/// <param name="AllowPrivileged">Whether they may leave the restricted Pod Security Standard or use another service account.</param>
/// <param name="Secrets">Names of the Secrets that they may name; null: any.</param>
internal sealed record TemplateRules(bool AllowPrivileged = false, IReadOnlyList<string>? Secrets = null)
{
    /// <summary>Of jobs of which this operator makes no pods.</summary>
    public static TemplateRules Anything { get; } = new(AllowPrivileged: true);
}
