using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>A container that can restart in place; the test says how its process is.</summary>
internal sealed class PlayedWorker() : PlayedEndpoint(8471)
{
    private volatile WorkerReport _report = new() { Attempt = 1 };

    /// <summary>Its process has ended.</summary>
    public void End(int exitCode, string message = "") =>
        _report = _report with { ExitCode = exitCode, Message = message, EndedAt = DateTime.UtcNow };

    /// <summary>Its process has begun.</summary>
    public void Begin(int attempt) => _report = new WorkerReport { Attempt = attempt };

    protected override byte[] Answer() => JsonSerializer.SerializeToUtf8Bytes(_report, ApiJsonContext.Default.WorkerReport);
}
