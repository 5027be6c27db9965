using System.Globalization;
using System.Text.RegularExpressions;
using MhcOperator.Operator.IntegrationTests.Server;
using MhcOperator.Operator.Local;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>The program mhc-operator as a process of its own, which can be killed, rehearses and exits with a code.</summary>
internal sealed partial class OperatorProgram : OperatorUnderTest
{
    private readonly Daemon process;

    private OperatorProgram(Daemon process)
    {
        this.process = process;
    }

    public override string Log => process.Log;

    public override bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    public long ResidentBytes => long.Parse(ResidentLine().Match(File.ReadAllText($"/proc/{process.Id}/status")).Groups["value"].Value, CultureInfo.InvariantCulture) * 1024;

    public static OperatorProgram Start(ApiServer server, string kubeconfig, params IEnumerable<string> arguments) =>
        new(Daemon.Start(Path.Combine(AppContext.BaseDirectory, "mhc-operator"), Usual(kubeconfig).Concat(arguments), server.NewLogFile("operator")));

    public override void Terminate() => Signals.Send(process.Id, Signals.Terminate);

    /// <summary>Ends it without a chance to do anything.</summary>
    public void Kill() => process.Kill();

    public override Task WaitForExitAsync(CancellationToken cancel) => process.WaitForExitAsync(cancel);

    protected override void Dispose(bool disposing) => process.Dispose();

    [GeneratedRegex(@"VmRSS:\s+(?<value>[0-9]+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ResidentLine();
}
