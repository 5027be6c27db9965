using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using MhcOperator.Api.Contract;

namespace MhcOperator.Cli.Commands;

/// <summary>
/// The record as TensorBoard reads it: a file of TFRecords (length, its checksum, data, their checksum), each of which is an Event of
/// tensorflow/core/util/event.proto with one scalar of each name.
/// </summary>
internal static class TensorBoardFile
{
    private static readonly (string Tag, Func<MetricsLine, double?> Value)[] Scalars =
    [
        ("loss/training", l => l.Loss),
        ("loss/validation", l => l.ValidationLoss),
        ("gradient norm", l => l.GradientNorm),
        ("learning rate", l => l.LearningRate),
        ("gain/forward", l => l.GainForward),
        ("gain/backward", l => l.GainBackward),
        ("gap/row", l => l.GapRow),
        ("gap/column", l => l.GapColumn),
        ("tokens per second", l => l.TokensPerSecond),
        ("tokens", l => l.Tokens),
    ];

    /// <summary>Writes all updates.</summary>
    public static void Write(IReadOnlyList<MetricsLine> lines, Stream stream)
    {
        var began = lines is [var first, ..] ? Seconds(first) : 0;
        WriteRecord(stream, Event(began, 0, Field(3, Encoding.UTF8.GetBytes("brain.Event:2"))));
        foreach (var line in lines)
        {
            var values = Scalars
                .Select(s => (s.Tag, Value: s.Value(line)))
                .Where(s => s.Value is not null)
                .SelectMany(
                    s => Field(1, [.. Field(1, Encoding.UTF8.GetBytes(s.Tag)), 0x15, .. BitConverter.GetBytes((float)s.Value!.Value)]));
            WriteRecord(stream, Event(Seconds(line), line.Step, Field(5, [.. values])));
        }
    }

    private static double Seconds(MetricsLine line) => (line.Time.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds;

    /// <summary>wall_time = 1 (double), step = 2 (varint), and a field.</summary>
    private static byte[] Event(double time, int step, IEnumerable<byte> field) =>
        [0x09, .. BitConverter.GetBytes(time), 0x10, .. Varint(step), .. field];

    /// <summary>A field of bytes: its number and wire type 2, their length, they.</summary>
    private static IEnumerable<byte> Field(int number, byte[] bytes) => [(byte)((number << 3) | 2), .. Varint(bytes.Length), .. bytes];

    private static IEnumerable<byte> Varint(int value)
    {
        for (var rest = (uint)value; ; rest >>= 7)
        {
            if (rest < 0x80)
            {
                yield return (byte)rest;
                yield break;
            }

            yield return (byte)(rest | 0x80);
        }
    }

    private static void WriteRecord(Stream stream, byte[] data)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, data.Length);
        stream.Write(length);
        stream.Write(Checksum(length));
        stream.Write(data);
        stream.Write(Checksum(data));
    }

    /// <summary>CRC-32C, rotated and shifted so that the checksum of data that hold checksums is not a weak one.</summary>
    private static byte[] Checksum(byte[] data)
    {
        var sum = ~data.Aggregate(~0u, BitOperations.Crc32C);
        return BitConverter.GetBytes(BitOperations.RotateRight(sum, 15) + 0xa282ead8u);
    }
}
