using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Json;

namespace MhcOperator.Operator.Planning.Inputs;

/// <summary>
/// Reads what trainers, and the containers around them, say. Any program may be the trainer, and it may lie: so nothing of it is used
/// before it has passed here. What cannot be (a number that is none, a step beyond the last, a word that nobody knows) is left out; the
/// rest is kept.
/// </summary>
internal static class TrainerAnswer
{
    /// <summary>Times before and after cannot be meant, and leave room to count on from them.</summary>
    private static readonly (DateTime First, DateTime Last) Era =
        (new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc), new(2200, 1, 1, 0, 0, 0, DateTimeKind.Utc));

    /// <summary>As much as a kubelet takes of a termination message.</summary>
    public const int LongestWords = 4096;

    /// <summary>Seconds of a time that nobody waits for.</summary>
    private const double Century = 100 * 365.25 * 24 * 3600;

    /// <summary>Rank 0's status; null: it is not one.</summary>
    public static TrainerStatus? ReadStatus(ReadOnlySpan<byte> json) =>
        Read(json, ApiJsonContext.Default.TrainerStatus) is { } status ? Clean(status) : null;

    /// <summary>What a container says of its process; null: it says nothing.</summary>
    public static WorkerReport? ReadReport(ReadOnlySpan<byte> json) =>
        Read(json, ApiJsonContext.Default.WorkerReport) is { } report ? Clean(report) : null;

    /// <summary>Last words: what a terminal does not obey, and of what is too long its end.</summary>
    public static string Words(string? text) =>
        PrintableText.Lines(text is null ? "" : text.Length <= LongestWords ? text : text[^LongestWords..]);

    /// <summary>Any answer, uncleaned; null: it is none.</summary>
    public static T? Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static TrainerStatus Clean(TrainerStatus status)
    {
        var total = Math.Max(0, status.TotalSteps);
        var last = total == 0 ? int.MaxValue : total;
        return new TrainerStatus
        {
            Attempt = status.Attempt,
            OwnsFolder = status.OwnsFolder,
            Step = Math.Clamp(status.Step, 0, last),
            TotalSteps = total,
            Tokens = Math.Max(0, status.Tokens),
            Loss = Finite(status.Loss),
            ValidationLoss = Finite(status.ValidationLoss),
            GradientNorm = Finite(status.GradientNorm),
            LearningRate = NotLess(status.LearningRate) ?? 0,
            TokensPerSecond = NotLess(status.TokensPerSecond) ?? 0,
            SecondsPerStep = NotLess(status.SecondsPerStep) ?? 0,
            EtaSeconds = NotLess(status.EtaSeconds) is { } eta and < Century ? eta : null,
            BytesSent = status.BytesSent is >= 0 and var bytes ? bytes : null,
            Gain = status.Gain is { } gain && double.IsFinite(gain.Forward) && double.IsFinite(gain.Backward) ? gain : null,
            Gap = status.Gap is { Row: >= 0 and < double.PositiveInfinity, Column: >= 0 and < double.PositiveInfinity } gap ? gap : null,
            LatestCheckpoint = Step(status.LatestCheckpoint, last),
            VerifiedCheckpoint = Step(status.VerifiedCheckpoint, last),
            StabilityState = status.StabilityState is nameof(StabilityState.Healthy) or nameof(StabilityState.Suspicious)
                or nameof(StabilityState.Unstable) ? status.StabilityState : nameof(StabilityState.Unknown),
            NotLearningSince = Step(status.NotLearningSince, last),
            Epoch = NotLess(status.Epoch),
            PeakMemoryBytes = status.PeakMemoryBytes is >= 0 and var peak ? peak : null,
            ModelFlopsPerSecond = NotLess(status.ModelFlopsPerSecond),
            FirstStep = Step(status.FirstStep, last),
            FirstStepAt = Sane(status.FirstStepAt),
        };
    }

    private static WorkerReport Clean(WorkerReport report) => report with
    {
        Message = report.Message is { } message ? Words(message) : null,
        EndedAt = Sane(report.EndedAt),
    };

    private static double? Finite(double? value) => value is { } v && double.IsFinite(v) ? v : null;

    private static double? NotLess(double? value) => value is >= 0 and < double.PositiveInfinity ? value : null;

    private static int? Step(int? step, int last) => step is { } s && s >= 0 && s <= last ? s : null;

    private static DateTime? Sane(DateTime? time) => time?.ToUniversalTime() is { } t && t >= Era.First && t < Era.Last ? t : null;
}

/// <summary>What rank 0 last said.</summary>
/// <param name="Status">Its answer.</param>
/// <param name="ReadAt">When it was read.</param>
internal sealed record TrainerReport(TrainerStatus Status, DateTimeOffset ReadAt);
