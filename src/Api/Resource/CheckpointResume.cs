using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>What a new job does with checkpoints that are in its volume already.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CheckpointResume>))]
public enum CheckpointResume
{
    /// <summary>It goes on from the newest.</summary>
    Latest,

    /// <summary>It puts them aside and begins anew.</summary>
    None,
}
