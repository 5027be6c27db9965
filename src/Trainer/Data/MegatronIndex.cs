using System.Globalization;
using MhcOperator.Api.Files;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Data;

/// <summary>
/// The index that Megatron writes beside its token files: of <c>X.bin</c> it is <c>X.idx</c>, and it says what the numbers are. Sequences
/// and documents are not looked at: the tokens follow each other.
/// </summary>
internal static class MegatronIndex
{
    private const int TypeAt = 17; // after nine bytes of magic and eight of version

    private static readonly string[] Types = ["", "uint8", "int8", "int16", "int32", "int64", "float64", "float32", "uint16"];

    private static ReadOnlySpan<byte> Magic => "MMIDIDX\0\0"u8;

    /// <summary>Bytes of a token; null where no such index lies beside the file.</summary>
    /// <exception cref="TrainerException">The index names numbers that are not read here.</exception>
    public static int? BytesPerToken(string path)
    {
        var index = Path.ChangeExtension(path, ".idx");
        Span<byte> head = stackalloc byte[TypeAt + 1];
        try
        {
            if (RegularFile.Find(index) is not { IsFile: true })
            {
                return null;
            }

            using var handle = RegularFile.OpenNamed(index).Handle;
            if (RandomAccess.Read(handle, head, 0) < head.Length || !head.StartsWith(Magic))
            {
                return null;
            }
        }
        catch (IOException e)
        {
            throw TrainerException.DataUnreadable($"data file {index}: cannot be read: {e.Message}", e);
        }

        var type = head[TypeAt];
        return type switch
        {
            4 => 4,
            8 => 2,
            _ => throw TrainerException.DataUnreadable(
                string.Create(CultureInfo.InvariantCulture,
                    $"data file {path}: the Megatron index beside it, {index}, says that its numbers are {(type < Types.Length ? Types[type] : $"of the unknown type {type}")}; uint16 or int32 was expected")),
        };
    }
}
