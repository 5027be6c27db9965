namespace MhcOperator.Api;

/// <summary>One environment variable of the trainer's container.</summary>
public sealed record EnvironmentVariable
{
    /// <summary>Name, a C identifier.</summary>
    public string Name { get; set; } = "";

    /// <summary>Value, taken literally.</summary>
    public string Value { get; set; } = "";
}
