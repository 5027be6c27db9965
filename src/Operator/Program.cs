using MhcOperator.CommandLine;
using MhcOperator.Operator.Kubernetes;

if (Surroundings.Problem() is (_, var words))
{
    Surroundings.Say($"mhc-operator: {words}");
    return OperatorCommand.UsageError;
}

return await ProgramLine.InvokeAsync(OperatorCommand.Create(), args,
    new System.CommandLine.InvocationConfiguration { ProcessTerminationTimeout = null }, OperatorCommand.UsageError);
