using System.Text.Json.Serialization;

namespace MhcOperator.Api;

/// <summary>How the learning rate falls after the warm-up.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LearningRateSchedule>))]
public enum LearningRateSchedule
{
    /// <summary>Half a cosine down to a tenth of the peak.</summary>
    Cosine,

    /// <summary>×0.316 at 80 % and ×0.1 at 90 % of the steps (arXiv 2512.24880, table 5).</summary>
    Steps,

    /// <summary>It does not fall.</summary>
    Constant,
}
