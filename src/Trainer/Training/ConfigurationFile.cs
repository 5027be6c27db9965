using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;

namespace MhcOperator.Trainer.Training;

/// <summary>Reads the job's JSON.</summary>
internal static class ConfigurationFile
{
    /// <summary>The configuration in a file.</summary>
    /// <exception cref="TrainerException">It cannot be read or parsed; the message has the field path.</exception>
    public static TrainerConfiguration Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ApiJsonContext.Default.TrainerConfiguration)
                ?? throw TrainerException.Configuration("ConfigurationInvalid", $"configuration {path} (MHC_CONFIG): a JSON object was expected");
        }
        catch (JsonException e)
        {
            throw TrainerException.Configuration("ConfigurationInvalid", $"configuration {path} (MHC_CONFIG): {e.Path ?? "line " + e.LineNumber}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TrainerException.Configuration("ConfigurationInvalid", $"configuration {path} (MHC_CONFIG) cannot be read: {e.Message}", e);
        }
    }
}
