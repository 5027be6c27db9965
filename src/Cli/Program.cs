using MhcOperator.Cli;
using MhcOperator.Cli.Terminal;

return await MhcProgram.RunAsync(args, CliHost.System());
