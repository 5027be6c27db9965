using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>How text becomes tokens.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Tokenizer>))]
public enum Tokenizer
{
    /// <summary>One token a byte.</summary>
    Bytes,

    /// <summary>The cl100k_base byte-pair encoding.</summary>
    Cl100k,

    /// <summary>The o200k_base byte-pair encoding.</summary>
    O200k,
}
