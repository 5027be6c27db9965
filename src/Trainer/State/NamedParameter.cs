using TorchSharp.Modules;

namespace MhcOperator.Trainer.State;

/// <summary>One trainable tensor.</summary>
/// <param name="Name">Dotted path, unique in its model and stable across versions: checkpoints use it.</param>
/// <param name="Value">The weights, float32 (float64 in tests), contiguous, a leaf of the graph.</param>
/// <param name="Decays">Whether weight decay applies: matrices only.</param>
internal sealed record NamedParameter(string Name, Parameter Value, bool Decays);
