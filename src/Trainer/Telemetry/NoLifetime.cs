using Microsoft.Extensions.Hosting;

namespace MhcOperator.Trainer.Telemetry;

/// <summary>Leaves signals to the trainer: the web host's own lifetime would take SIGTERM for itself.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
