using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Training;

/// <summary>Reads the job's JSON.</summary>
internal static class ConfigurationFile
{
    /// <summary>The configuration in a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="ranks">Ranks in the gang: some rules are on them.</param>
    /// <exception cref="TrainerException">It cannot be read, or something in it is wrong; the message has all fields and what was expected.</exception>
    public static TrainerConfiguration Read(string path, int ranks)
    {
        try
        {
            var result = TrainerConfigurationReader.Read(File.ReadAllText(path), ranks);
            return result.Configuration
                ?? throw TrainerException.Configuration("ConfigurationInvalid", $"configuration {path} (MHC_CONFIG): {string.Join("; ", result.Errors)}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TrainerException.Configuration("ConfigurationInvalid", $"configuration {path} (MHC_CONFIG) cannot be read: {e.Message}", e);
        }
    }
}
