using MhcOperator.Api.Contract;

namespace MhcOperator.Operator.Execution;

/// <summary>What the containers of one job's pods last said of their processes.</summary>
internal sealed class WorkerMemory
{
    /// <summary>By the pod's uid; replaced as a whole.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<WorkerReport>> Reports { get; set; } = new Dictionary<string, IReadOnlyList<WorkerReport>>(StringComparer.Ordinal);

    /// <summary>When they may be asked again.</summary>
    public DateTimeOffset AskAgainAt { get; set; }

    /// <summary>Questions in a row that told nothing new.</summary>
    public int InVain { get; set; }
}
