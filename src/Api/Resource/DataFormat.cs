using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>What the data files hold.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DataFormat>))]
public enum DataFormat
{
    /// <summary>UTF-8 text.</summary>
    Text,

    /// <summary>Token numbers, little-endian uint16 or uint32.</summary>
    Tokens,
}
