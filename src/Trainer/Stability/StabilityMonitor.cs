using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Stability;

/// <summary>
/// All detectors of a job. Invariants: a step is judged before its update is applied; the detectors learn only from steps at which none
/// of them is suspicious; the onset is the first step of the current run of suspicious ones. Before training is called unstable for what
/// batches show, the weights are asked: with weights that are well, a batch that was as usual before has the loss that it had, and then the
/// batches since are of another kind.
/// </summary>
internal sealed class StabilityMonitor
{
    /// <summary>Part of a spike that weights which are well may show on a batch of the usual kind.</summary>
    private const double Explained = 0.1;

    private readonly Lock _learning = new(); // what the detectors compare with
    private readonly IReadOnlyList<IDetector> _detectors;
    private readonly SpikeRule _loss;
    private readonly bool _skipsNonFinite;
    private (int Step, long DataStep)? _onset;
    private (long DataStep, double Loss)? _usual;

    /// <param name="spec">What is looked for.</param>
    public StabilityMonitor(StabilitySpec spec)
    {
        List<IDetector> detectors = [];
        _loss = SpikeRule.Loss(spec.LossSpike);
        if (spec.NonFinite.Enabled)
        {
            detectors.Add(new NonFiniteDetector(spec.NonFinite));
        }

        if (spec.LossSpike.Enabled)
        {
            detectors.Add(new SpikeDetector(_loss));
        }

        if (spec.GradientNorm.Enabled)
        {
            detectors.Add(new SpikeDetector(SpikeRule.GradientNorm(spec.GradientNorm)));
        }

        if (spec.Gain.Enabled)
        {
            detectors.Add(new GainDetector(spec.Gain));
        }

        if (spec.Gap.Enabled)
        {
            detectors.Add(new GapDetector(spec.Gap));
        }

        _detectors = detectors;
        _skipsNonFinite = spec.NonFinite.Enabled;
    }

    /// <summary>After the last step.</summary>
    public StabilityState State { get; private set; } = StabilityState.Unknown;

    /// <summary>What the detectors compare with, by name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> Memory
    {
        get
        {
            var memory = new Dictionary<string, IReadOnlyList<double>>(StringComparer.Ordinal);
            foreach (var detector in _detectors)
            {
                detector.Save(memory);
            }

            return memory;
        }
    }

    /// <summary>
    /// From where on a value of the next step would be suspicious, by name: loss, gradientNorm, gain, gapRow, gapColumn; those that are not
    /// judged, or not yet, are missing. It may be asked for from another thread than the one that observes, so that only who wants it pays
    /// for it.
    /// </summary>
    public IReadOnlyDictionary<string, double> Limits
    {
        get
        {
            var limits = new Dictionary<string, double>(StringComparer.Ordinal);
            lock (_learning)
            {
                foreach (var detector in _detectors)
                {
                    detector.Limit(limits);
                }
            }

            return limits;
        }
    }

    /// <summary>Judges a step; to be called before its update is applied.</summary>
    /// <param name="step">What it showed.</param>
    /// <param name="lossOf">Loss that the weights have now on the batch of a data step, the same on every rank; null: nobody can
    /// say.</param>
    public StabilityReport Observe(in StepObservation step, Func<long, double>? lossOf = null)
    {
        List<Finding> findings = [];
        foreach (var detector in _detectors)
        {
            var finding = detector.Observe(step);
            if (finding.Level != FindingLevel.Ordinary)
            {
                findings.Add(finding);
            }
        }

        var finite = double.IsFinite(step.Loss) && double.IsFinite(step.GradientNorm);
        if (finite && findings.TrueForAll(f => f.NeedsCompany))
        {
            _usual = (step.DataStep, step.Loss);
        }

        AskTheWeights(step, findings, finite ? lossOf : null);
        var bad = IsBad(findings);
        var notes = findings.FindAll(f => !bad || f.Level < FindingLevel.Suspicious);
        // The surest finding comes first: it is the reason of a verdict.
        findings = bad ? [.. findings.Where(f => f.Level >= FindingLevel.Suspicious).OrderByDescending(f => f.Level)] : [];
        Remember(step, findings, finite);
        State = findings.Count == 0 ? StabilityState.Healthy
            : findings[0].Level >= FindingLevel.Confirmed ? StabilityState.Unstable
            : StabilityState.Suspicious;
        return new StabilityReport(State, SkipUpdate: _skipsNonFinite && !finite, findings, notes, _onset);
    }

    /// <summary>Sets <see cref="Memory"/> back to what it was at a checkpoint.</summary>
    public void Restore(IReadOnlyDictionary<string, IReadOnlyList<double>> memory)
    {
        lock (_learning)
        {
            foreach (var detector in _detectors)
            {
                detector.Restore(memory);
            }
        }
    }

    private void Remember(in StepObservation step, List<Finding> findings, bool finite)
    {
        if (findings.Count > 0)
        {
            foreach (var (began, dataStep) in findings.Select(f => f.Since).OfType<(int Step, long DataStep)>()
                .Append((step.Step, step.DataStep)))
            {
                _onset = _onset is { } onset && onset.Step <= began ? onset : (began, dataStep);
            }

            return;
        }

        _onset = null;
        if (finite)
        {
            lock (_learning)
            {
                foreach (var detector in _detectors)
                {
                    detector.Learn(step);
                }
            }
        }
    }

    private static bool IsBad(List<Finding> findings) =>
        findings.Exists(f => f is { Level: >= FindingLevel.Suspicious, NeedsCompany: false });

    private void AskTheWeights(in StepObservation step, List<Finding> findings, Func<long, double>? lossOf)
    {
        var bad = IsBad(findings);
        if (lossOf is null || _usual is not { } usual || findings.Exists(f => f.Level == FindingLevel.Certain)
            || !findings.Exists(f => f.WeightsDecide && (bad || !f.NeedsCompany)))
        {
            return;
        }

        // Batches of another kind disturb the weights a little: what matters is a rise that is no chance, and no small part of what is to
        // be explained.
        var loss = lossOf(usual.DataStep);
        var most = Math.Max(_loss.Threshold * _loss.Floor(usual.Loss), Explained * (step.Loss - usual.Loss));
        var well = loss - usual.Loss <= most;
        var said = string.Create(CultureInfo.InvariantCulture,
            $"; the batch of data step {usual.DataStep}, which had a loss of {usual.Loss:G5}, has {loss:G5} now: {(well ? "the data explain it" : "it is not the data alone")}");
        for (var i = 0; i < findings.Count; i++)
        {
            var finding = findings[i];
            if (finding.WeightsDecide)
            {
                var judged = well ? finding.AtMost(FindingLevel.Suspicious) : finding with { Level = FindingLevel.Confirmed };
                findings[i] = judged with { Message = finding.Message + said };
            }
        }
    }
}
