using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;
using MhcOperator.Api.Manifests;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Training;

/// <summary>Reads the job's JSON.</summary>
internal static class ConfigurationFile
{
    // A ConfigMap has at most 1 MiB.
    private const int Longest = 1 << 24;

    /// <summary>The file's bytes.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[] ReadBytes(string path) => RegularFile.ReadNamed(path, Longest);

    /// <summary>The configuration in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ranks">Ranks in the gang: some rules are on them.</param>
    /// <exception cref="TrainerException">It cannot be read, or something in it is wrong; the message has all fields and what was
    /// expected.</exception>
    public static TrainerConfiguration Read(string path, int ranks)
    {
        try
        {
            using var text = new StreamReader(new MemoryStream(ReadBytes(path)));
            var result = TrainerConfigurationReader.Read(text.ReadToEnd(), ranks);
            return result.Configuration
                ?? throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                    $"configuration {path} (MHC_CONFIG): {string.Join("; ", result.Errors)}");
        }
        catch (IOException e)
        {
            throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                $"configuration {path} (MHC_CONFIG) cannot be read: {e.Message}", e);
        }
    }
}
