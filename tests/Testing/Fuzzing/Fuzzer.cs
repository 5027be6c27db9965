using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MhcOperator.Testing.Fuzzing;

/// <summary>
/// Feeds a reader with damaged inputs of a kept corpus for MHC_FUZZ_SECONDS (5 where absent), from the seed MHC_FUZZ_SEED (1 where absent).
/// An input for which the property does not hold, which takes too long or too much memory, is kept in a file that the failure names;
/// put into the corpus, it is tried first from then on.
/// </summary>
public static class Fuzzer
{
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(20);
    private static readonly string[] Tokens =
    [
        "null", "true", "-1", "0", "1e999", "2147483647", "2147483648", "9223372036854775807", "-9223372036854775808", "1e308", "NaN",
        "\"\"", "[]", "{}",
        "[null]", "\\ud800", "\\u0000", "\u001b[2J", "\ufeff", "\r\n", "\n---\n", "...", "&a ", "*a", "<<: ", "!!str ", "|\n", ">-\n", "\t",
        "#", ": ", "- ",
        "{", "}", "[", "]", ",", "\"", "'", "%", "@", "🙂", "\0", "é", "../", "/etc/passwd", "k: v\n",
    ];

    private static readonly long[] Numbers =
    [
        0, 1, 2, 3, 4, 8, 127, 128, 255, 256, short.MaxValue, ushort.MaxValue, 1 << 20, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 40,
        long.MaxValue / 8,
        long.MaxValue - 8, long.MaxValue, long.MinValue, -1, -2, -8,
    ];

    /// <param name="corpus">Folder below Corpus whose files are tried as they are, and then damaged.</param>
    /// <param name="maxBytes">Most memory that one input may take beside 20,000 bytes for each of its characters.</param>
    /// <param name="property">Throws where it does not hold.</param>
    public static void Run(string corpus, long maxBytes, Action<string> property) =>
        Run(corpus, maxBytes, DamagedText, bytes => property(Encoding.UTF8.GetString(bytes)));

    /// <inheritdoc cref="Run(string, long, Action{string})"/>
    public static void RunBytes(string corpus, long maxBytes, Action<byte[]> property) => Run(corpus, maxBytes, DamagedBytes, property);

    private static void Run(string corpus, long maxBytes, Func<byte[][], Random, byte[]> damage, Action<byte[]> property)
    {
        var seed = int.Parse(Given("MHC_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);
        var seconds = double.Parse(Given("MHC_FUZZ_SECONDS") ?? "5", CultureInfo.InvariantCulture);
        var files = Directory.EnumerateFiles(Repository.PathOf($"tests/Testing/Fuzzing/Corpus/{corpus}")).Order(StringComparer.Ordinal);
        var inputs = files.Select(File.ReadAllBytes).ToArray();
        Assert.NotEmpty(inputs);
        var random = new Random(seed);
        foreach (var input in inputs)
        {
            Try(corpus, seed, input, maxBytes, property);
        }

        for (var watch = Stopwatch.StartNew(); watch.Elapsed.TotalSeconds < seconds;)
        {
            Try(corpus, seed, damage(inputs, random), maxBytes, property);
        }
    }

    private static string? Given(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } given ? given : null;

    private static byte[] DamagedText(byte[][] inputs, Random random)
    {
        var text = new StringBuilder(Encoding.UTF8.GetString(inputs[random.Next(inputs.Length)]));
        for (var times = random.Next(1, 8); times > 0; times--)
        {
            var at = random.Next(text.Length + 1);
            var left = text.Length - at;
            switch (random.Next(6))
            {
                case 0:
                    text.Remove(at, Math.Min(random.Next(1, 16), left));
                    break;
                case 1:
                    text.Insert(at, Tokens[random.Next(Tokens.Length)]);
                    break;
                case 2 when left > 0:
                    text[at] = (char)random.Next(1, 0x300);
                    break;
                case 3:
                    text.Insert(at, text.ToString(at, Math.Min(random.Next(1, 200), left)));
                    break;
                case 4:
                    text.Insert(at, new StringBuilder().Insert(0, Tokens[random.Next(Tokens.Length)], random.Next(1, 200)));
                    break;
                default:
                    var other = Encoding.UTF8.GetString(inputs[random.Next(inputs.Length)]);
                    text.Insert(at, other[random.Next(other.Length + 1)..]);
                    break;
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static byte[] DamagedBytes(byte[][] inputs, Random random)
    {
        List<byte> bytes = [.. inputs[random.Next(inputs.Length)]];
        for (var times = random.Next(1, 8); times > 0; times--)
        {
            // Half of all damage is near the beginning, where sizes and kinds are.
            var at = random.Next((random.Next(2) == 0 ? Math.Min(bytes.Count, 64) : bytes.Count) + 1);
            var left = bytes.Count - at;
            switch (random.Next(7))
            {
                case 0:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 16), left));
                    break;
                case 1:
                    bytes.InsertRange(at, Encoding.UTF8.GetBytes(Tokens[random.Next(Tokens.Length)]));
                    break;
                case 2 when left > 0:
                    bytes[at] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)(bytes[at] ^ (1 << random.Next(8)));
                    break;
                case 3:
                    var number = new byte[sizeof(long)];
                    BinaryPrimitives.WriteInt64LittleEndian(number, Numbers[random.Next(Numbers.Length)]);
                    var width = Math.Min(1 << random.Next(4), left);
                    bytes.RemoveRange(at, width);
                    bytes.InsertRange(at, number.AsSpan(0, width));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 200), left)));
                    break;
                case 5:
                    bytes.RemoveRange(at, left);
                    break;
                default:
                    var other = inputs[random.Next(inputs.Length)];
                    bytes.InsertRange(at, other.AsSpan(random.Next(other.Length + 1)));
                    break;
            }
        }

        return [.. bytes];
    }

    private static void Try(string corpus, int seed, byte[] input, long maxBytes, Action<byte[]> property)
    {
        var (before, started) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        string? wrong = null;
        try
        {
            property(input);
        }
        catch (Exception e)
        {
            wrong = e.ToString();
        }

        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        wrong ??= bytes > maxBytes + (20_000L * input.Length) ? $"it took {bytes} bytes of memory"
            : Stopwatch.GetElapsedTime(started) > MaxTime ? $"it took {Stopwatch.GetElapsedTime(started)}"
            : null;
        if (wrong is not null)
        {
            var file = Path.Combine(Directory.CreateTempSubdirectory("mhc-fuzz-").FullName, corpus);
            File.WriteAllBytes(file, input);
            Assert.Fail($"{file}, from seed {seed}: {wrong}");
        }
    }
}
