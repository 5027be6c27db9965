namespace MhcOperator.Api;

/// <summary>The program that trains: ours by default, or any image that follows the trainer contract.</summary>
public sealed record TrainerSpec
{
    /// <summary>Container image; the operator's default where absent.</summary>
    public string? Image { get; set; }

    /// <summary>Replaces the image's entry point.</summary>
    public IReadOnlyList<string>? Command { get; set; }

    /// <summary>Replaces the image's arguments.</summary>
    public IReadOnlyList<string>? Args { get; set; }

    /// <summary>Further environment; names of the trainer contract are refused.</summary>
    public IReadOnlyList<EnvironmentVariable>? Env { get; set; }
}

/// <summary>One environment variable of the trainer's container.</summary>
public sealed record EnvironmentVariable
{
    /// <summary>Name, a C identifier.</summary>
    public string Name { get; set; } = "";

    /// <summary>Value, taken literally.</summary>
    public string Value { get; set; } = "";
}
