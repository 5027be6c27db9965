using System.Runtime.Intrinsics.X86;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// Whose float32 products of matrices a model uses: those of libmhc_native.so, or libtorch's. libtorch's come from MKL, which has AVX-512 for
/// Intel's processors only; on AMD's it takes its AVX2 kernel, slower than ours wherever AVX-512 is (docs/benchmarks.md). Products of bfloat16
/// are always libtorch's: oneDNN does not ask who made the processor.
/// </summary>
internal static class MatrixProducts
{
    /// <summary>Environment variable that chooses: native or libtorch.</summary>
    public const string Variable = "MHC_MATRIX_PRODUCTS";

    /// <summary>Whether they are ours.</summary>
    /// <exception cref="TrainerException">The variable has another value.</exception>
    public static bool Native => Choose(Environment.GetEnvironmentVariable(Variable), IsAmd && Avx512F.IsSupported);

    private static bool IsAmd => X86Base.IsSupported && X86Base.CpuId(0, 0) is (_, 0x68747541, 0x444D4163, 0x69746E65); // "AuthenticAMD"

    /// <param name="wanted">value of the variable; null or empty: whichever is faster</param>
    /// <param name="faster">whether ours are</param>
    public static bool Choose(string? wanted, bool faster) => wanted switch
    {
        null or "" => faster,
        "native" => true,
        "libtorch" => false,
        _ => throw TrainerException.Configuration("ConfigurationInvalid", $"{Variable}: expected native or libtorch, got '{wanted}'."),
    };
}
