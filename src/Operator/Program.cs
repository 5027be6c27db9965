using MhcOperator.Operator.Kubernetes;

return await OperatorCommand.Create().Parse(args).InvokeAsync(new System.CommandLine.InvocationConfiguration { ProcessTerminationTimeout = null });
