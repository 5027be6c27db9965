using MhcOperator.Cli;
using MhcOperator.Cli.Terminal;
using MhcOperator.CommandLine;

if (OpenFileLimit.Problem() is { } problem)
{
    OpenFileLimit.Say($"mhc: {problem}");
    return CliExitCode.BadInput;
}

return await RunAsync(args);

// A method of its own: what it needs of other libraries is loaded when it is called.
static Task<int> RunAsync(string[] args) => MhcProgram.RunAsync(args, CliHost.System());
