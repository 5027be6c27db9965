using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>Arithmetic of the matrix products and activations; weights and optimizer are float32 either way.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
public enum Precision
{
    /// <summary>Single precision.</summary>
    Float32,

    /// <summary>bfloat16 activations and matrix products.</summary>
    BFloat16,
}
