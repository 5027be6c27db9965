using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>Reads the last line of a termination message; whatever cannot be read is null, since any program may have written it.</summary>
internal static class TerminationMessageReader
{
    /// <summary>What a trainer says that ends with 78, 65 or 75.</summary>
    public static TerminationMessage? Read(string message) =>
        ReadLine(message, ApiJsonContext.Default.TerminationMessage) is { } told && !string.IsNullOrEmpty(told.Reason) && !string.IsNullOrEmpty(told.Message) ? told : null;

    /// <summary>What a trainer says that ends with 86; null also where its steps contradict each other.</summary>
    public static Verdict? ReadVerdict(string message) =>
        ReadLine(message, ApiJsonContext.Default.Verdict) is { } verdict
        && !string.IsNullOrEmpty(verdict.Reason)
        && verdict.RestoreStep >= 0 && verdict.RestoreStep <= verdict.OnsetStep && verdict.OnsetStep <= verdict.DetectedStep && verdict.DetectedStep > 0
            ? verdict with { Reason = ConditionText.Reason(verdict.Reason), Message = verdict.Message ?? "" }
            : null;

    /// <summary>What rank 0 says that ends with 0.</summary>
    public static TrainerStatus? ReadStatus(string message) =>
        ReadLine(message, ApiJsonContext.Default.TrainerStatus) is { Step: > 0 } status ? status : null;

    private static T? ReadLine<T>(string message, JsonTypeInfo<T> type)
        where T : class
    {
        var line = message.Split('\n').LastOrDefault(l => !string.IsNullOrWhiteSpace(l));
        if (line is null || !line.TrimStart().StartsWith('{'))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(line, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
