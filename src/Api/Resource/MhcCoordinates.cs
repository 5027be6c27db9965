using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>What the logits of an n × n doubly stochastic mapping are made from: it has (n − 1)² degrees of freedom.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<MhcCoordinates>))]
public enum MhcCoordinates
{
    /// <summary>n² coefficients a token.</summary>
    Full,

    /// <summary>(n − 1)² coefficients a token; the last row and column of the logits are zero.</summary>
    Reduced,
}
