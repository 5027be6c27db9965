using System.Text;

namespace MhcOperator.Api.Contract;

/// <summary>What this machine's processor can do, as Linux tells it.</summary>
public static class ProcessorFeatures
{
    private const string ProcessorFile = "/proc/cpuinfo";

    /// <summary>What a person should know who trains with this precision on this processor; null: nothing.</summary>
    public static string? Advice(Device device, Precision precision) =>
        device == Device.Cpu && precision == Precision.BFloat16 && !HasBFloat16()
        ? "spec.optimization.precision: BFloat16 takes several times as long as Float32 on a processor without instructions for it (avx512_bf16, amx_bf16), such as this one; precision: Float32 is faster here"
        : null;

    /// <summary>Whether it has instructions for bfloat16; true where the system does not say.</summary>
    public static bool HasBFloat16()
    {
        try
        {
            return HasBFloat16(File.ReadAllText(ProcessorFile, Encoding.ASCII));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>Whether a text such as that of /proc/cpuinfo names them; true where it names no features at all.</summary>
    public static bool HasBFloat16(string processor)
    {
        var features = processor.Split('\n')
            .FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal) || l.StartsWith("Features", StringComparison.Ordinal));
        return features is null || features.Split(' ', '\t').Any(f => f is "avx512_bf16" or "amx_bf16" or "bf16");
    }
}
