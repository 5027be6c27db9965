namespace MhcOperator.Api.Errors;

/// <summary>One thing that is wrong with a manifest.</summary>
/// <param name="Path">Field, such as <c>spec.model.heads</c> or <c>spec.drills[1].kind</c>.</param>
/// <param name="Message">What was expected and what was given.</param>
/// <param name="Line">Line in the file, from 1; null where the manifest did not come from a text.</param>
/// <param name="File">Name of the file; null where the manifest did not come from one.</param>
public sealed record FieldError(string Path, string Message, int? Line = null, string? File = null)
{
    /// <summary>Field, such as <c>spec.model.heads</c> or <c>spec.drills[1].kind</c>; of letters that a terminal does not obey.</summary>
    public string Path { get; init; } = PrintableText.Line(Path);

    /// <summary>What was expected and what was given, in one line.</summary>
    public string Message { get; init; } = PrintableText.Sentence(Message);

    /// <summary><c>examples/x.yaml:12: spec.model.heads: expected …, got …</c>, with as much of the place as is known.</summary>
    public override string ToString() => (File is null ? null : PrintableText.Line(File), Line) switch
    {
        ({ } file, { } line) => $"{file}:{line}: {Path}: {Message}",
        ({ } file, null) => $"{file}: {Path}: {Message}",
        (null, { } line) => $"line {line}: {Path}: {Message}",
        _ => $"{Path}: {Message}",
    };
}
