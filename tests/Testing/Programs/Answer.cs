namespace MhcOperator.Testing.Programs;

/// <summary>What a program said.</summary>
/// <param name="ExitCode">0 where it worked.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Error">What it printed as an error.</param>
public sealed record Answer(int ExitCode, string Output, string Error)
{
    /// <summary>All that it printed.</summary>
    public string Said => Output + Error;
}
