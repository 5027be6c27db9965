using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Files;

namespace MhcOperator.Trainer.Preparation;

/// <summary>
/// Turns text files into a folder of token files. The files follow each other in the order given, each with the end-of-text token behind
/// it; the tokens do not depend on the number of threads. The folder is made under another name and renamed when it is whole.
/// </summary>
internal sealed class TextPreparation(Tokenizer tokenizer, int shardTokens, TextCutter cutter, int threads)
{
    private const int PiecesPerThread = 4;

    private readonly BytePairEncoder _encoder = new(tokenizer);

    /// <summary>Prepares.</summary>
    /// <param name="texts">What to read, in order.</param>
    /// <param name="output">Folder to make; it must not exist.</param>
    /// <param name="done">Takes the bytes and tokens of each piece that is done, from many threads.</param>
    /// <exception cref="TrainerException">A file is not UTF-8 text, or something cannot be read or written.</exception>
    public PreparedData Run(IReadOnlyList<TextSource> texts, string output, Action<long, long> done)
    {
        var parent = Path.GetDirectoryName(output) ?? throw NotWritable(output, "it is the root folder", cause: null);
        if (Path.Exists(output))
        {
            throw NotWritable(output, "it is there already; a folder that does not exist was expected", cause: null);
        }

        var unfinished = Path.Combine(parent, $".{Path.GetFileName(output)}.unfinished");
        try
        {
            Directory.CreateDirectory(parent);
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }

            Directory.CreateDirectory(unfinished);
            var prepared = Write(texts, unfinished, done);
            Disk.Instance.Write(Path.Combine(unfinished, PreparedData.FileName),
                JsonSerializer.SerializeToUtf8Bytes(prepared, PreparationJsonContext.Default.PreparedData));
            Disk.Instance.FlushFolder(unfinished);
            Disk.Instance.RenameFolder(unfinished, output);
            Disk.Instance.FlushFolder(parent);
            return prepared;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotWritable(output, e.Message, e);
        }
    }

    private PreparedData Write(IReadOnlyList<TextSource> texts, string folder, Action<long, long> done)
    {
        using var writer = new ShardWriter(folder, shardTokens);
        long bytes = 0, tokens = 0;
        var documents = 0;
        foreach (var pieces in texts.SelectMany(t => t.Cut(cutter)).Chunk(threads * PiecesPerThread))
        {
            var encoded = new List<int>[pieces.Length];
            try
            {
                System.Threading.Tasks.Parallel.For(0, pieces.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
                {
                    encoded[i] = Encode(pieces[i]);
                    done(pieces[i].Bytes.Length, encoded[i].Count);
                });
            }
            catch (AggregateException e)
            {
                ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
            }

            foreach (var (piece, part) in pieces.Zip(encoded))
            {
                writer.Write(CollectionsMarshal.AsSpan(part));
                (bytes, tokens, documents) = (bytes + piece.Bytes.Length, tokens + part.Count, documents + (piece.EndsDocument ? 1 : 0));
            }
        }

        writer.Finish();
        return new PreparedData
        {
            Tokenizer = tokenizer,
            Vocabulary = _encoder.Vocabulary,
            EndOfText = _encoder.EndOfText,
            Documents = documents,
            TextBytes = bytes,
            Tokens = tokens,
            Shards = writer.Shards,
        };
    }

    private List<int> Encode(TextPiece piece)
    {
        var tokens = _encoder.Encode(Encoding.UTF8.GetString(piece.Bytes));
        if (piece.EndsDocument)
        {
            tokens.Add(_encoder.EndOfText);
        }

        return tokens;
    }

    private static TrainerException NotWritable(string output, string why, Exception? cause) =>
        TrainerException.Configuration(EndReason.OutputNotWritable, $"--output {output}: {why}", cause);
}
