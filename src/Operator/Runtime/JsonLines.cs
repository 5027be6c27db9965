using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Reads one JSON document from each line as it comes, without making text of it first: most of what an operator reads is the news of pods.
/// JsonSerializer's own reader of one value after another looks for the end of each before it parses it, and takes twice as long.
/// </summary>
internal static class JsonLines
{
    /// <summary>A pod fits; several come together when there is much news.</summary>
    private const int BufferBytes = 16 * 1024;

    /// <summary>Ends where the stream ends.</summary>
    /// <param name="stream">UTF-8; disposed of.</param>
    /// <param name="cancel">Ends it.</param>
    /// <returns>Each document belongs to the caller, who disposes of it before the next one is asked for.</returns>
    /// <exception cref="JsonException">A line is no JSON, such as one that was cut.</exception>
    public static async IAsyncEnumerable<JsonDocument> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancel)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: BufferBytes));
        try
        {
            for (var isOver = false; !isOver;)
            {
                var read = await reader.ReadAsync(cancel);
                var rest = read.Buffer;
                isOver = read.IsCompleted;
                while (TryTakeLine(ref rest, isOver, out var line))
                {
                    yield return JsonDocument.Parse(line, ApiConnection.Json);
                }

                reader.AdvanceTo(rest.Start, rest.End);
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> rest, bool isLast, out ReadOnlySequence<byte> line)
    {
        if (rest.PositionOf((byte)'\n') is { } end)
        {
            line = rest.Slice(0, end);
            rest = rest.Slice(rest.GetPosition(1, end));
            return true;
        }

        line = rest;
        var isLine = isLast && !rest.IsEmpty;
        rest = isLine ? rest.Slice(rest.End) : rest;
        return isLine;
    }
}
