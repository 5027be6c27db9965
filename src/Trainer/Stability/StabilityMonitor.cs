using MhcOperator.Api;

namespace MhcOperator.Trainer.Stability;

/// <summary>
/// All detectors of a job. Invariants: a step is judged before its update is applied; the detectors learn only from steps at which none
/// of them is suspicious; the onset is the first step of the current run of suspicious ones.
/// </summary>
internal sealed class StabilityMonitor
{
    private readonly IReadOnlyList<IDetector> _detectors;
    private readonly bool _skipsNonFinite;
    private (int Step, long DataStep)? _onset;

    /// <param name="spec">What is looked for.</param>
    public StabilityMonitor(StabilitySpec spec)
    {
        List<IDetector> detectors = [];
        if (spec.NonFinite.Enabled)
        {
            detectors.Add(new NonFiniteDetector(spec.NonFinite));
        }

        if (spec.LossSpike.Enabled)
        {
            detectors.Add(new SpikeDetector(SpikeRule.Loss(spec.LossSpike)));
        }

        if (spec.GradientNorm.Enabled)
        {
            detectors.Add(new SpikeDetector(SpikeRule.GradientNorm(spec.GradientNorm)));
        }

        if (spec.Gain.Enabled)
        {
            detectors.Add(new GainDetector(spec.Gain));
        }

        _detectors = detectors;
        _skipsNonFinite = spec.NonFinite.Enabled;
    }

    /// <summary>After the last step.</summary>
    public StabilityState State { get; private set; } = StabilityState.Unknown;

    /// <summary>What the detectors compare with, by detector.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> Memory =>
        _detectors.Where(d => d.State.Count > 0).ToDictionary(d => d.Name, d => d.State, StringComparer.Ordinal);

    /// <summary>Judges a step; to be called before its update is applied.</summary>
    public StabilityReport Observe(in StepObservation step)
    {
        List<Finding> findings = [];
        foreach (var detector in _detectors)
        {
            var finding = detector.Observe(step);
            if (finding.Suspicious)
            {
                findings.Add(finding);
            }
        }

        var finite = double.IsFinite(step.Loss) && double.IsFinite(step.GradientNorm);
        if (findings.Count == 0)
        {
            _onset = null;
            if (finite)
            {
                foreach (var detector in _detectors)
                {
                    detector.Learn(step);
                }
            }
        }
        else
        {
            _onset ??= (step.Step, step.DataStep);
        }

        // The confirmed finding comes first: it is the reason of a verdict.
        findings = [.. findings.OrderByDescending(f => f.Confirmed)];
        State = findings.Count == 0 ? StabilityState.Healthy
            : findings[0].Confirmed ? StabilityState.Unstable
            : StabilityState.Suspicious;
        return new StabilityReport(State, SkipUpdate: _skipsNonFinite && !finite, findings, _onset);
    }

    /// <summary>Sets <see cref="Memory"/> back to what it was at a checkpoint.</summary>
    public void Restore(IReadOnlyDictionary<string, IReadOnlyList<double>> memory)
    {
        foreach (var detector in _detectors)
        {
            detector.Restore(memory.TryGetValue(detector.Name, out var state) ? state : []);
        }
    }
}
