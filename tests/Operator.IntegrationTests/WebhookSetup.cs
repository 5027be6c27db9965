using MhcOperator.Testing.Kubernetes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>A namespace whose jobs an operator is asked about before they are stored.</summary>
public sealed class WebhookSetup(SharedServer shared) : IAsyncLifetime
{
    private TestNamespace? _ns;
    private OperatorUnderTest? _running;

    internal ApiServer Server => shared.Server;

    internal TestNamespace Namespace => _ns!;

    internal OperatorUnderTest Operator => _running!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _ns = await TestNamespace.CreateAsync(shared.Server);
        _running = await _ns.RunOperatorAsync("--webhook-port", "0", "--webhook-name", _ns.Name);
        await DeployedManifests.InstallWebhooksAsync(_ns, _running.WebhookAddress, Cancel);
        await _ns.AsksWebhooksAsync();
    }

    public ValueTask DisposeAsync()
    {
        _running?.Dispose();
        return ValueTask.CompletedTask;
    }
}
