using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Certificates;

/// <summary>A ValidatingWebhookConfiguration or a MutatingWebhookConfiguration, as much of it as is looked at.</summary>
internal sealed class WebhookConfiguration : IMetadata<V1ObjectMeta>
{
    public static readonly ResourceType<WebhookConfiguration> Validating =
        TypeOf("ValidatingWebhookConfiguration", "validatingwebhookconfigurations");
    public static readonly ResourceType<WebhookConfiguration> Mutating =
        TypeOf("MutatingWebhookConfiguration", "mutatingwebhookconfigurations");

    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>The <c>caBundle</c> of each of its webhooks, as PEM; empty: it has none.</summary>
    public required IReadOnlyList<string> Bundles { get; init; }

    /// <summary>
    /// A JSON patch for the webhooks that lack an authority; null where none does. One that has more is left as it is: another replica
    /// knows a newer certificate already. The server refuses the patch (409) where the object has changed meanwhile.
    /// </summary>
    /// <param name="authorities">PEM of each that must be there.</param>
    /// <param name="bundle">PEM of all that is then written.</param>
    public JsonArray? Inject(IReadOnlyList<string> authorities, string bundle)
    {
        var lacking = Enumerable.Range(0, Bundles.Count)
            .Where(i => !authorities.All(authority => Bundles[i].Contains(authority, StringComparison.Ordinal))).ToList();
        var value = Convert.ToBase64String(Encoding.UTF8.GetBytes(bundle));
        return lacking.Count == 0
            ? null
            : new JsonArray([
                new JsonObject { ["op"] = "replace", ["path"] = "/metadata/resourceVersion", ["value"] = Metadata.ResourceVersion },
                .. lacking.Select(
                    i => new JsonObject { ["op"] = "add", ["path"] = FormattableString.Invariant($"/webhooks/{i}/clientConfig/caBundle"),
                        ["value"] = value }),
            ]);
    }

    private static ResourceType<WebhookConfiguration> TypeOf(string kind, string plural) =>
        new("admissionregistration.k8s.io", "v1", kind, plural, Read);

    private static WebhookConfiguration Read(JsonElement json) => new()
    {
        Metadata = json.GetProperty("metadata").Deserialize(SourceGenerationContext.Default.V1ObjectMeta)!,
        Bundles = json.TryGetProperty("webhooks", out var webhooks) && webhooks.ValueKind == JsonValueKind.Array
            ? [.. webhooks.EnumerateArray()
                .Select(
                    webhook => webhook.GetProperty("clientConfig").TryGetProperty("caBundle", out var bundle)
                        ? Encoding.UTF8.GetString(bundle.GetBytesFromBase64()) : "")]
            : [],
    };
}
