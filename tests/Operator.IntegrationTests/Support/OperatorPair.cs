using System.Diagnostics;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>Two operators of one namespace: the first leads and has made a gang, the second waits for the lease.</summary>
internal sealed class OperatorPair : IDisposable
{
    private OperatorPair(TestNamespace ns, OperatorProgram first, OperatorProgram second)
    {
        Namespace = ns;
        First = first;
        Second = second;
    }

    public TestNamespace Namespace { get; }

    public OperatorProgram First { get; }

    public OperatorProgram Second { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="ns">Namespace, in which the first one makes the job "before".</param>
    /// <param name="kubeconfigOfFirst">Another way to the server for the first.</param>
    /// <param name="arguments">Further arguments of both.</param>
    public static async Task<OperatorPair> StartAsync(TestNamespace ns, string? kubeconfigOfFirst, IReadOnlyList<string> arguments)
    {
        var first = await ns.RunProgramAsync(kubeconfigOfFirst, arguments);
        var pair = new OperatorPair(ns, first, ns.StartProgram(null, arguments));
        try
        {
            await pair.Second.LogsAsync("waiting for lease", Cancel);
            await ns.CreateJobAsync(JobBuilder.Make("before"));
            await ns.GangExistsAsync(1, 2);
            return pair;
        }
        catch
        {
            pair.Dispose();
            throw;
        }
    }

    /// <summary>Ends the leadership of the first, and returns how long it took until the second acts.</summary>
    public async Task<TimeSpan> HandOverAsync(Action end)
    {
        var started = Stopwatch.GetTimestamp();
        end();
        await Second.WorksAsync(Cancel);
        return Stopwatch.GetElapsedTime(started);
    }

    public void Dispose()
    {
        First.Dispose();
        Second.Dispose();
    }
}
