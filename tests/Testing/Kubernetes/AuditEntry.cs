using System.Text.Json;

namespace MhcOperator.Testing.Kubernetes;

/// <summary>One request.</summary>
public sealed record AuditEntry(string Verb, string UserAgent, string User, string Group, string Resource, string? Subresource,
    string? Namespace, string? Name, int Code, DateTimeOffset ReceivedAt)
{
    public bool IsWrite => Verb is not ("get" or "list" or "watch");

    /// <summary>Kept up whoever leads, and whether there is work or not.</summary>
    public bool IsLease => Resource == "leases";

    public string FullResource => Subresource is null ? Resource : $"{Resource}/{Subresource}";

    public static AuditEntry Of(JsonElement json)
    {
        string? Text(JsonElement from, string name) =>
            from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) ? value.GetString() : null;
        var target = json.TryGetProperty("objectRef", out var reference) ? reference : default;
        var status = json.TryGetProperty("responseStatus", out var response) && response.TryGetProperty("code", out var code)
            ? code.GetInt32() : 0;
        return new AuditEntry(
            Text(json, "verb") ?? "", Text(json, "userAgent") ?? "", Text(json.GetProperty("user"), "username") ?? "",
            Text(target, "apiGroup") ?? "", Text(target, "resource") ?? "", Text(target, "subresource"), Text(target, "namespace"),
            Text(target, "name"),
            status, json.GetProperty("requestReceivedTimestamp").GetDateTimeOffset());
    }
}
