using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Data;

public sealed partial class TokenFileTests : IDisposable
{
    private const int SmallVocabulary = 50_257;
    private const int LargeVocabulary = 200_019;

    private readonly TemporaryFolder _folder = new();
    private readonly OpenFiles _open = new(most: 2);

    public void Dispose()
    {
        _open.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Shards_of_every_layout_are_one_row_of_tokens_wherever_it_is_read() => Properties.ForSeeds(40, random =>
    {
        using var folder = new TemporaryFolder();
        using var open = new OpenFiles(most: random.Next(1, 4));
        List<long> all = [];
        var files = Enumerable.Range(0, random.Next(1, 6)).Select(shard =>
        {
            var layout = random.Next(4);
            var tokens = Enumerable.Range(0, random.Next(0, 40))
                .Select(_ => (long)random.Next(1, layout % 2 == 0 ? 65_536 : LargeVocabulary)).ToList();
            all.AddRange(tokens);
            return TokenFile.OfTokens(folder.Write($"{shard}{(layout == 0 ? ".u16" : "")}.bin", Bytes(tokens, layout)), LargeVocabulary,
                open);
        }).ToList();
        var sequence = new TokenSequence(files, LargeVocabulary);

        Assert.Equal(all.Count, sequence.Length);
        for (var read = 0; read < 20; read++)
        {
            var from = random.Next(0, all.Count + 1);
            var tokens = new long[random.Next(0, all.Count - from + 1)];
            sequence.Read(from, tokens);
            Assert.Equal(all.Skip(from).Take(tokens.Length), tokens);
        }
    });

    [Theory]
    [InlineData("plain.bin", SmallVocabulary, 2)]
    [InlineData("plain.bin", LargeVocabulary, 4)]
    [InlineData("named.u16.bin", LargeVocabulary, 2)]
    [InlineData("named.u32.bin", SmallVocabulary, 4)]
    public void A_file_without_a_header_is_read_by_its_name_or_else_by_the_vocabulary(string name, int vocabulary, int bytesPerToken)
    {
        var file = TokenFile.OfTokens(_folder.Write(name, new byte[16]), vocabulary, _open);

        Assert.Equal((bytesPerToken, 16 / bytesPerToken), (file.Format.BytesPerToken, file.Length));
    }

    [Fact]
    public void Four_byte_tokens_that_would_be_read_as_two_byte_ones_are_refused()
    {
        var path = _folder.Write("train.bin", Bytes([.. Enumerable.Range(1, 100).Select(i => (long)i)], layout: 1));

        Fails(path, SmallVocabulary, "read as 2-byte numbers, and it holds 4-byte numbers", "*.u32.bin");
    }

    [Theory]
    [InlineData(SmallVocabulary, 2)]
    [InlineData(LargeVocabulary, 4)]
    public void A_size_that_is_no_whole_number_of_tokens_is_an_error(int vocabulary, int bytesPerToken) =>
        Fails(_folder.Write("1.bin", new byte[13]), vocabulary, "13 bytes", $"{bytesPerToken}-byte");

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_truncated_header_is_an_error(int layout) =>
        Fails(_folder.Write("1.bin", Bytes([1, 2, 3], layout).AsSpan(0, 1000)), LargeVocabulary, "header", "1024 bytes", "1000");

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_header_of_another_version_is_an_error(int layout)
    {
        var bytes = Bytes([1, 2, 3], layout);
        bytes[4]++;

        Fails(_folder.Write("1.bin", bytes), LargeVocabulary, "version", "was expected");
    }

    [Fact]
    public void A_header_that_promises_more_than_there_is_is_an_error() =>
        Fails(_folder.Write("1.bin", Bytes([1, 2, 3], layout: 2).AsSpan(0, 1029)), LargeVocabulary, "3 tokens", "1030 bytes in all",
            "1029");

    [Fact]
    public void A_token_file_that_shrinks_is_an_error_and_not_silence()
    {
        var path = _folder.Write("1.bin", [.. Enumerable.Repeat((byte)1, 1 << 20)]);
        var file = TokenFile.OfTokens(path, SmallVocabulary, _open);
        File.WriteAllBytes(path, new byte[100]);
        var inside = new long[50];

        file.Read(0, inside);
        var error = Assert.Throws<TrainerException>(() => file.Read(400_000, new long[10]));

        Assert.Equal(ExitCode.DataUnreadable, error.ExitCode);
        Assert.Contains("bytes 800000 to 800019 were expected, but it has only 100 now, and 1048576", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Only_so_many_files_are_open_and_each_is_opened_again_when_it_is_read()
    {
        using var open = new OpenFiles(most: 3);
        var files = Enumerable.Range(1, 40).Select(i =>
            TokenFile.OfTokens(_folder.Write($"{i:D2}.bin", Bytes([i, i, i], layout: 0)), SmallVocabulary, open)).ToList();
        var sequence = new TokenSequence(files, SmallVocabulary);

        var tokens = new long[sequence.Length];
        sequence.Read(0, tokens);

        Assert.Equal(Enumerable.Range(1, 40).SelectMany(i => Enumerable.Repeat((long)i, 3)), tokens);
        Assert.InRange(open.Count, 1, 3);
    }

    [Fact]
    public void Threads_that_close_each_others_files_read_what_is_there() => Properties.ForSeeds(5, random =>
    {
        using var folder = new TemporaryFolder();
        using var open = new OpenFiles(most: 1);
        var files = Enumerable.Range(1, 4).Select(i =>
            TokenFile.OfTokens(folder.Write($"{i}.bin", Bytes([i, i, i], layout: 0)), SmallVocabulary, open)).ToList();

        System.Threading.Tasks.Parallel.For(0, 400, i =>
        {
            var tokens = new long[3];
            files[i % 4].Read(0, tokens);
            Assert.All(tokens, t => Assert.Equal((i % 4) + 1, t));
        });
    });

    [Fact]
    public void A_file_that_was_replaced_while_it_was_closed_is_an_error()
    {
        var path = _folder.Write("1.bin", Bytes([1, 2, 3], layout: 0));
        var file = TokenFile.OfTokens(path, SmallVocabulary, _open);
        _ = TokenFile.OfTokens(_folder.Write("2.bin", Bytes([1], layout: 0)), SmallVocabulary, _open);
        _ = TokenFile.OfTokens(_folder.Write("3.bin", Bytes([1], layout: 0)), SmallVocabulary, _open);
        _folder.Write("1.bin", Bytes([7, 8, 9, 10], layout: 0));

        var error = Assert.Throws<TrainerException>(() => file.Read(0, new long[3]));

        Assert.Equal(ExitCode.DataUnreadable, error.ExitCode);
        Assert.Contains("changed or replaced after it was opened (6 bytes then, 8 now)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/dev/null", "a character device")]
    [InlineData("pipe", "a pipe")]
    [InlineData("folder", "a folder")]
    [InlineData("loop", "Too many levels of symbolic links")]
    [InlineData("dangling", "No such file or directory")]
    public void What_is_no_regular_file_is_refused_with_the_reason_and_nobody_waits_for_it(string name, string words)
    {
        Assert.Equal(0, MakePipe(_folder.File("pipe")));
        Directory.CreateDirectory(_folder.File("folder"));
        File.CreateSymbolicLink(_folder.File("loop"), "loop");
        File.CreateSymbolicLink(_folder.File("dangling"), "nowhere");

        Fails(Path.Combine(_folder.Path, name), SmallVocabulary, words);
    }

    [Fact]
    public void A_socket_is_refused()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream,
            System.Net.Sockets.ProtocolType.Unspecified);
        socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(_folder.File("socket")));

        Fails(_folder.File("socket"), SmallVocabulary, "a socket");
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakePipe(string path, uint mode = 0x180);

    /// <summary>Layouts: 0 uint16, 1 uint32, 2 llm.c's header and uint16, 3 llm.c's header and uint32.</summary>
    private static byte[] Bytes(List<long> tokens, int layout)
    {
        var (start, width) = (layout < 2 ? 0 : 1024, layout % 2 == 0 ? 2 : 4);
        var bytes = new byte[start + (tokens.Count * width)];
        if (start > 0)
        {
            int[] header = [layout == 2 ? 20240520 : 20240801, layout == 2 ? 1 : 7, tokens.Count];
            Buffer.BlockCopy(header, 0, bytes, 0, 12);
        }

        for (var i = 0; i < tokens.Count; i++)
        {
            var at = bytes.AsSpan(start + (i * width));
            if (width == 2)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)tokens[i]);
            }
            else
            {
                BinaryPrimitives.WriteUInt32LittleEndian(at, (uint)tokens[i]);
            }
        }

        return bytes;
    }

    private void Fails(string path, int vocabulary, params string[] words)
    {
        var error = Assert.Throws<TrainerException>(() => TokenFile.OfTokens(path, vocabulary, _open));
        Assert.Equal(ExitCode.DataUnreadable, error.ExitCode);
        Assert.All(words.Append(path), w => Assert.Contains(w, error.Message, StringComparison.Ordinal));
    }
}
