using System.Text.RegularExpressions;
using MhcOperator.Operator.IntegrationTests.Server;
using MhcOperator.Operator.Local;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>The real mhc-operator as a process of its own.</summary>
internal sealed partial class OperatorUnderTest : IDisposable
{
    /// <summary>Argument of an operator that rehearses, as it does by default.</summary>
    public const string Rehearsing = "--no-rehearsal=false";

    private readonly Daemon process;

    private OperatorUnderTest(Daemon process)
    {
        this.process = process;
    }

    /// <summary>Its name in the lease, the events and the server's audit log.</summary>
    public string Identity => IdentityLine().Match(Log).Groups["value"].Value;

    public string Log => process.Log;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    public long ResidentBytes => long.Parse(ResidentLine().Match(File.ReadAllText($"/proc/{process.Id}/status")).Groups["value"].Value, System.Globalization.CultureInfo.InvariantCulture) * 1024;

    /// <summary>Starts it. It rehearses only where it is told to: most tests start one of their own and measure nothing.</summary>
    public static OperatorUnderTest Start(ApiServer server, string kubeconfig, params IEnumerable<string> arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "mhc-operator");
        string[] usual = ["--kubeconfig", kubeconfig, "--bind-address", "127.0.0.1", "--metrics-port", "0", "--poll-interval", "0.2", .. arguments.Contains(Rehearsing) ? (string[])[] : ["--no-rehearsal"]];
        return new OperatorUnderTest(Daemon.Start(program, usual.Concat(arguments), server.NewLogFile("operator")));
    }

    /// <summary>Asks it to stop, as Kubernetes does.</summary>
    public void Terminate() => Signals.Send(process.Id, Signals.Terminate);

    /// <summary>Ends it without a chance to do anything.</summary>
    public void Kill() => process.Kill();

    public Task WaitForExitAsync(CancellationToken cancel) => process.WaitForExitAsync(cancel);

    public Task LogsAsync(string text, CancellationToken cancel) => Eventually.HoldsAsync(
        async () =>
        {
            if (Log.Contains(text, StringComparison.Ordinal))
            {
                return true;
            }

            if (HasExited)
            {
                await WaitForExitAsync(cancel); // until its last words have been read
                Assert.Fail($"the operator has ended with {ExitCode}: {Log}");
            }

            return false;
        },
        () => $"the operator says \"{text}\"; it says: {Log}", cancel);

    /// <summary>Waits until it acts on jobs.</summary>
    public Task WorksAsync(CancellationToken cancel) => LogsAsync(" jobs", cancel);

    /// <summary>Asks its own endpoint.</summary>
    public async Task<(int Status, string Body)> AskAsync(string path, CancellationToken cancel)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(new Uri(AddressLine().Match(Log).Groups["value"].Value), path), cancel);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel));
    }

    /// <summary>Ends it. What it has said is shown where the test fails.</summary>
    public void Dispose()
    {
        TestContext.Current.TestOutputHelper?.WriteLine(Log);
        process.Dispose();
    }

    [GeneratedRegex(@"\] (?<value>\S+) serves ", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex IdentityLine();

    [GeneratedRegex(@"metrics and health at (?<value>\S+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex AddressLine();

    [GeneratedRegex(@"VmRSS:\s+(?<value>[0-9]+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex ResidentLine();
}
