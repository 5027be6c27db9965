using static TorchSharp.torch;

namespace MhcOperator.Trainer.Mhc;

/// <summary>Where a forward pass puts the residual mappings that are measured.</summary>
/// <param name="gain">of their product; null = not measured now</param>
/// <param name="gap">of each; null = not measured now, or they are not meant to be doubly stochastic</param>
internal sealed class MappingMeter(CompositeGain? gain, MappingGap? gap)
{
    /// <summary>Takes the next sublayer's H_res, [T, n, n].</summary>
    public void Add(Tensor res)
    {
        gain?.Add(res);
        gap?.Add(res);
    }
}
