using System.Text.RegularExpressions;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>The manifests in deploy/, document by document.</summary>
internal static partial class DeployedManifests
{
    /// <summary>The operator, for servers before 1.25, one of which the tests run.</summary>
    public const string Operator = "older/mhc-operator.yaml";

    /// <summary>Kind and text of each document of a file.</summary>
    public static async Task<IReadOnlyList<(string Kind, string Text)>> ReadAsync(string file, CancellationToken cancel) =>
        [.. $"\n{await File.ReadAllTextAsync(Repository.PathOf($"deploy/{file}"), cancel)}".Split("\n---\n",
            StringSplitOptions.RemoveEmptyEntries)
            .Select(text => (KindLine().Match(text).Groups["value"].Value, text))];

    /// <summary>Installs the webhook configurations for one namespace.</summary>
    /// <param name="ns">Namespace; the configurations get its name.</param>
    /// <param name="webhooks">Where the webhooks are.</param>
    /// <param name="cancel">Stops waiting.</param>
    public static async Task InstallWebhooksAsync(TestNamespace ns, Uri webhooks, CancellationToken cancel)
    {
        await ns.Api.MergeAsync($"api/v1/namespaces/{ns.Name}",
            new() { ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["labels"] = new System.Text.Json.Nodes.JsonObject { ["webhooks"] = ns.Name } } }, cancel);
        foreach (var (kind, text) in (await ReadAsync(Operator, cancel)).Where(
            document => document.Kind.EndsWith("WebhookConfiguration", StringComparison.Ordinal)))
        {
            var local = ServiceBlock().Replace(text, $"    url: {webhooks.GetLeftPart(UriPartial.Authority)}${{path}}\n")
                .Replace("mhc-operator-webhook", ns.Name, StringComparison.Ordinal);
            await ns.Api.CreateYamlAsync(PathOf(kind), OnlyFor(local, ns.Name), cancel);
        }
    }

    /// <summary>The same configuration, asked about in namespaces with one label only: other tests use the server too.</summary>
    public static string OnlyFor(string configuration, string label) =>
        configuration.Replace("  failurePolicy: ", $"  namespaceSelector: {{matchLabels: {{webhooks: {label}}}}}\n  failurePolicy: ",
            StringComparison.Ordinal);

    public static string PathOf(string kind) => $"apis/admissionregistration.k8s.io/v1/{kind.ToLowerInvariant()}s";

    [GeneratedRegex(@"^kind: (?<value>\w+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex KindLine();

    [GeneratedRegex(@"    service:\n      name: .*\n      namespace: .*\n      path: (?<path>.*)\n      port: .*\n",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ServiceBlock();
}
