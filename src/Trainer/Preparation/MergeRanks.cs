using System.Diagnostics.CodeAnalysis;
using System.IO.Compression;
using System.Reflection;
using System.Text;
using Tokenizer = MhcOperator.Api.Tokenizer;

namespace MhcOperator.Trainer.Preparation;

/// <summary>
/// The tokens of a byte-pair encoding by their bytes, and the encoding of one word with them. Its time grows as n log n with the word's
/// length, where the library's grows as n². Can be used by many threads.
/// </summary>
internal sealed class MergeRanks
{
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _ranks;
    private readonly int _longest;

    /// <param name="tokenizer">Cl100k or O200k.</param>
    public MergeRanks(Tokenizer tokenizer)
    {
        var name = tokenizer == Tokenizer.Cl100k ? "Cl100kBase" : "O200kBase";
        var assembly = Assembly.Load($"Microsoft.ML.Tokenizers.Data.{name}");
        using var resource = assembly.GetManifestResourceStream(
            assembly.GetManifestResourceNames().Single(n => n.EndsWith(".tiktoken.deflate", StringComparison.Ordinal)))!;
        using var lines = new StreamReader(new DeflateStream(resource, CompressionMode.Decompress), Encoding.ASCII);
        var ranks = new Dictionary<byte[], int>(new BytesComparer());
        _ = lines.ReadLine(); // "Capacity: …"; then the token of number 0, in base 64, of number 1, and so on
        for (; lines.ReadLine() is { } line; Count++)
        {
            if (line.Length > 0)
            {
                var bytes = Convert.FromBase64String(line);
                ranks[bytes] = Count;
                _longest = Math.Max(_longest, bytes.Length);
            }
        }

        _ranks = ranks.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>How many there are; their numbers are under this.</summary>
    public int Count { get; }

    /// <summary>
    /// Appends the tokens of one word: of all neighbours that make a token together, those of the lowest rank become one, the first of
    /// equal ones first, until there are none.
    /// </summary>
    public void Encode(ReadOnlySpan<byte> word, List<int> tokens)
    {
        if (Rank(word) is >= 0 and var whole)
        {
            tokens.Add(whole);
            return;
        }

        // A part begins at a byte and ends before another; those that became part of their left neighbour end nowhere.
        var ends = new int[word.Length + 1];
        var before = new int[word.Length + 1];
        var pairs = new PriorityQueue<(int First, int Second, int End), (int Rank, int First)>(word.Length);
        for (var i = 0; i < word.Length; i++)
        {
            (ends[i], before[i]) = (i + 1, i - 1);
        }

        ends[^1] = -1;
        for (var i = 0; i + 1 < word.Length; i++)
        {
            Offer(word, i, i + 1, i + 2);
        }

        while (pairs.TryDequeue(out var pair, out _))
        {
            var (first, second, end) = pair;
            if (ends[first] != second || ends[second] != end)
            {
                continue; // one of the two has become another part meanwhile
            }

            (ends[first], ends[second], before[end]) = (end, -1, first);
            if (first > 0)
            {
                Offer(word, before[first], first, end);
            }

            if (end < word.Length)
            {
                Offer(word, first, end, ends[end]);
            }
        }

        for (var i = 0; i < word.Length; i = ends[i])
        {
            tokens.Add(Rank(word[i..ends[i]]));
        }

        void Offer(ReadOnlySpan<byte> bytes, int first, int second, int end)
        {
            if (Rank(bytes[first..end]) is >= 0 and var rank)
            {
                pairs.Enqueue((first, second, end), (rank, first));
            }
        }
    }

    private int Rank(ReadOnlySpan<byte> bytes) => bytes.Length <= _longest && _ranks.TryGetValue(bytes, out var rank) ? rank : -1;

    private sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
