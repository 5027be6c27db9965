using MhcOperator.CommandLine;
using MhcOperator.Operator.Hosting;
using MhcOperator.Operator.Runtime;

if (Surroundings.Problem() is (_, var words))
{
    Surroundings.Say($"mhc-operator: {words}");
    return OperatorStartException.ExitCode;
}

return await ProgramLine.InvokeAsync(OperatorCommand.Create(), args,
    new System.CommandLine.InvocationConfiguration { ProcessTerminationTimeout = null }, OperatorStartException.ExitCode);
