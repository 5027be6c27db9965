using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>How the residual path of every sublayer is made.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ResidualKind>))]
public enum ResidualKind
{
    /// <summary>Manifold-constrained hyper-connections (arXiv 2512.24880).</summary>
    Mhc,

    /// <summary>Unconstrained hyper-connections (arXiv 2409.19606), the baseline.</summary>
    HyperConnections,

    /// <summary>One plain residual stream.</summary>
    Standard,
}
