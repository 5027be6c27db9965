namespace MhcOperator.Api.Contract;

/// <summary>
/// The trainer's finding that training is unstable, written as JSON to the termination message before it exits with
/// <see cref="ExitCode.Unstable"/>. Every rank writes the same one.
/// </summary>
public sealed record Verdict
{
    /// <summary>CamelCase reason, of <see cref="EndReason"/> where the trainer is mhc-trainer.</summary>
    public string Reason { get; set; } = "";

    /// <summary>For people: what was seen, with figures.</summary>
    public string Message { get; set; } = "";

    /// <summary>Update at which it was found.</summary>
    public int DetectedStep { get; set; }

    /// <summary>First update of the run of suspicious ones.</summary>
    public int OnsetStep { get; set; }

    /// <summary>Data steps that the next attempt must not train on; null where the data is not suspected.</summary>
    public DataWindow? BadData { get; set; }

    /// <summary>Checkpoint to go back to; 0: start again.</summary>
    public int RestoreStep { get; set; }

    /// <summary>Figures behind the finding, by name.</summary>
    public IReadOnlyDictionary<string, double> Evidence { get; set; } = new Dictionary<string, double>(StringComparer.Ordinal);
}
