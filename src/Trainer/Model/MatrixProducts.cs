using System.Runtime.Intrinsics.X86;
using MhcOperator.Api;
using MhcOperator.Trainer.Mhc;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Model;

/// <summary>
/// Whose products of matrices a model uses: those of libmhc_native.so, or libtorch's. libtorch's of float32 come from MKL, which has AVX-512
/// for Intel's processors only and takes an AVX2 kernel on AMD's; those of bfloat16 come from oneDNN, whose gradients of weights are slower
/// than ours there (docs/benchmarks.md).
/// </summary>
internal static class MatrixProducts
{
    /// <summary>Environment variable that chooses: native or libtorch.</summary>
    public const string Variable = "MHC_MATRIX_PRODUCTS";

    private static bool IsAmd => X86Base.IsSupported && X86Base.CpuId(0, 0) is (_, 0x68747541, 0x444D4163, 0x69746E65); // "AuthenticAMD"

    /// <summary>Whether they are ours.</summary>
    /// <exception cref="TrainerException">The variable has another value.</exception>
    public static bool Native(Precision precision) => Choose(Environment.GetEnvironmentVariable(Variable), precision, MhcKernels.InstructionSet, IsAmd);

    /// <param name="wanted">value of the variable; null or empty: whichever is faster</param>
    /// <param name="precision">of the factors</param>
    /// <param name="instructions">of the kernels</param>
    /// <param name="amd">whether AMD made the processor</param>
    public static bool Choose(string? wanted, Precision precision, string instructions, bool amd) => wanted switch
    {
        null or "" => amd && (instructions == "avx512_bf16" || (precision == Precision.Float32 && instructions == "avx512")),
        "native" => true,
        "libtorch" => false,
        _ => throw TrainerException.Configuration("ConfigurationInvalid", $"{Variable}: expected native or libtorch, got '{wanted}'."),
    };
}
