namespace MhcOperator.Trainer.Stability;

/// <summary>
/// How much a run of spikes surprises. Data have heavy tails: where one batch in ten is of another kind than the rest, three spikes in a
/// row come by themselves. So a spike counts by how rare they are here: a whole step where at most one in a hundred is one, less where more
/// are, by the logarithm, so that a run counts for how improbable it is. Rare are first those that follow on an ordinary step, and apart
/// from them those that follow on another: stretches of another kind come in pieces. Only runs that ended by themselves are counted, and
/// old ones are forgotten; a runaway does not end and cannot make itself usual.
/// </summary>
internal sealed class SpikeRuns
{
    /// <summary>
    /// As rare as this a spike counts for a whole step. After the first steps all are taken to be as rare until they are seen.
    /// </summary>
    private const double Rare = 0.01;

    /// <summary>
    /// Steps that the belief in <see cref="Rare"/> weighs, and spikes that the belief weighs that one does not bring the next.
    /// </summary>
    private const double StepsBelieved = 64, SpikesBelieved = 2;

    /// <summary>Spikes that the first steps are believed to have had: training begins with large steps on a rough surface.</summary>
    private const double Early = 8;

    /// <summary>Steps after which what was counted is worth 1/e.</summary>
    private const double Memory = 1000;

    private double _steps;
    private double _spikes;
    private double _followers;
    private int _run;
    private (int Step, long DataStep) _began;

    /// <summary>First step of the present run.</summary>
    public (int Step, long DataStep) Began => _began;

    /// <summary>Spikes in a row.</summary>
    public int Length => _run;

    /// <summary>Of all steps, how many are spikes.</summary>
    public double Share => (_spikes + (StepsBelieved * Rare) + (Early * Math.Exp(-_steps / StepsBelieved))) / (_steps + StepsBelieved);

    /// <summary>For how many steps the present run counts; at most its length.</summary>
    public double Surprise => _run == 0 ? 0
        : Worth(Share) + ((_run - 1) * Worth(Math.Max(Share, (_followers + (SpikesBelieved * Share)) / (_spikes + SpikesBelieved))));

    /// <summary>What was counted, for a checkpoint; a run that has not ended is not in it.</summary>
    public IReadOnlyList<double> State => [_steps, _spikes, _followers];

    /// <summary>A spike.</summary>
    public void Spike(in StepObservation step)
    {
        if (_run++ == 0)
        {
            _began = (step.Step, step.DataStep);
        }
    }

    /// <summary>An ordinary step, which ends the run.</summary>
    public void Ordinary()
    {
        var keep = Math.Exp(-(_run + 1) / Memory);
        _steps = (_steps * keep) + _run + 1;
        _spikes = (_spikes * keep) + _run;
        _followers = (_followers * keep) + Math.Max(0, _run - 1);
        _run = 0;
    }

    /// <summary>Sets <see cref="State"/>; anything else than one begins anew.</summary>
    public void Restore(IReadOnlyList<double> state)
    {
        _run = 0;
        (_steps, _spikes, _followers) = state is [var steps, var spikes, var followers] ? (steps, spikes, followers) : (0, 0, 0);
    }

    private static double Worth(double share) => Math.Min(1, Math.Log(share) / Math.Log(Rare));
}
