namespace MhcOperator.Trainer.Stability;

/// <summary>What one detector says about one step.</summary>
/// <param name="Level">How much is to be made of it.</param>
/// <param name="Reason">The verdict's reason, unless ordinary.</param>
/// <param name="Message">For people, with figures, unless ordinary.</param>
/// <param name="Evidence">The figures by name, unless ordinary.</param>
internal sealed record Finding(FindingLevel Level, string Reason, string Message, IReadOnlyDictionary<string, double> Evidence)
{
    /// <summary>Nothing to say.</summary>
    public static readonly Finding None = new(FindingLevel.Ordinary, "", "", new Dictionary<string, double>(StringComparer.Ordinal));

    /// <summary>First step of what was found, and its data step; null: this one.</summary>
    public (int Step, long DataStep)? Since { get; init; }

    /// <summary>
    /// It has lasted for long enough that the weights are asked, if they can be: then they decide whether it is confirmed.
    /// </summary>
    public bool WeightsDecide { get; init; }

    /// <summary>It counts only beside another detector's.</summary>
    public bool NeedsCompany { get; init; }

    /// <summary>It is no fault of the data, whatever they are.</summary>
    public bool SparesData { get; init; }

    /// <summary>The same, with less made of it where it was more.</summary>
    public Finding AtMost(FindingLevel most) => Level > most ? this with { Level = most } : this;
}
