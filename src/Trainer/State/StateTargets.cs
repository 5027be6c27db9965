using static TorchSharp.torch;

namespace MhcOperator.Trainer.State;

/// <summary>Fills what a rank holds from what any number of ranks saved.</summary>
/// <param name="targets">What this rank holds.</param>
/// <param name="names">All tensors that there are, those of which this rank holds nothing included.</param>
internal sealed class StateTargets(IReadOnlyList<StateTarget> targets, IReadOnlySet<string> names)
{
    private readonly ILookup<string, StateTarget> _byName = targets.ToLookup(t => t.Name, StringComparer.Ordinal);

    /// <summary>What this rank holds.</summary>
    public IReadOnlyList<StateTarget> All => targets;

    /// <summary>Whether a saved tensor has elements that this rank holds.</summary>
    public bool Wants(string saved)
    {
        var (name, range) = StateTarget.Parse(saved);
        return !names.Contains(name) || _byName[name].Any(t => range is not { } r || (r.Begin < t.End && r.End > t.Begin));
    }

    /// <summary>Copies what was saved.</summary>
    /// <exception cref="ArgumentException">Something is missing, unknown or of another shape; then nothing has been changed.</exception>
    public void Fill(IReadOnlyList<(string Name, Tensor Value)> saved)
    {
        var pieces = saved.Select(s => new Saved(StateTarget.Parse(s.Name), s.Value)).ToList();
        if (pieces.Find(p => !names.Contains(p.Name)) is { } unknown)
        {
            throw new ArgumentException($"The optimizer has no state named {unknown.Name}.", nameof(saved));
        }

        var byName = pieces.ToLookup(p => p.Name, StringComparer.Ordinal);
        foreach (var target in targets)
        {
            Check(target, [.. byName[target.Name]]);
        }

        using var noGradients = no_grad();
        foreach (var target in targets)
        {
            foreach (var piece in byName[target.Name])
            {
                Copy(piece, target);
            }
        }
    }

    private static void Check(StateTarget target, IReadOnlyList<Saved> pieces)
    {
        if (pieces.FirstOrDefault(p => p.Range is null && !p.Value.shape.SequenceEqual(target.Shape)) is { } wrong)
        {
            throw Misfit(target, $"it is [{string.Join(", ", wrong.Value.shape)}]");
        }

        var covered = target.Begin;
        foreach (var piece in pieces.OrderBy(p => p.Begin))
        {
            if (piece.End - piece.Begin != piece.Value.numel())
            {
                throw Misfit(target, $"a part [{piece.Begin}:{piece.End}] has {piece.Value.numel()} elements");
            }

            if (piece.Begin <= covered)
            {
                covered = Math.Max(covered, piece.End);
            }
        }

        if (covered < target.End)
        {
            throw Misfit(target, pieces.Count == 0 ? "it is missing" : $"elements from {covered} on are missing");
        }
    }

    private static ArgumentException Misfit(StateTarget target, string what) =>
        new($"The optimizer state {target.Name} must have shape [{string.Join(", ", target.Shape)}]; {what}.", nameof(target));

    private static void Copy(Saved piece, StateTarget target)
    {
        long begin = Math.Max(piece.Begin, target.Begin), end = Math.Min(piece.End, target.End);
        if (begin >= end)
        {
            return;
        }

        using var scope = NewDisposeScope();
        target.Value.view(-1).narrow(0, begin - target.Begin, end - begin)
            .copy_(piece.Value.view(-1).narrow(0, begin - piece.Begin, end - begin));
    }

    private sealed record Saved(string Name, (long Begin, long End)? Range, Tensor Value)
    {
        public Saved((string Name, (long Begin, long End)? Range) parsed, Tensor value)
            : this(parsed.Name, parsed.Range, value)
        {
        }

        public long Begin => Range?.Begin ?? 0;

        public long End => Range?.End ?? Value.numel();
    }
}
