using System.CommandLine.Invocation;
using MhcOperator.Operator.Kubernetes;

var parsed = OperatorCommand.Create().Parse(args);
if (parsed.Action is ParseErrorAction wrong)
{
    // A page of help would push the error out of sight.
    wrong.ShowHelp = false;
}

return await parsed.InvokeAsync(new System.CommandLine.InvocationConfiguration { ProcessTerminationTimeout = null });
