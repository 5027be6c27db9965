using System.Globalization;
using System.Text.RegularExpressions;
using MhcOperator.Testing.Kubernetes;
using MhcOperator.Operator.Local;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>The program mhc-operator as a process of its own, which can be killed, rehearses and exits with a code.</summary>
internal sealed partial class OperatorProgram : OperatorUnderTest
{
    private readonly Daemon _process;

    private OperatorProgram(Daemon process)
    {
        _process = process;
    }

    public override string Log => _process.Log;

    public override bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public long ResidentBytes =>
        long.Parse(ResidentLine().Match(File.ReadAllText($"/proc/{_process.Id}/status")).Groups["value"].Value,
            CultureInfo.InvariantCulture) * 1024;

    public static OperatorProgram Start(ApiServer server, string kubeconfig, params IEnumerable<string> arguments) =>
        new(
            Daemon.Start(Path.Combine(AppContext.BaseDirectory, "mhc-operator"), Usual(kubeconfig).Concat(arguments),
                server.NewLogFile("operator")));

    public override void Terminate() => Signals.Send(_process.Id, Signals.Terminate);

    /// <summary>Ends it without a chance to do anything.</summary>
    public void Kill() => _process.Kill();

    public override Task WaitForExitAsync(CancellationToken cancel) => _process.WaitForExitAsync(cancel);

    protected override void Dispose(bool disposing) => _process.Dispose();

    [GeneratedRegex(@"VmRSS:\s+(?<value>[0-9]+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ResidentLine();
}
