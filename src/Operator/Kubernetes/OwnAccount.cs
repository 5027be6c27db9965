using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>
/// The service account that the operator has, as its token names it (KEP-1205). As the owner of what the operator makes for itself: when an
/// uninstalled release takes its account along, the garbage collector takes that too.
/// </summary>
/// <param name="Namespace">Namespace of the account.</param>
/// <param name="Name">Name.</param>
/// <param name="Uid">Unique identity.</param>
internal sealed record OwnAccount(string Namespace, string Name, string Uid)
{
    /// <summary>An entry of <c>metadata.ownerReferences</c>.</summary>
    public JsonObject Reference => new() { ["apiVersion"] = "v1", ["kind"] = "ServiceAccount", ["name"] = Name, ["uid"] = Uid };

    /// <summary>Reads a token, whose signature is the server's business.</summary>
    /// <returns>Null where it is no service account's.</returns>
    public static OwnAccount? Read(string? token)
    {
        try
        {
            if (token?.Split('.') is not [_, var payload, _]
                || JsonNode.Parse(Encoding.UTF8.GetString(Base64Url.DecodeFromChars(payload))) is not JsonObject claims)
            {
                return null;
            }

            const string old = "kubernetes.io/serviceaccount/"; // of tokens that are kept in a Secret, as before Kubernetes 1.21
            var bound = claims["kubernetes.io"] as JsonObject;
            var account = bound?["serviceaccount"] as JsonObject;
            return ((string?)(bound?["namespace"] ?? claims[$"{old}namespace"]),
                (string?)(account?["name"] ?? claims[$"{old}service-account.name"]),
                (string?)(account?["uid"] ?? claims[$"{old}service-account.uid"])) is ({ } ns, { } name, { } uid)
                ? new OwnAccount(ns, name, uid)
                : null;
        }
        catch (Exception e) when (e is FormatException or JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }
}
