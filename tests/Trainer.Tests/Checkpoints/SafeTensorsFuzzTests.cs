using MhcOperator.Testing.Fuzzing;
using MhcOperator.Trainer.Checkpoints;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Tests.Checkpoints;

/// <summary>A file of weights that somebody else made.</summary>
public sealed class SafeTensorsFuzzTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void No_file_is_more_than_tensors_that_are_in_it_or_an_error_of_the_file() => Fuzzer.RunBytes("safetensors", 64 << 20, bytes =>
    {
        var path = _folder.File("x.safetensors");
        File.WriteAllBytes(path, bytes);
        IReadOnlyList<NamedTensor> tensors;
        try
        {
            tensors = SafeTensorsReader.Read(path, _ => true);
        }
        catch (InvalidDataException)
        {
            return;
        }

        try
        {
            Assert.True(tensors.Sum(t => t.Bytes) <= bytes.Length, "more memory than the file has bytes");
            Assert.Equal(tensors.Count, tensors.Select(t => t.Name).Distinct(StringComparer.Ordinal).Count());
        }
        finally
        {
            foreach (var tensor in tensors)
            {
                tensor.Value.Dispose();
            }
        }
    });
}
