using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>Keeps what is logged, a line with its time (UTC) for each message.</summary>
internal sealed class LogText : ILoggerProvider, ILogger
{
    private readonly StringBuilder _text = new();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            lock (_text)
            {
                _text.Append(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff}Z {formatter(state, exception)}")
                    .AppendLine(exception is null ? "" : $" {exception}");
            }
        }
    }

    public override string ToString()
    {
        lock (_text)
        {
            return _text.ToString();
        }
    }

    public void Dispose()
    {
    }
}
