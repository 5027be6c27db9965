using MhcOperator.Cli;
using MhcOperator.Cli.Terminal;
using MhcOperator.CommandLine;

if (Surroundings.Problem() is (_, var words))
{
    Surroundings.Say($"mhc: {words}");
    return CliExitCode.BadInput;
}

return await RunAsync(args);

// A method of its own: what it needs of other libraries is loaded when it is called.
static Task<int> RunAsync(string[] args) => MhcProgram.RunAsync(args, CliHost.System());
