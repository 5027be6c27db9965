namespace MhcOperator.Trainer.Profiling;

/// <summary>When in a training step.</summary>
internal enum ProfilePhase
{
    /// <summary>In the forward pass.</summary>
    Forward,

    /// <summary>In the backward pass.</summary>
    Backward,

    /// <summary>After both.</summary>
    Update,
}
