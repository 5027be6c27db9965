using Microsoft.Extensions.Hosting;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>Signals belong to the operator, which releases its lease first; the web server must not end by itself.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
