using System.CommandLine;
using System.Globalization;
using MhcOperator.Trainer.Generation;
using MhcOperator.Trainer.Training;
using TorchSharp;

namespace MhcOperator.Trainer.Commands;

/// <summary><c>mhc-trainer sample</c>: text from a checkpoint.</summary>
internal static class SampleCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var checkpoint = new Option<DirectoryInfo>("--checkpoint") { Description = "A checkpoint (step-00001200), or a folder of checkpoints: then the newest whole one.", Required = true };
        var prompt = new Option<string>("--prompt") { Description = "Text to go on from.", DefaultValueFactory = _ => "\n" };
        var tokens = new Option<int>("--tokens") { Description = "Tokens to make.", DefaultValueFactory = _ => 200 };
        var temperature = new Option<double>("--temperature") { Description = "0: always the likeliest token; 1: as the model says.", DefaultValueFactory = _ => 0.8 };
        var seed = new Option<int>("--seed") { Description = "Same seed, same text.", DefaultValueFactory = _ => 1 };
        var kernels = KernelsOption.Create();
        tokens.Validators.Add(r => AtLeast(r, r.GetValueOrDefault<int>(), 1));
        temperature.Validators.Add(r => AtLeast(r, r.GetValueOrDefault<double>(), 0));
        var command = new Command("sample", "Write text with a trained model.") { checkpoint, prompt, tokens, temperature, seed, kernels };
        command.SetAction(result =>
        {
            try
            {
                // One token at a time is too little work to be shared: threads would only wait for each other.
                torch.set_num_threads(1);
                using var generator = TextGenerator.Load(result.GetValue(checkpoint)!.FullName, result.GetValue(kernels));
                Console.WriteLine(generator.Continue(result.GetValue(prompt)!, result.GetValue(tokens), result.GetValue(temperature), result.GetValue(seed)));
                return 0;
            }
            catch (TrainerException e)
            {
                Console.Error.WriteLine(e.Message);
                return 1;
            }
        });
        return command;
    }

    private static void AtLeast(System.CommandLine.Parsing.OptionResult result, double value, double least)
    {
        if (!(value >= least))
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{result.Option.Name}: {value} was given; at least {least} was expected"));
        }
    }
}
