using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Api.Tests.Support;

/// <summary>
/// Feeds a reader with damaged inputs of a kept corpus for MHC_FUZZ_SECONDS (5 where absent), from the seed MHC_FUZZ_SEED (1 where absent).
/// An input for which the property does not hold, which takes too long or too much memory, is kept in a file that the failure names;
/// put into the corpus, it is tried first from then on.
/// </summary>
internal static class Fuzzer
{
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(20);
    private static readonly string[] Tokens =
    [
        "null", "true", "-1", "0", "1e999", "2147483647", "2147483648", "9223372036854775807", "-9223372036854775808", "1e308", "NaN", "\"\"", "[]", "{}", "[null]", "\\ud800", "\\u0000", "\u001b[2J", "\ufeff",
        "\r\n", "\n---\n", "...", "&a ", "*a", "<<: ", "!!str ", "|\n", ">-\n", "\t", "#", ": ", "- ", "{", "}", "[", "]", ",", "\"", "'", "%", "@", "🙂", "\0", "é", "../", "/etc/passwd", "k: v\n",
    ];

    /// <param name="corpus">Folder below Corpus whose files are tried as they are, and then damaged.</param>
    /// <param name="maxBytes">Most memory that one input may take beside 20,000 bytes for each of its characters.</param>
    /// <param name="property">Throws where it does not hold.</param>
    public static void Run(string corpus, long maxBytes, Action<string> property)
    {
        var seed = int.Parse(Environment.GetEnvironmentVariable("MHC_FUZZ_SEED") is { Length: > 0 } given ? given : "1", CultureInfo.InvariantCulture);
        var seconds = double.Parse(Environment.GetEnvironmentVariable("MHC_FUZZ_SECONDS") is { Length: > 0 } time ? time : "5", CultureInfo.InvariantCulture);
        var texts = Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Corpus", corpus)).Order(StringComparer.Ordinal).Select(File.ReadAllText).ToArray();
        Assert.NotEmpty(texts);
        var random = new Random(seed);
        var watch = Stopwatch.StartNew();
        foreach (var text in texts)
        {
            Try(corpus, seed, text, maxBytes, property);
        }

        while (watch.Elapsed.TotalSeconds < seconds)
        {
            Try(corpus, seed, Damage(texts, random), maxBytes, property);
        }
    }

    private static string Damage(string[] texts, Random random)
    {
        var text = new StringBuilder(texts[random.Next(texts.Length)]);
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
                    var other = texts[random.Next(texts.Length)];
                    text.Insert(at, other[random.Next(other.Length + 1)..]);
                    break;
            }
        }

        // What comes as bytes has no half of a pair.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static void Try(string corpus, int seed, string text, long maxBytes, Action<string> property)
    {
        var (before, started) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        string? wrong = null;
        try
        {
            property(text);
        }
        catch (Exception e)
        {
            wrong = e.ToString();
        }

        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        wrong ??= bytes > maxBytes + (20_000L * text.Length) ? $"it took {bytes} bytes of memory"
            : Stopwatch.GetElapsedTime(started) > MaxTime ? $"it took {Stopwatch.GetElapsedTime(started)}"
            : null;
        if (wrong is not null)
        {
            var file = Path.Combine(Directory.CreateTempSubdirectory("mhc-fuzz-").FullName, corpus);
            File.WriteAllText(file, text);
            Assert.Fail($"{file}, from seed {seed}: {wrong}");
        }
    }
}
