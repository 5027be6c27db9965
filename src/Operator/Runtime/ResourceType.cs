using System.Text.Json;

namespace MhcOperator.Operator.Runtime;

/// <summary>A kind of object: where the API serves it and how one is read.</summary>
/// <param name="Group">API group; empty for the core.</param>
/// <param name="Version">Version in the group.</param>
/// <param name="Kind">Kind, as manifests spell it.</param>
/// <param name="Plural">Plural, as paths spell it.</param>
/// <param name="Read">Makes an object of its JSON.</param>
internal sealed record ResourceType<T>(string Group, string Version, string Kind, string Plural, Func<JsonElement, T> Read)
{
    /// <summary>Form in which the server is asked to answer.</summary>
    public string Accept { get; init; } = "application/json";

    /// <summary>The same kind for writes after which only the object's version is of interest.</summary>
    public ResourceType<WrittenObject> ToWrite => new(Group, Version, Kind, Plural, WrittenObject.Read) { Accept = WrittenObject.Form };

    /// <summary>Path below the server's address, without a leading slash.</summary>
    /// <param name="ns">Namespace; null: all of them.</param>
    /// <param name="name">Object; null: the collection.</param>
    /// <param name="subresource">Such as <c>status</c>; null: the object itself.</param>
    public string Path(string? ns, string? name = null, string? subresource = null)
    {
        var root = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        var scope = string.IsNullOrEmpty(ns) ? "" : $"/namespaces/{ns}";
        return root + scope + "/" + Plural + (name is null ? "" : "/" + name) + (subresource is null ? "" : "/" + subresource);
    }
}
