using System.Globalization;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Where to begin: MHC_RESUME_STEP.</summary>
/// <param name="Step">Newest step that may be used; 0: begin anew; null: the newest there is.</param>
internal readonly record struct ResumePoint(int? Step)
{
    /// <summary>Reads <c>none</c>, <c>latest</c> or a step; absent is latest.</summary>
    /// <exception cref="TrainerException">It is something else.</exception>
    public static ResumePoint Parse(string? text) => text switch
    {
        null or "" or "latest" => new ResumePoint(null),
        "none" => new ResumePoint(0),
        _ when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var step) => new ResumePoint(step),
        _ => throw TrainerException.Configuration("ConfigurationInvalid", $"MHC_RESUME_STEP: \"{text}\" was given; none, latest or a step was expected"),
    };

    /// <inheritdoc/>
    public override string ToString() => Step switch
    {
        null => "latest",
        0 => "none",
        { } step => step.ToString(CultureInfo.InvariantCulture),
    };
}
