namespace MhcOperator.Api.Validation;

/// <summary>One thing that is wrong with a manifest.</summary>
/// <param name="Path">Field, such as <c>spec.model.heads</c> or <c>spec.drills[1].kind</c>.</param>
/// <param name="Message">What was expected and what was given.</param>
/// <param name="Line">Line in the file, from 1; null where the manifest did not come from a text.</param>
public sealed record FieldError(string Path, string Message, int? Line = null)
{
    /// <inheritdoc/>
    public override string ToString() => Line is { } line ? $"line {line}: {Path}: {Message}" : $"{Path}: {Message}";
}
