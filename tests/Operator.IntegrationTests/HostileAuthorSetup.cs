using System.Text.Json.Nodes;
using MhcOperator.Operator.IntegrationTests.Support;
using MhcOperator.Testing.Kubernetes;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>
/// An operator of two namespaces, in one of which jobs are held against the rules when they are applied, and in each an author with the
/// rights on jobs that the chart has for users, and no others.
/// </summary>
public sealed class HostileAuthorSetup(SharedServer shared) : IAsyncLifetime
{
    private const string Rbac = "apis/rbac.authorization.k8s.io/v1";

    private TestNamespace? _asked;
    private TestNamespace? _unasked;
    private TestNamespace? _foreign;
    private TestApi? _author;
    private TestApi? _unaskedAuthor;
    private OperatorUnderTest? _running;

    /// <summary>Where the webhooks are asked.</summary>
    internal TestNamespace Asked => _asked!;

    /// <summary>Where they are not, as when no operator answers.</summary>
    internal TestNamespace Unasked => _unasked!;

    /// <summary>Where nobody of this test may do anything.</summary>
    internal TestNamespace Foreign => _foreign!;

    /// <summary>The author in <see cref="Asked"/>.</summary>
    internal TestApi Author => _author!;

    /// <summary>The author in <see cref="Unasked"/>.</summary>
    internal TestApi UnaskedAuthor => _unaskedAuthor!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _asked = await TestNamespace.CreateAsync(shared.Server);
        _unasked = await TestNamespace.CreateAsync(shared.Server);
        _foreign = await TestNamespace.CreateAsync(shared.Server);
        _author = await AuthorAsync(_asked);
        _unaskedAuthor = await AuthorAsync(_unasked);
        _running = await _asked.RunOperatorAsync("--namespace", _unasked.Name, "--webhook-port", "0", "--webhook-name", _asked.Name,
            "--network-policy");
        await DeployedManifests.InstallWebhooksAsync(_asked, _running.WebhookAddress, Cancel);
        await _asked.AsksWebhooksAsync();
    }

    public ValueTask DisposeAsync()
    {
        _running?.Dispose();
        _author?.Dispose();
        _unaskedAuthor?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Somebody with the chart's two roles for users, in one namespace.</summary>
    private async Task<TestApi> AuthorAsync(TestNamespace ns)
    {
        var token = await ns.MakeAccountAsync("author");
        var roles = (await DeployedManifests.ReadAsync(DeployedManifests.Operator, Cancel))
            .Where(
                document => document.Kind == "ClusterRole"
                    && document.Text.Contains("rbac.authorization.k8s.io/aggregate-to-", StringComparison.Ordinal))
            .ToList();
        Assert.Equal(2, roles.Count);
        foreach (var (_, text) in roles)
        {
            var role = await ns.Api.CreateYamlAsync($"{Rbac}/clusterroles",
                text.Replace("name: mhc-operator-", $"name: {ns.Name}-", StringComparison.Ordinal), Cancel);
            await ns.Api.CreateAsync($"{Rbac}/namespaces/{ns.Name}/rolebindings", Binding(role.Name(), ns.Name), Cancel);
        }

        return new TestApi(new Uri($"https://127.0.0.1:{shared.Server.Port}/"), token);
    }

    private static JsonObject Binding(string role, string ns) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = role },
        ["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "ClusterRole", ["name"] = role },
        ["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = "author", ["namespace"] = ns }),
    };
}
