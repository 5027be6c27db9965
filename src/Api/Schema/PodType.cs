using System.Collections.Frozen;

namespace MhcOperator.Api.Schema;

/// <summary>One kind of object in a pod.</summary>
/// <param name="name">Kubernetes' name of it, such as <c>Container</c>.</param>
internal sealed class PodType(string name)
{
    public string Name { get; } = name;

    public FrozenDictionary<string, PodField> Fields { get; set; } = FrozenDictionary<string, PodField>.Empty;
}
