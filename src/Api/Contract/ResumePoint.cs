using System.Globalization;

namespace MhcOperator.Api.Contract;

/// <summary>Where a gang begins: the value of MHC_RESUME_STEP.</summary>
/// <param name="Step">Newest step that may be used; 0: begin anew; null: the newest there is.</param>
public readonly record struct ResumePoint(int? Step)
{
    private const string NewestText = "latest";
    private const string StartText = "none";

    /// <summary>The newest checkpoint that there is.</summary>
    public static ResumePoint Newest { get; } = new(null);

    /// <summary>Anew, without a checkpoint.</summary>
    public static ResumePoint Start { get; } = new(0);

    /// <summary>Reads <c>none</c>, <c>latest</c> or a step; absent is latest, and null anything else.</summary>
    public static ResumePoint? Parse(string? text) => text switch
    {
        null or "" or NewestText => Newest,
        StartText => Start,
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? new ResumePoint(step) : null,
    };

    /// <summary>The text of it.</summary>
    public override string ToString() => Step switch
    {
        null => NewestText,
        0 => StartText,
        { } step => step.ToString(CultureInfo.InvariantCulture),
    };
}
