using MhcOperator.CommandLine;
using MhcOperator.Operator.Kubernetes;

return await ProgramLine.InvokeAsync(OperatorCommand.Create(), args,
    new System.CommandLine.InvocationConfiguration { ProcessTerminationTimeout = null }, OperatorCommand.UsageError);
