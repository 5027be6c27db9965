using System.Collections.Frozen;

namespace MhcOperator.Api.Contract;

/// <summary>
/// Why a trainer ended: the reasons of <c>mhc-trainer</c>'s termination messages and verdicts. Another trainer may have its own.
/// </summary>
public static class EndReason
{
    /// <summary>A checkpoint could not be written.</summary>
    public const string CheckpointFailed = "CheckpointFailed";

    /// <summary>Another process holds the checkpoint folder.</summary>
    public const string CheckpointFolderBusy = "CheckpointFolderBusy";

    /// <summary>The checkpoint folder cannot be written to.</summary>
    public const string CheckpointFolderNotWritable = "CheckpointFolderNotWritable";

    /// <summary>The checkpoints are of another model or other data.</summary>
    public const string CheckpointMismatch = "CheckpointMismatch";

    /// <summary>There is no checkpoint where one was asked for.</summary>
    public const string CheckpointMissing = "CheckpointMissing";

    /// <summary>A checkpoint cannot be read.</summary>
    public const string CheckpointUnreadable = "CheckpointUnreadable";

    /// <summary>The configuration cannot be used.</summary>
    public const string ConfigurationInvalid = "ConfigurationInvalid";

    /// <summary>The data cannot be reached now.</summary>
    public const string DataUnavailable = "DataUnavailable";

    /// <summary>The data cannot be read, or are not what was promised.</summary>
    public const string DataUnreadable = "DataUnreadable";

    /// <summary>Unstable: the composite gain of the residual mappings.</summary>
    public const string GainExceeded = "GainExceeded";

    /// <summary>Unstable: residual mappings far from doubly stochastic.</summary>
    public const string GapExceeded = "GapExceeded";

    /// <summary>Unstable: the gradient norm.</summary>
    public const string GradientNormSpike = "GradientNormSpike";

    /// <summary>Unstable: the loss.</summary>
    public const string LossSpike = "LossSpike";

    /// <summary>The weights of a checkpoint are not finite.</summary>
    public const string ModelNotFinite = "ModelNotFinite";

    /// <summary>A native library cannot be loaded.</summary>
    public const string NativeLibraryMissing = "NativeLibraryMissing";

    /// <summary>Unstable: the gradient is not finite.</summary>
    public const string NonFiniteGradient = "NonFiniteGradient";

    /// <summary>Unstable: the loss is not finite.</summary>
    public const string NonFiniteLoss = "NonFiniteLoss";

    /// <summary>The model does not fit into memory.</summary>
    public const string NotEnoughMemory = "NotEnoughMemory";

    /// <summary>The data are no text.</summary>
    public const string NotText = "NotText";

    /// <summary>A result cannot be written.</summary>
    public const string OutputNotWritable = "OutputNotWritable";

    /// <summary>Another rank has ended.</summary>
    public const string PeerLost = "PeerLost";

    /// <summary>A rank is silent.</summary>
    public const string PeerTimeout = "PeerTimeout";

    /// <summary>A port is in use.</summary>
    public const string PortTaken = "PortTaken";

    /// <summary>Ranks have different settings.</summary>
    public const string RanksDiffer = "RanksDiffer";

    /// <summary>The ranks did not find each other in time.</summary>
    public const string RendezvousFailed = "RendezvousFailed";

    /// <summary>Rank 0 took this rank for one of another gang.</summary>
    public const string RendezvousRefused = "RendezvousRefused";

    /// <summary>A newer attempt has taken the checkpoint folder over.</summary>
    public const string Superseded = "Superseded";

    /// <summary>It was told to end.</summary>
    public const string Terminated = "Terminated";

    /// <summary>An error that nobody foresaw.</summary>
    public const string TrainerError = "TrainerError";

    /// <summary>Those of a verdict: training is unstable.</summary>
    public static FrozenSet<string> OfVerdicts { get; } =
        FrozenSet.ToFrozenSet([GainExceeded, GapExceeded, GradientNormSpike, LossSpike, NonFiniteGradient, NonFiniteLoss],
        StringComparer.Ordinal);
}
