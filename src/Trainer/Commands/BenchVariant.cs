using MhcOperator.Api;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Commands;

/// <summary>One way to make the same training step.</summary>
/// <param name="Residual">Residual path.</param>
/// <param name="Kernels">Of the residual path.</param>
/// <param name="Optimization">`recompute` and its budget.</param>
internal sealed record BenchVariant(ResidualKind Residual, KernelKind Kernels, OptimizationSpec Optimization)
{
    private static readonly OptimizationSpec KeepAll = new();
    private static readonly OptimizationSpec Recompute = new() { Recompute = true };
    private static readonly OptimizationSpec LeastMemory = new() { Recompute = true, ActivationMemory = "1" };

    /// <summary>All there are, by name.</summary>
    public static IReadOnlyDictionary<string, BenchVariant> All { get; } = new Dictionary<string, BenchVariant>(StringComparer.Ordinal)
    {
        ["standard"] = new(ResidualKind.Standard, KernelKind.Native, KeepAll),
        ["mhc"] = new(ResidualKind.Mhc, KernelKind.Native, KeepAll),
        ["mhc-reference"] = new(ResidualKind.Mhc, KernelKind.Reference, KeepAll),
        ["hyper-connections"] = new(ResidualKind.HyperConnections, KernelKind.Native, KeepAll),
        ["mhc-recompute"] = new(ResidualKind.Mhc, KernelKind.Native, Recompute),
        ["mhc-least-memory"] = new(ResidualKind.Mhc, KernelKind.Native, LeastMemory),
        ["standard-least-memory"] = new(ResidualKind.Standard, KernelKind.Native, LeastMemory),
    };

    /// <summary>Those that are run where nobody chooses: one for each path.</summary>
    public static IReadOnlyList<string> Default { get; } = ["standard", "mhc", "mhc-reference", "hyper-connections"];
}
