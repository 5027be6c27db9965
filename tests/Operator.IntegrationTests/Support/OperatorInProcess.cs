using System.CommandLine;
using MhcOperator.Operator.Hosting;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>
/// The operator in the process of the tests: all of it but its process. A program of its own takes two processor seconds to start, mostly
/// for the compiler, and is needed only where it is killed or measured (<see cref="OperatorProgram"/>).
/// </summary>
internal sealed class OperatorInProcess : OperatorUnderTest
{
    private static readonly RootCommand CommandLine = OperatorCommand.Create();
    private static readonly TimeSpan TimeToStop = TimeSpan.FromSeconds(20);

    private readonly LogText _text = new();
    private readonly ILoggerFactory _logs;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private OperatorInProcess(OperatorSettings settings)
    {
        _logs = LoggerFactory.Create(builder => builder.AddProvider(_text));
        _running = Task.Run(() => RunAsync(settings));
    }

    public override string Log => _text.ToString();

    public override bool HasExited => _running.IsCompleted;

    /// <summary>Starts it with a command line, and without a rehearsal.</summary>
    public static OperatorInProcess Start(string kubeconfig, params IEnumerable<string> arguments) =>
        new(Settings(kubeconfig, arguments));

    /// <summary>What a command line says, without a rehearsal.</summary>
    public static OperatorSettings Settings(string kubeconfig, params IEnumerable<string> arguments) =>
        OperatorCommand.Read(CommandLine.Parse([.. Usual(kubeconfig), "--no-rehearsal", .. arguments]));

    public override void Terminate() => _stop.Cancel();

    public override Task WaitForExitAsync(CancellationToken cancel) => _running.WaitAsync(cancel);

    /// <exception cref="AggregateException">It has failed.</exception>
    protected override void Dispose(bool disposing)
    {
        _stop.Cancel();
        Assert.True(_running.Wait(TimeToStop), $"the operator has not stopped {TimeToStop.TotalSeconds} s after it was asked to: {Log}");
        _logs.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(OperatorSettings settings)
    {
        try
        {
            await new OperatorProcess(settings, TimeProvider.System, _logs).RunAsync(_stop.Token);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // the way that it ends, as in its program
        }
    }
}
