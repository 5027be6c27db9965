using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class ConfigurationFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_has_no_end_or_no_content_is_named_and_not_read()
    {
        Assert.Contains("configuration /dev/zero (MHC_CONFIG) cannot be read: it is a character device", Refusal("/dev/zero"),
            StringComparison.Ordinal);
        Assert.Contains("cannot be read: it is a folder", Refusal(_folder.Path), StringComparison.Ordinal);
        Assert.Contains("cannot be read: No such file or directory", Refusal(Path.Combine(_folder.Path, "none")), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_no_ConfigMap_holds_is_not_read()
    {
        var path = _folder.Write("trainer.json", ""u8);
        using (var file = new FileStream(path, FileMode.Open))
        {
            file.SetLength(1L << 40);
        }

        Assert.Contains("cannot be read: it has 1099511627776 bytes; at most 16777216 were expected", Refusal(path),
            StringComparison.Ordinal);
    }

    private static string Refusal(string path) => Assert.Throws<TrainerException>(() => ConfigurationFile.Read(path, 1)).Message;
}
