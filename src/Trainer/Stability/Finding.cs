namespace MhcOperator.Trainer.Stability;

/// <summary>What one detector says about one step.</summary>
/// <param name="Suspicious">The step looks bad.</param>
/// <param name="Confirmed">It has looked bad for so long that training is unstable.</param>
/// <param name="Reason">The verdict's reason, where suspicious.</param>
/// <param name="Message">For people, with figures, where suspicious.</param>
/// <param name="Evidence">The figures by name, where suspicious.</param>
internal sealed record Finding(bool Suspicious, bool Confirmed, string Reason, string Message, IReadOnlyDictionary<string, double> Evidence)
{
    /// <summary>Nothing to say.</summary>
    public static readonly Finding None = new(Suspicious: false, Confirmed: false, "", "", new Dictionary<string, double>(StringComparer.Ordinal));
}
