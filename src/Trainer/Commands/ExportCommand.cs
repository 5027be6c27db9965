using System.CommandLine;
using MhcOperator.Trainer.Generation;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Commands;

/// <summary><c>mhc-trainer export</c>: a checkpoint's weights for other programs (docs/interop.md).</summary>
internal static class ExportCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var checkpoint = CheckpointOption.Create();
        var output = new Option<DirectoryInfo>(
            "--output")
        {
            Description = "Folder for model.safetensors and config.json; files of these names are replaced.",
            Required = true
        };
        var command = new Command("export",
            "Write the weights of a trained model into one safetensors file, with a config.json.") { checkpoint, output };
        command.SetAction(parsed => CommandFailure.Catch(parsed.InvocationConfiguration, () =>
        {
            using var trained = TrainedModel.Load(parsed.GetValue(checkpoint)!.FullName, KernelKind.Reference);
            var folder = parsed.GetValue(output)!.FullName;
            ModelExport.Write(trained, folder);
            parsed.InvocationConfiguration.Output.WriteLine(
                $"{folder}: model.safetensors and config.json of checkpoint {trained.Manifest.Step}, weights sha256:{trained.Manifest.WeightsSha256}");
        }));
        return command;
    }
}
