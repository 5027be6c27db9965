using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MhcOperator.CommandLine;
using MhcOperator.Trainer.Generation;
using TorchSharp;

namespace MhcOperator.Trainer.Commands;

/// <summary><c>mhc-trainer sample</c>: text from a checkpoint. Exit codes as those of training.</summary>
internal static class SampleCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var checkpoint = CheckpointOption.Create();
        var prompt = new Option<string>("--prompt") { Description = "Text to go on from.", DefaultValueFactory = _ => "\n" };
        var tokens = NumberOption.Whole("--tokens", "Tokens to make at most; a text that ends makes fewer.", 1, 100_000_000, 200);
        var temperature = NumberOption.Real("--temperature", "0: always the likeliest token; 1: as the model says.", 0, 1000, 0.8);
        var topK = NumberOption.Whole("--top-k", "Draw only from the likeliest so many tokens. All where absent.", 1, int.MaxValue);
        var topP = NumberOption.Real("--top-p", "Draw only from the likeliest tokens that have this probability together.", 0, 1, 1);
        var seed = NumberOption.Whole("--seed", "Same seed, same text.", int.MinValue, int.MaxValue, 1);
        var uncached = new Option<bool>(
            "--no-cache")
        { Description = "Read the whole context again for each token: the same text but for rounding, to compare the speed." };
        var speed = new Option<bool>("--speed") { Description = "Say on standard error how many tokens a second were made." };
        var kernels = KernelsOption.Create();
        var command = new Command("sample", "Write text with a trained model.") { checkpoint, prompt, tokens, temperature, topK, topP,
            seed, uncached, speed, kernels };
        command.SetAction(parsed => CommandFailure.Catch(parsed.InvocationConfiguration, () =>
        {
            // One token at a time is too little work to be shared: threads would only wait for each other.
            torch.set_num_threads(1);
            using var trained = TrainedModel.Load(parsed.GetValue(checkpoint)!.FullName, parsed.GetValue(kernels));
            using var generator = new TextGenerator(trained, cached: !parsed.GetValue(uncached));
            var sampling = new Sampling(parsed.GetValue(temperature), parsed.GetValue(topK), parsed.GetValue(topP));
            var watch = Stopwatch.StartNew();
            parsed.InvocationConfiguration.Output.WriteLine(
                generator.Continue(parsed.GetValue(prompt)!, parsed.GetValue(tokens), sampling, parsed.GetValue(seed)));
            if (parsed.GetValue(speed))
            {
                parsed.InvocationConfiguration.Error.WriteLine(
                    string.Create(CultureInfo.InvariantCulture, $"{generator.Made / watch.Elapsed.TotalSeconds:F0} tokens/s"));
            }
        }));
        return command;
    }
}
