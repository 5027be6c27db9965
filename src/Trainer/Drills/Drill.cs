using MhcOperator.Api;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Drills;

/// <summary>A rehearsed failure: hooks of the training loop, each of which does nothing unless a drill says otherwise.</summary>
/// <param name="spec">When it happens.</param>
internal abstract class Drill(DrillSpec spec)
{
    /// <summary>When it happens.</summary>
    protected DrillSpec Spec { get; } = spec;

    /// <summary>Before a step begins.</summary>
    public virtual void BeforeStep(int step)
    {
    }

    /// <summary>The learning rate of a step.</summary>
    public virtual double LearningRate(int step, double learningRate) => learningRate;

    /// <summary>The tokens of one sample.</summary>
    /// <param name="dataStep">Its data step.</param>
    /// <param name="sampleInBatch">Its place in the batch of the whole gang.</param>
    /// <param name="tokens">[contextLength + 1], may be changed.</param>
    public virtual void Tokens(long dataStep, int sampleInBatch, Span<long> tokens)
    {
    }

    /// <summary>The gradients of this rank, before they are added up.</summary>
    public virtual void Gradients(int step, IReadOnlyList<NamedParameter> parameters)
    {
    }

    /// <summary>After a step, and after the checkpoint of it where there is one.</summary>
    public virtual void AfterStep(int step)
    {
    }

    /// <summary>Whether a number lies in the drill's steps.</summary>
    protected bool Covers(long step) => step >= Spec.Step && step < (long)Spec.Step + Spec.Steps;
}
