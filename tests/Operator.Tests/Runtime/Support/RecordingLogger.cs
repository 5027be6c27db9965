using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Tests.Runtime.Support;

/// <summary>Keeps what is logged, with the exceptions.</summary>
internal sealed class RecordingLogger(ConcurrentQueue<string> said) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        said.Enqueue($"{formatter(state, exception)} {exception}");
}
