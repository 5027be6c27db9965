using MhcOperator.Api.Contract;

namespace MhcOperator.Api.Validation.Rules;

/// <summary>Environment that the operator sets itself, by the trainer contract.</summary>
internal static class ReservedEnvironment
{
    private const string OurPrefix = "MHC_";

    /// <summary>torchrun's names.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        TrainerEnvironment.MasterAddress, TrainerEnvironment.MasterPort, TrainerEnvironment.WorldSize, TrainerEnvironment.Rank,
        TrainerEnvironment.LocalRank, TrainerEnvironment.LocalWorldSize, TrainerEnvironment.NodeCount, TrainerEnvironment.NodeRank,
    ];

    /// <summary>Ours that belong to the machine or the image, not to the gang: a job may set them.</summary>
    public static IReadOnlyList<string> Free { get; } = [TrainerEnvironment.Corpus, TrainerEnvironment.Threads];

    public static bool Contains(string name) =>
        Names.Contains(name, StringComparer.Ordinal)
        || (name.StartsWith(OurPrefix, StringComparison.Ordinal) && !Free.Contains(name, StringComparer.Ordinal));

    /// <summary>What to say about such a name.</summary>
    public static string Message(string name) =>
        $"expected a name that the trainer contract does not use (torchrun's names and MHC_*), got {name}";
}
