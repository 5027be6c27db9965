using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.CommandLine;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Generation;
using MhcOperator.Trainer.Model;

namespace MhcOperator.Trainer.Commands;

/// <summary><c>mhc-trainer eval</c>: the loss of a checkpoint on data. Exit codes as those of training.</summary>
internal static class EvalCommand
{
    private const int DefaultSamples = 1000; // where the checkpoint does not say how many training measures

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var checkpoint = CheckpointOption.Create();
        var data = new Option<string?>(
            "--data")
        { Description = "Text for a model of bytes, token files for any other: a file or a folder. Default: MHC_CORPUS, else the .NET SDK's XML documentation." };
        var fraction = NumberOption.Real("--validation-fraction",
            "The end of the data that is measured, as spec.data.validationFraction keeps it back; 0: all of it. That of the training where absent.", 0, 1, "at least 0 and under 1", f => f < 1);
        var samples = NumberOption.Whole("--samples",
            "At most so many samples of contextLength tokens, spread over what is measured. As many as training measures where absent.", 1,
            int.MaxValue);
        var kernels = KernelsOption.Create();
        var command = new Command("eval", "Measure the loss of a trained model.") { checkpoint, data, fraction, samples, kernels };
        command.SetAction(parsed => CommandFailure.Catch(parsed.InvocationConfiguration, () =>
        {
            using var trained = TrainedModel.Load(parsed.GetValue(checkpoint)!.FullName, parsed.GetValue(kernels));
            Run(trained, parsed.GetValue(data), parsed.GetValue(fraction), parsed.GetValue(samples), parsed.InvocationConfiguration.Output);
        }));
        return command;
    }

    private static void Run(TrainedModel trained, string? path, double? wantedFraction, int? wantedSamples, TextWriter output)
    {
        var manifest = trained.Manifest;
        var bytes = TokenText.IsBytes(manifest);
        var fraction = wantedFraction ?? manifest.ValidationFraction ?? new DataSpec().ValidationFraction;
        var spec = new DataSpec
        {
            Source = new DataSource { Path = path },
            Format = bytes ? DataFormat.Text : DataFormat.Tokens,
            Tokenizer = manifest.Tokenizer,
            ValidationFraction = fraction
        };
        using var data = DataSet.Open(spec, manifest.Model.ContextLength, manifest.Vocabulary,
            Environment.GetEnvironmentVariable(TrainerEnvironment.Corpus));
        var (available, read) = fraction > 0 ? (data.ValidationSamples, (SpreadLoss.Reader)data.ReadValidation)
            : (data.TrainingSamples, data.ReadTraining);
        if (available == 0)
        {
            throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                string.Create(CultureInfo.InvariantCulture,
                    $"--validation-fraction: {fraction} of {data.Origin} is less than one sample of {manifest.Model.ContextLength + 1} tokens"));
        }

        var spread = new SpreadLoss(trained.Model, read, available, wantedSamples
            ?? (manifest.ValidationSamples > 0 ? manifest.ValidationSamples : DefaultSamples));
        var watch = Stopwatch.StartNew();
        var loss = Enumerable.Range(0, spread.Parts).Average(part => (double)spread.Of(part));
        if (!double.IsFinite(loss))
        {
            throw TrainerException.Configuration(EndReason.ModelNotFinite,
                string.Create(CultureInfo.InvariantCulture,
                    $"checkpoint {manifest.Step}: the loss is {loss}: its weights are damaged; take an older checkpoint"));
        }

        var tokens = spread.Samples * manifest.Model.ContextLength;
        double? bytesPerToken = bytes ? 1 : path is not null && PreparedData.Find(path) is { Tokens: > 0 } prepared
            ? (double)prepared.TextBytes / prepared.Tokens : null;
        var bits = bytesPerToken is { } size
            ? string.Create(CultureInfo.InvariantCulture, $"  {loss / Math.Log(2) / size:F4} bits per byte") : "";
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"checkpoint {manifest.Step}: loss {loss:F4}  perplexity {Math.Exp(loss):F3}{bits}  {tokens:N0} tokens at {tokens / watch.Elapsed.TotalSeconds:N0} tokens/s"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"measured on {spread.Samples:N0} of the {available:N0} samples in {(fraction > 0 ? $"the last {fraction:0.####%}" : "all")} of {data.Origin}{(manifest.ValidationLoss is { } measured ? $"; training measured {measured:F4} on {manifest.ValidationSamples:N0}" : "")}"));
    }
}
