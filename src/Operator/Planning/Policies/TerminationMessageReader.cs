using System.Text;
using System.Text.Json.Serialization.Metadata;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Policies;

/// <summary>Reads the last line of a termination message; whatever cannot be read is null, since any program may have written it.</summary>
internal static class TerminationMessageReader
{
    /// <summary>What a trainer says that ends with 78, 65 or 75.</summary>
    public static TerminationMessage? Read(string message) =>
        ReadLine(message, ApiJsonContext.Default.TerminationMessage) is { Reason.Length: > 0, Message.Length: > 0 } told
            ? new TerminationMessage(ConditionText.Reason(told.Reason), TrainerAnswer.Words(told.Message))
            : null;

    /// <summary>What a trainer says that ends with 86; null also where its steps contradict each other, or the job.</summary>
    /// <param name="message">Of the rank.</param>
    /// <param name="job">What it trains by.</param>
    public static Verdict? ReadVerdict(string message, MhcTrainingJobSpec job) =>
        ReadLine(message, ApiJsonContext.Default.Verdict) is { } verdict
        && !string.IsNullOrEmpty(verdict.Reason)
        && verdict.RestoreStep >= 0 && verdict.RestoreStep <= verdict.OnsetStep && verdict.OnsetStep <= verdict.DetectedStep
        && verdict.DetectedStep > 0
        && verdict.DetectedStep <= job.Optimization.Steps
            ? verdict with
            {
                Reason = ConditionText.Reason(verdict.Reason),
                Message = TrainerAnswer.Words(verdict.Message),
                BadData = Window(verdict.BadData, job),
            }
            : null;

    /// <summary>What rank 0 says that ends with 0.</summary>
    public static TrainerStatus? ReadStatus(string message) =>
        LastLine(message) is { } line && TrainerAnswer.ReadStatus(Encoding.UTF8.GetBytes(line)) is { Step: > 0 } status ? status : null;

    /// <summary>Without more data than the job trains on there would be nothing left to train on.</summary>
    private static DataWindow? Window(DataWindow? window, MhcTrainingJobSpec job) =>
        window is { } w && w.First >= 0 && w.Last - w.First <= job.Optimization.Steps + (2L * job.Stability.Rollback.SkipBatches)
            ? w : null;

    private static T? ReadLine<T>(string message, JsonTypeInfo<T> type)
        where T : class => LastLine(message) is { } line ? TrainerAnswer.Read(Encoding.UTF8.GetBytes(line), type) : null;

    private static string? LastLine(string message) =>
        message.Split('\n').LastOrDefault(l => !string.IsNullOrWhiteSpace(l)) is { } line && line.TrimStart().StartsWith('{') ? line : null;
}
