using System.Buffers.Binary;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Testing.Fuzzing;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Tests.Data;

/// <summary>
/// Files of a data set that somebody else made: the tokens, an index beside them, and what was written of how they were made.
/// </summary>
public sealed class TokenFileFuzzTests : IDisposable
{
    private const int Context = 8;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void No_file_is_more_than_tokens_of_the_vocabulary_or_an_error_of_the_data() => Fuzzer.RunBytes("tokens", 64 << 20, bytes =>
    {
        Open(50257, "plain", ("data.bin", bytes));
        Open(128000, "plain", ("data.bin", bytes));
        Open(50257, "u16", ("data.u16.bin", bytes));
        Open(50257, "u32", ("data.u32.bin", bytes));
        Open(50257, "index", ("data.bin", Some()), ("data.idx", bytes));
        Open(50257, "prepared", ("data.bin", Some()), ("tokens.json", bytes));
        Open(256, "text", ("data.txt", bytes));
    });

    private void Open(int vocabulary, string folder, params ReadOnlySpan<(string Name, byte[] Content)> files)
    {
        foreach (var (name, content) in files)
        {
            Directory.CreateDirectory(_folder.File(folder));
            File.WriteAllBytes(Path.Combine(_folder.File(folder), name), content);
        }

        var text = vocabulary == 256;
        try
        {
            using var data = DataSet.Open(
                new DataSpec
                {
                    Format = text ? DataFormat.Text : DataFormat.Tokens,
                    Tokenizer = text ? Tokenizer.Bytes : Tokenizer.Cl100k,
                    Source = new DataSource { Path = _folder.File(folder) },
                },
                Context,
                vocabulary,
                corpus: null);
            var sample = new long[Context + 1];
            for (var i = 0; i < data.TrainingSamples; i++)
            {
                data.ReadTraining(i, sample);
                Assert.All(sample, token => Assert.InRange(token, 0, vocabulary - 1));
            }

            Assert.NotEmpty(data.Fingerprint);
        }
        catch (TrainerException e)
        {
            Assert.Contains(e.ExitCode, new[] { ExitCode.DataUnreadable, ExitCode.ConfigurationWrong });
            Assert.DoesNotContain(e.Message, char.IsControl);
        }
    }

    private static byte[] Some()
    {
        var tokens = new byte[600];
        for (var i = 0; i < tokens.Length; i += sizeof(ushort))
        {
            BinaryPrimitives.WriteUInt16LittleEndian(tokens.AsSpan(i), (ushort)(i * 7919 % 50257));
        }

        return tokens;
    }
}
