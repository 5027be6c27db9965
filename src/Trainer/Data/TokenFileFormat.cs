using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Data;

/// <summary>How token numbers lie in a file: plain numbers as nanoGPT writes them, or after the 1024-byte header of llm.c.</summary>
/// <param name="Offset">Byte of the first token.</param>
/// <param name="BytesPerToken">2 or 4.</param>
/// <param name="Tokens">How many there are.</param>
internal readonly record struct TokenFileFormat(long Offset, int BytesPerToken, long Tokens)
{
    private const int HeaderBytes = 1024;
    private const int MagicUInt16 = 20240520;
    private const int MagicUInt32 = 20240801;

    /// <summary>Tells the format by the header, else by the name: <c>*.u32.bin</c> holds uint32, any other name uint16.</summary>
    /// <exception cref="TrainerException">The size does not fit the format.</exception>
    public static TokenFileFormat Detect(string path, SafeFileHandle handle)
    {
        var size = RandomAccess.GetLength(handle);
        Span<byte> header = stackalloc byte[12];
        if (size >= HeaderBytes && RandomAccess.Read(handle, header, 0) == header.Length)
        {
            var magic = BinaryPrimitives.ReadInt32LittleEndian(header);
            if (magic is MagicUInt16 or MagicUInt32)
            {
                var width = magic == MagicUInt16 ? 2 : 4;
                var tokens = (long)BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
                return tokens >= 0 && HeaderBytes + (tokens * width) == size
                    ? new TokenFileFormat(HeaderBytes, width, tokens)
                    : throw TrainerException.DataUnreadable($"data file {path}: its header promises {tokens} tokens of {width} bytes, {HeaderBytes + (tokens * width)} bytes in all, but the file has {size}");
            }
        }

        var plain = path.EndsWith(".u32.bin", StringComparison.OrdinalIgnoreCase) ? 4 : 2;
        return size % plain == 0
            ? new TokenFileFormat(0, plain, size / plain)
            : throw TrainerException.DataUnreadable($"data file {path}: {size} bytes are not a whole number of {plain}-byte tokens");
    }
}
