using System.Text.Unicode;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Data;

/// <summary>Checks that files are UTF-8 text.</summary>
internal static class TextFiles
{
    /// <summary>A data set up to this size is checked whole, a larger one at the beginning of each file.</summary>
    public const long WholeCheckBytes = 1L << 30;

    private const int HeadBytes = 1 << 20;
    private const int BlockBytes = 1 << 20;

    /// <summary>Checks a file's text.</summary>
    /// <param name="file">Of one-byte tokens.</param>
    /// <param name="whole">All of it, or only its beginning.</param>
    /// <exception cref="TrainerException">It is not UTF-8; the message has the byte's position.</exception>
    public static void CheckUtf8(TokenFile file, bool whole)
    {
        var end = whole ? file.Length : Math.Min(file.Length, HeadBytes);
        var buffer = new byte[Math.Min(BlockBytes, end)];
        long position = 0;
        while (position < end)
        {
            var bytes = buffer.AsSpan(0, (int)Math.Min(BlockBytes, end - position));
            file.ReadBytes(position, bytes);
            var last = position + bytes.Length == file.Length;
            var kept = last ? bytes.Length : LengthOfWholeCharacters(bytes);
            CheckUtf8(file.Path, position, bytes[..kept]);

            position += Math.Max(kept, 1);
            if (end < file.Length && position + 4 > end)
            {
                return;
            }
        }
    }

    /// <summary>Checks a part of a file's text that begins and ends with whole characters.</summary>
    /// <param name="path">The file, for the message.</param>
    /// <param name="position">First byte of the part.</param>
    /// <param name="text">The part.</param>
    /// <exception cref="TrainerException">It is not UTF-8; the message has the byte's position.</exception>
    public static void CheckUtf8(string path, long position, ReadOnlySpan<byte> text)
    {
        var head = text[..(position == 0 ? Math.Min(text.Length, ForeignFormat.HeadBytes) : 0)];
        if (!Utf8.IsValid(text))
        {
            throw TrainerException.DataUnreadable(
                $"data file {path}: not UTF-8 text: {ForeignFormat.Tell(head) ?? $"byte {position + IndexOfInvalid(text)} begins no valid character"}");
        }

        if ((head.StartsWith("version https://git-lfs"u8) ? ForeignFormat.Tell(head) : ForeignFormat.TellWideText(head)) is { } foreign)
        {
            throw TrainerException.DataUnreadable($"data file {path}: {foreign}");
        }
    }

    /// <summary>Bytes up to a character that the block's end cuts off; a character has at most four bytes.</summary>
    public static int LengthOfWholeCharacters(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(4, bytes.Length); back++)
        {
            var value = bytes[^back];
            if ((value & 0xC0) == 0x80)
            {
                continue;
            }

            var length = value < 0x80 ? 1 : value < 0xE0 ? 2 : value < 0xF0 ? 3 : 4;
            return length > back ? bytes.Length - back : bytes.Length;
        }

        return bytes.Length;
    }

    private static int IndexOfInvalid(ReadOnlySpan<byte> bytes)
    {
        var index = 0;
        while (System.Text.Rune.DecodeFromUtf8(bytes[index..], out _, out var consumed) == System.Buffers.OperationStatus.Done)
        {
            index += consumed;
        }

        return index;
    }
}
