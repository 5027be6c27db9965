using MhcOperator.Operator.IntegrationTests;
using MhcOperator.Testing.Kubernetes;

[assembly: AssemblyFixture(typeof(SharedServer))]
[assembly: CollectionBehavior(MaxParallelThreads = 4)] // they wait for other processes most of the time

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>The API server of all tests that do not disturb it.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private ApiServer? _server;

    internal ApiServer Server => _server ?? throw new InvalidOperationException("the server has not been started");

    public async ValueTask InitializeAsync() =>
        _server = await ApiServer.StartAsync(installCrd: true, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
