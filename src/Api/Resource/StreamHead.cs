using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>How the streams become one before the final norm.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StreamHead>))]
public enum StreamHead
{
    /// <summary>The streams are added.</summary>
    Sum,

    /// <summary>The streams are added under learned sigmoid gates.</summary>
    Learned,
}
