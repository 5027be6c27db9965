using System.Collections;
using System.Text.Json.Nodes;

namespace MhcOperator.Operator.Planning;

/// <summary>Pods to create, each made from its number when it is looked at: a gang may have thousands, and a template of 64 KiB.</summary>
/// <param name="names">Their names.</param>
/// <param name="make">Makes the pod of that place in the list.</param>
internal sealed class PodManifests(IReadOnlyList<string> names, Func<int, JsonObject> make) : IReadOnlyList<JsonObject>
{
    public static PodManifests None { get; } = new([], _ => []);

    public IReadOnlyList<string> Names => names;

    public int Count => names.Count;

    public JsonObject this[int index] => make(index);

    public IEnumerator<JsonObject> GetEnumerator() => Enumerable.Range(0, names.Count).Select(make).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
