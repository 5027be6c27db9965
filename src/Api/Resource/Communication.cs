using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>Format of gradients and weights on the wire.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Communication>))]
public enum Communication
{
    /// <summary>As they are.</summary>
    Float32,

    /// <summary>Rounded to bfloat16.</summary>
    BFloat16,

    /// <summary>Block-quantised with error feedback.</summary>
    Int8,

    /// <summary>As Int8, in four bits.</summary>
    Int4,
}
