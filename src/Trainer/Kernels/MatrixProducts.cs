using System.Runtime.Intrinsics.X86;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Interop;
using static MhcOperator.Trainer.Kernels.NativeCall;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Kernels;

/// <summary>
/// Whose products of matrices a model uses: those of libmhc_native.so, or libtorch's. libtorch's of float32 come from MKL, which has
/// AVX-512 for Intel's processors only and takes a slower AVX2 kernel on AMD's. Those of bfloat16 come from oneDNN, which needs instructions for
/// it to be fast, and whose gradients of weights are slower than ours on AMD's (docs/adr/0006-matrix-products.md).
/// </summary>
internal static class MatrixProducts
{
    /// <summary>Environment variable that chooses: native or libtorch.</summary>
    public const string Variable = "MHC_MATRIX_PRODUCTS";

    private static bool IsAmd => X86Base.IsSupported && X86Base.CpuId(0, 0) is (_, 0x68747541, 0x444D4163, 0x69746E65); // "AuthenticAMD"

    /// <summary>Whether they are ours.</summary>
    /// <exception cref="TrainerException">The variable has another value.</exception>
    public static bool Native(Precision precision) =>
        Choose(Environment.GetEnvironmentVariable(Variable), precision, NativeCall.InstructionSet, IsAmd);

    /// <summary>left · right, each as it is or transposed.</summary>
    /// <param name="native">whether by ours, where they can do it</param>
    /// <returns>[rows, columns] of <paramref name="result"/>; libtorch's of bfloat16 are rounded to that first</returns>
    public static Tensor Multiply(bool native, Tensor left, bool leftTransposed, Tensor right, bool rightTransposed, ScalarType result) =>
        native && IsOurs(left, leftTransposed)
            ? Multiply(left, leftTransposed, right, rightTransposed, result)
            : (leftTransposed ? left.t() : left).matmul(rightTransposed ? right.t() : right).to(result);

    /// <summary>Adds leftᵀ · right to what <paramref name="to"/>, float32, holds, or puts it there in its place.</summary>
    /// <param name="native">as of the product above</param>
    public static void AddTransposed(bool native, Tensor left, Tensor right, Tensor to, bool accumulate)
    {
        if (native && IsOurs(left, transposed: true))
        {
            Multiply(left, true, right, false, to, accumulate);
        }
        else if (left.dtype == ScalarType.Float32)
        {
            to.addmm_(left.t(), right, beta: accumulate ? 1 : 0, alpha: 1);
        }
        else if (accumulate)
        {
            to.add_(left.t().matmul(right));
        }
        else
        {
            to.copy_(left.t().matmul(right));
        }
    }

    /// <param name="wanted">value of the variable; null or empty: whichever is faster</param>
    /// <param name="precision">of the factors</param>
    /// <param name="instructions">of the kernels</param>
    /// <param name="amd">whether AMD made the processor</param>
    public static bool Choose(string? wanted, Precision precision, string instructions, bool amd) => wanted switch
    {
        null or "" => (amd && instructions != "plain") || (precision == Precision.BFloat16 && instructions != "avx512_bf16"),
        "native" => true,
        "libtorch" => false,
        _ => throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
            $"{Variable}: expected native or libtorch, got '{wanted}'."),
    };

    /// <summary>Our products of bfloat16 take two numbers of the depth at a time.</summary>
    private static bool IsOurs(Tensor left, bool transposed) => left.dtype == ScalarType.Float32 || left.shape[transposed ? 0 : 1] % 2 == 0;

    /// <summary>left · right, each as it is or transposed, both of float32 or both of bfloat16.</summary>
    /// <param name="left">[rows, depth], or [depth, rows] if transposed; an even depth with bfloat16</param>
    /// <param name="right">[depth, columns], or [columns, depth] if transposed</param>
    /// <param name="result">bfloat16 only where the factors are</param>
    /// <returns>[rows, columns]</returns>
    private static Tensor Multiply(Tensor left, bool leftTransposed, Tensor right, bool rightTransposed, ScalarType result)
    {
        var product = empty(left.shape[leftTransposed ? 1 : 0], right.shape[rightTransposed ? 0 : 1], dtype: result);
        Multiply(left, leftTransposed, right, rightTransposed, product, accumulate: false);
        return product;
    }

    /// <summary>The same, written into <paramref name="to"/> or, where that is float32, added to it.</summary>
    private static unsafe void Multiply(Tensor left, bool leftTransposed, Tensor right, bool rightTransposed, Tensor to, bool accumulate)
    {
        var (rows, depth) = leftTransposed ? (left.shape[1], left.shape[0]) : (left.shape[0], left.shape[1]);
        var (columns, rightDepth) = rightTransposed ? (right.shape[0], right.shape[1]) : (right.shape[1], right.shape[0]);
        if (depth != rightDepth)
        {
            throw new ArgumentException($"A matrix with a depth of {depth} cannot be multiplied with one of {rightDepth}.", nameof(right));
        }

        var (type, code) = Stored(left);
        Call(&MhcNative.Multiply, new MhcNative.MultiplyArgs
        {
            Dtype = code,
            Rows = rows,
            Columns = columns,
            Depth = depth,
            Left = S(left, type),
            Right = S(right, type),
            To = TensorMemory.Pointer(to),
            ToDtype = Stored(to).Code,
            LeftTransposed = leftTransposed ? 1 : 0,
            RightTransposed = rightTransposed ? 1 : 0,
            Accumulate = accumulate ? 1 : 0,
        });
    }
}
