using MhcOperator.Operator.IntegrationTests.Server;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>A namespace whose jobs an operator is asked about before they are stored.</summary>
public sealed class WebhookSetup(SharedServer shared) : IAsyncLifetime
{
    private TestNamespace? ns;
    private OperatorUnderTest? running;

    internal ApiServer Server => shared.Server;

    internal TestNamespace Namespace => ns!;

    internal OperatorUnderTest Operator => running!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        ns = await TestNamespace.CreateAsync(shared.Server);
        running = await ns.RunOperatorAsync("--webhook-port", "0", "--webhook-name", ns.Name);
        await DeployedManifests.InstallWebhooksAsync(ns, running.WebhookAddress, Cancel);
        await ns.AsksWebhooksAsync();
    }

    public ValueTask DisposeAsync()
    {
        running?.Dispose();
        return ValueTask.CompletedTask;
    }
}
