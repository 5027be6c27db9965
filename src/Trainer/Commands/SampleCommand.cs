using System.CommandLine;
using System.Diagnostics;
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
        var checkpoint = CheckpointOption.Create();
        var prompt = new Option<string>("--prompt") { Description = "Text to go on from.", DefaultValueFactory = _ => "\n" };
        var tokens = new Option<int>("--tokens") { Description = "Tokens to make.", DefaultValueFactory = _ => 200 };
        var temperature = new Option<double>("--temperature") { Description = "0: always the likeliest token; 1: as the model says.", DefaultValueFactory = _ => 0.8 };
        var seed = new Option<int>("--seed") { Description = "Same seed, same text.", DefaultValueFactory = _ => 1 };
        var uncached = new Option<bool>("--no-cache") { Description = "Read the whole context again for each token: the same text but for rounding, to compare the speed." };
        var speed = new Option<bool>("--speed") { Description = "Say on standard error how many tokens a second were made." };
        var kernels = KernelsOption.Create();
        tokens.Validators.Add(r => AtLeast(r, r.GetValueOrDefault<int>(), 1));
        temperature.Validators.Add(r => AtLeast(r, r.GetValueOrDefault<double>(), 0));
        var command = new Command("sample", "Write text with a trained model.") { checkpoint, prompt, tokens, temperature, seed, uncached, speed, kernels };
        command.SetAction(result =>
        {
            try
            {
                // One token at a time is too little work to be shared: threads would only wait for each other.
                torch.set_num_threads(1);
                using var trained = TrainedModel.Load(result.GetValue(checkpoint)!.FullName, result.GetValue(kernels));
                using var generator = new TextGenerator(trained, cached: !result.GetValue(uncached));
                var watch = Stopwatch.StartNew();
                Console.WriteLine(generator.Continue(result.GetValue(prompt)!, result.GetValue(tokens), result.GetValue(temperature), result.GetValue(seed)));
                if (result.GetValue(speed))
                {
                    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.GetValue(tokens) / watch.Elapsed.TotalSeconds:F0} tokens/s"));
                }

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
