using MhcOperator.Trainer.Files;

namespace MhcOperator.Trainer.Tests.Files;

public sealed class DiskFileTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("/dev/shm")] // memory, which has no disk to write to past the cache
    public void Blocks_of_any_size_lie_in_the_file_in_their_order(string? parent)
    {
        using var folder = new TemporaryFolder(parent);
        var random = new Random(1);
        byte[] written = [];
        using (var file = Disk.Instance.Create(folder.File("file")))
        {
            foreach (var size in (int[])[8, 3 << 20, 0, 5, 20 << 20, (9 << 20) - 13, 1])
            {
                var block = new byte[size];
                random.NextBytes(block);
                file.Write(block);
                written = [.. written, .. block];
                Assert.Equal(written.Length, file.Length);
                Disk.Instance.Flush(file);
            }
        }

        Assert.True(written.AsSpan().SequenceEqual(File.ReadAllBytes(folder.File("file"))));
    }

    [Fact]
    public void A_full_disk_is_an_error()
    {
        using var file = Disk.Instance.Create("/dev/full");
        file.Write(new byte[100]);

        Assert.ThrowsAny<IOException>(() => Disk.Instance.Flush(file));
        Assert.ThrowsAny<IOException>(() => file.Write(new byte[20 << 20]));
    }
}
