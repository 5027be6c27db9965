using System.Globalization;
using System.Text.RegularExpressions;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>A running mhc-operator.</summary>
internal abstract partial class OperatorUnderTest : IDisposable
{
    /// <summary>Its name in the lease, the events and the server's audit log.</summary>
    public string Identity => IdentityLine().Match(Log).Groups["value"].Value;

    /// <summary>Where its webhooks are.</summary>
    public Uri WebhookAddress => new(WebhookLine().Match(Log).Groups["value"].Value);

    /// <summary>Where its health is.</summary>
    public Uri HealthAddress => new(AddressLine().Match(Log).Groups["value"].Value);

    /// <summary>Where its metrics over TLS are.</summary>
    public Uri SecureAddress => new(SecureLine().Match(Log).Groups["value"].Value);

    /// <summary>What it has said.</summary>
    public abstract string Log { get; }

    public abstract bool HasExited { get; }

    /// <summary>Asks it to stop, as Kubernetes does.</summary>
    public abstract void Terminate();

    public abstract Task WaitForExitAsync(CancellationToken cancel);

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
                Assert.Fail($"the operator has ended: {Log}");
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
        using var answer = await http.GetAsync(new Uri(HealthAddress, path), cancel);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel));
    }

    /// <summary>One of its metrics.</summary>
    /// <param name="name">Name with labels, as it is served.</param>
    /// <param name="cancel">Stops waiting.</param>
    public async Task<double> MetricAsync(string name, CancellationToken cancel)
    {
        var line = (await AskAsync("/metrics", cancel)).Body.Split('\n')
            .FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[name.Length..], CultureInfo.InvariantCulture);
    }

    /// <summary>Ends it. What it has said is shown where the test fails.</summary>
    public void Dispose()
    {
        TestContext.Current.TestOutputHelper?.WriteLine(Log);
        Dispose(true);
    }

    /// <summary>Ends it.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>Arguments of all operators: a free port on loopback, and short waits.</summary>
    protected static IEnumerable<string> Usual(string kubeconfig) =>
        ["--kubeconfig", kubeconfig, "--bind-address", "127.0.0.1", "--metrics-port", "0", "--poll-interval", "0.2"];

    [GeneratedRegex(@"(\] |Z )(?<value>\S+) serves ", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex IdentityLine();

    [GeneratedRegex(@"health at (?<value>\S+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex AddressLine();

    [GeneratedRegex(@"metrics over TLS at (?<value>\S+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex SecureLine();

    [GeneratedRegex(@"webhooks at (?<value>\S+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex WebhookLine();
}
