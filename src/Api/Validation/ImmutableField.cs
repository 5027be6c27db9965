namespace MhcOperator.Api.Validation;

/// <summary>A field that may not change, or not always.</summary>
internal sealed record ImmutableField
{
    /// <summary>Field, from the object's root.</summary>
    public required string Path { get; init; }

    /// <summary>Transition rule over the spec.</summary>
    public required string Cel { get; init; }

    /// <summary>Whether it may change while the job is suspended, before or after the change.</summary>
    public bool FreeWhileSuspended { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>What the server says.</summary>
    public string CelMessage => FreeWhileSuspended ? $"may change only while spec.suspend is true: {Reason}" : $"may not change: {Reason}";

    /// <summary>A field that never changes.</summary>
    public static ImmutableField Always(string name, string reason) =>
        new() { Path = $"spec.{name}", Cel = $"self.{name} == oldSelf.{name}", Reason = reason };

    /// <summary>A field that never changes and may be absent.</summary>
    public static ImmutableField AlwaysOptional(string name, string reason) => new()
    {
        Path = $"spec.{name}",
        Cel = $"has(self.{name}) == has(oldSelf.{name}) && (!has(self.{name}) || self.{name} == oldSelf.{name})",
        Reason = reason,
    };

    /// <summary>A field that changes only while the job is suspended.</summary>
    public static ImmutableField WhileRunning(string name, string reason) => new()
    {
        Path = $"spec.{name}",
        Cel = $"self.suspend || oldSelf.suspend || self.{name} == oldSelf.{name}",
        FreeWhileSuspended = true,
        Reason = reason,
    };
}
