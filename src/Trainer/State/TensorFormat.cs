using static TorchSharp.torch;

namespace MhcOperator.Trainer.State;

/// <summary>Names of element types in a safetensors header.</summary>
internal static class TensorFormat
{
    private static readonly (ScalarType Type, string Name)[] Names =
    [
        (ScalarType.Float64, "F64"), (ScalarType.Float32, "F32"), (ScalarType.Float16, "F16"), (ScalarType.BFloat16, "BF16"),
        (ScalarType.Int64, "I64"), (ScalarType.Int32, "I32"), (ScalarType.Int16, "I16"), (ScalarType.Int8, "I8"),
        (ScalarType.Byte, "U8"), (ScalarType.Bool, "BOOL"),
    ];

    /// <summary>Name of an element type.</summary>
    /// <exception cref="NotSupportedException">safetensors has no such type.</exception>
    public static string NameOf(ScalarType type)
    {
        foreach (var (known, name) in Names)
        {
            if (known == type)
            {
                return name;
            }
        }

        throw new NotSupportedException($"safetensors has no element type for {type}");
    }

    /// <summary>Element type of a name; null where it is unknown.</summary>
    public static ScalarType? TypeOf(string name)
    {
        foreach (var (type, known) in Names)
        {
            if (string.Equals(known, name, StringComparison.Ordinal))
            {
                return type;
            }
        }

        return null;
    }

    /// <summary>Bytes of one element.</summary>
    public static int SizeOf(ScalarType type) => type switch
    {
        ScalarType.Float64 or ScalarType.Int64 => 8,
        ScalarType.Float32 or ScalarType.Int32 => 4,
        ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Int16 => 2,
        _ => 1,
    };
}
