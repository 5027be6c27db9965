using MhcOperator.Api.Errors;

namespace MhcOperator.Api.Validation.Rules;

/// <summary>
/// A rule between fields. Its CEL form stands in the resource definition, letter by letter, so that servers that know
/// CEL refuse a bad object at once; the check in C# is for all others, and for files.
/// </summary>
internal sealed record Rule
{
    /// <summary>Field that is blamed, from the object's root.</summary>
    public required string Path { get; init; }

    /// <summary>CEL over the spec, or over the object where <see cref="Path"/> is in the metadata; null: CEL cannot say it.</summary>
    public string? Cel { get; init; }

    /// <summary>What the server says where the CEL does not hold.</summary>
    public string CelMessage { get; init; } = "";

    /// <summary>Fields that the check reads; it is left out where one of them is wrong by itself.</summary>
    public required IReadOnlyList<string> Uses { get; init; }

    /// <summary>What is wrong.</summary>
    public required Func<MhcTrainingJob, IEnumerable<FieldError>> Check { get; init; }

    /// <summary>A rule that blames one field.</summary>
    /// <param name="path">Field that is blamed.</param>
    /// <param name="cel">Its CEL form and the server's message.</param>
    /// <param name="uses">Further fields that the check reads.</param>
    /// <param name="check">Null where it holds, else what was expected and what was given.</param>
    public static Rule ForField(string path, (string Rule, string Message)? cel, string[] uses,
        Func<MhcTrainingJob, string?> check) => new()
        {
            Path = path,
            Cel = cel?.Rule,
            CelMessage = cel?.Message ?? "",
            Uses = [path, .. uses],
            Check = job => check(job) is { } message ? [new FieldError(path, message)] : [],
        };

    /// <summary>A rule on every item of a list; the item's field is blamed.</summary>
    /// <param name="path">The list.</param>
    /// <param name="field">Field of an item.</param>
    /// <param name="cel">Its CEL form and the server's message.</param>
    /// <param name="uses">Further fields that the check reads.</param>
    /// <param name="items">The list's items.</param>
    /// <param name="check">Null where it holds, else what was expected and what was given.</param>
    public static Rule ForItems<T>(
        string path,
        string field,
        (string Rule, string Message)? cel,
        string[] uses,
        Func<MhcTrainingJob, IReadOnlyList<T>?> items,
        Func<MhcTrainingJob, T, string?> check) => new()
        {
            Path = path,
            Cel = cel?.Rule,
            CelMessage = cel?.Message ?? "",
            Uses = [path, .. uses],
            Check = job => (items(job) ?? [])
                .Select((item, i) => (Path: FormattableString.Invariant($"{path}[{i}].{field}"), Message: check(job, item)))
                .Where(x => x.Message is not null)
                .Select(x => new FieldError(x.Path, x.Message!)),
        };
}
