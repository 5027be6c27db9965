using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Tests.Runtime;

public sealed class JsonLinesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task However_a_stream_is_cut_into_pieces_its_lines_are_read(int piece)
    {
        string[] lines = ["""{"n":1}""", $$"""{"n":2,"text":"{{new string('x', 40_000)}}"}""", """{"n":3,"text":"two\nlines, ü"}"""];
        var pipe = new Pipe();
        var writing = WriteAsync(pipe.Writer, string.Join('\n', lines) + "\n", piece);
        Assert.Equal(lines, await ReadAsync(pipe.Reader));
        await writing;
    }

    [Fact]
    public async Task A_line_is_told_as_soon_as_it_is_whole()
    {
        var pipe = new Pipe();
        await using var documents = JsonLines.ReadAsync(pipe.Reader.AsStream(), Cancel).GetAsyncEnumerator(Cancel);
        await pipe.Writer.WriteAsync("{\"n\":1}\n{\"n\":"u8.ToArray(), Cancel);
        Assert.True(await documents.MoveNextAsync());
        Assert.Equal(1, documents.Current.RootElement.GetProperty("n").GetInt32());
        var next = documents.MoveNextAsync();
        Assert.False(next.IsCompleted);
        await pipe.Writer.WriteAsync("2}\n"u8.ToArray(), Cancel);
        Assert.True(await next);
        Assert.Equal(2, documents.Current.RootElement.GetProperty("n").GetInt32());
        await pipe.Writer.CompleteAsync();
        Assert.False(await documents.MoveNextAsync());
    }

    [Fact]
    public async Task A_last_line_without_an_end_counts_and_one_that_was_cut_is_an_error()
    {
        var pipe = new Pipe();
        var writing = WriteAsync(pipe.Writer, "{\"n\":1}\n{\"n\":2}", 100);
        Assert.Equal(["""{"n":1}""", """{"n":2}"""], await ReadAsync(pipe.Reader));
        await writing;

        var cut = new Pipe();
        writing = WriteAsync(cut.Writer, "{\"n\":1}\n{\"n\":", 100);
        await Assert.ThrowsAnyAsync<JsonException>(() => ReadAsync(cut.Reader));
        await writing;
    }

    private static async Task WriteAsync(PipeWriter writer, string text, int piece)
    {
        foreach (var bytes in Encoding.UTF8.GetBytes(text).Chunk(piece))
        {
            await writer.WriteAsync(bytes, Cancel);
        }

        await writer.CompleteAsync();
    }

    private static async Task<List<string>> ReadAsync(PipeReader reader)
    {
        var read = new List<string>();
        await foreach (var document in JsonLines.ReadAsync(reader.AsStream(), Cancel))
        {
            using (document)
            {
                read.Add(document.RootElement.GetRawText());
            }
        }

        return read;
    }
}
