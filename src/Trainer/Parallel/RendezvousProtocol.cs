using System.Buffers.Binary;
using System.Text;

namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// The rendezvous on the wire, little-endian. Greeting: magic, then five fields (job, attempt, rank, size, and the proof that the secret of
/// the gang is known, where there is one). Answer: 0 or −1, the server's attempt, a text; −2 where the rank was told another size of the
/// gang. Then requests: set (1, key, value), get (2, key, milliseconds), watch (3), leave (4): the connection's end that follows is no
/// loss; who is late (5, operations begun) and here (6, operations begun). The server sends frames: an answer (0, length and value, or −1
/// when time is up) to each set, get and who is late, and notices (1, number) to those who watch: −2 when all ranks watch, so that the gang
/// can form; then the number of a rank that is lost, or −1 when the server ends in good order; −3 asks for a here.
/// </summary>
internal static class RendezvousProtocol
{
    /// <summary>Begins every connection; anything else is a stranger.</summary>
    public const uint Magic = 0x3243484D; // "MHC2"

    /// <summary>Request: store a value.</summary>
    public const byte Set = 1;

    /// <summary>Request: wait for a value.</summary>
    public const byte Get = 2;

    /// <summary>Request: tell when all ranks are here, and then when one is lost.</summary>
    public const byte Watch = 3;

    /// <summary>Request: this rank ends, and not by accident.</summary>
    public const byte Leave = 4;

    /// <summary>Request: which ranks keep this one waiting; with the operations that it has begun.</summary>
    public const byte WhoIsLate = 5;

    /// <summary>Request that is not answered: the process lives, and has begun so many operations.</summary>
    public const byte Here = 6;

    /// <summary>Frame: the answer to a request.</summary>
    public const byte Answer = 0;

    /// <summary>Frame: news for a watcher.</summary>
    public const byte Notice = 1;

    /// <summary>Notice: nobody was lost, the rendezvous is over.</summary>
    public const int Over = -1;

    /// <summary>Notice: all ranks are here.</summary>
    public const int Complete = -2;

    /// <summary>Notice: say <see cref="Here"/>.</summary>
    public const int Ask = -3;

    /// <summary>The greeting was accepted.</summary>
    public const int Accepted = 0;

    /// <summary>The greeting was refused, or a value did not come in time.</summary>
    public const int Refused = -1;

    /// <summary>The greeting was refused, and another try would be.</summary>
    public const int Misconfigured = -2;

    /// <summary>Longest text, in bytes.</summary>
    public const int LongestText = 1024;

    /// <summary>Longest proof, in bytes: those of an HMAC-SHA256.</summary>
    public const int LongestProof = 32;

    /// <summary>Longest value, in bytes: gloo's are some kilobytes.</summary>
    public const int LongestValue = 1 << 20;

    /// <summary>Reads a number.</summary>
    public static async Task<int> ReadInt32Async(Stream stream, CancellationToken cancel)
    {
        var bytes = await ReadAsync(stream, sizeof(int), cancel);
        return BinaryPrimitives.ReadInt32LittleEndian(bytes);
    }

    /// <summary>Reads a large number.</summary>
    public static async Task<long> ReadInt64Async(Stream stream, CancellationToken cancel) =>
        BinaryPrimitives.ReadInt64LittleEndian(await ReadAsync(stream, sizeof(long), cancel));

    /// <summary>Reads a text of whoever is there; <see cref="PeerText"/> before anybody sees it.</summary>
    /// <exception cref="InvalidDataException">It is longer than allowed.</exception>
    public static async Task<string> ReadTextAsync(Stream stream, CancellationToken cancel) =>
        Encoding.UTF8.GetString(await ReadBlockAsync(stream, LongestText, cancel));

    /// <summary>Reads a length and that many bytes.</summary>
    /// <exception cref="InvalidDataException">It is longer than allowed.</exception>
    public static async Task<byte[]> ReadBlockAsync(Stream stream, int longest, CancellationToken cancel)
    {
        var length = await ReadInt32Async(stream, cancel);
        return length >= 0 && length <= longest
            ? await ReadAsync(stream, length, cancel)
            : throw new InvalidDataException($"a length of {length} bytes; at most {longest} are allowed");
    }

    /// <summary>Reads exactly so many bytes.</summary>
    /// <exception cref="EndOfStreamException">The other side closed the connection.</exception>
    public static async Task<byte[]> ReadAsync(Stream stream, int length, CancellationToken cancel)
    {
        var bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes, cancel);
        return bytes;
    }

    /// <summary>Puts numbers, texts and blocks into one message, so that it leaves in one packet.</summary>
    public static byte[] Message(params ReadOnlySpan<object> parts)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        foreach (var part in parts)
        {
            switch (part)
            {
                case byte value:
                    writer.Write(value);
                    break;
                case int value:
                    writer.Write(value);
                    break;
                case long value:
                    writer.Write(value);
                    break;
                case uint value:
                    writer.Write(value);
                    break;
                case string text:
                    var bytes = Encoding.UTF8.GetBytes(text);
                    writer.Write(bytes.Length);
                    writer.Write(bytes);
                    break;
                case byte[] block:
                    writer.Write(block.Length);
                    writer.Write(block);
                    break;
                default:
                    throw new ArgumentException($"{part.GetType()} has no place in a message", nameof(parts));
            }
        }

        writer.Flush();
        return stream.ToArray();
    }
}
