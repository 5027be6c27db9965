using System.Globalization;

namespace MhcOperator.Api.Contract;

/// <summary>
/// Names in a folder of checkpoints. <c>step-00001200</c> is the checkpoint after 1200 updates; in it are its manifest, its health and the
/// files of tensors that the manifest names.
/// </summary>
public static class CheckpointLayout
{
    private const string StepPrefix = "step-";

    /// <summary>File of the <see cref="CheckpointManifest"/>.</summary>
    public const string ManifestName = "manifest.json";

    /// <summary>File of the <see cref="HealthRecord"/>; absent: a candidate.</summary>
    public const string HealthName = "health.json";

    /// <summary>Most bytes of a manifest: one of 65,536 ranks has about 10 MB.</summary>
    public const int LongestManifest = 64 << 20;

    /// <summary>Name of a checkpoint's folder.</summary>
    /// <param name="step">Updates done.</param>
    public static string NameOf(int step) => string.Create(CultureInfo.InvariantCulture, $"{StepPrefix}{step:D8}");

    /// <summary>The step that the name of a folder says, with however many zeros before it; null: it is no checkpoint's name.</summary>
    public static int? StepOf(string folder) =>
        folder.StartsWith(StepPrefix, StringComparison.Ordinal)
        && int.TryParse(folder.AsSpan(StepPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;
}
