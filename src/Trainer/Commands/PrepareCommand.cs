using System.CommandLine;
using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Preparation;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Commands;

/// <summary><c>mhc-trainer prepare</c>: token files from text. Exit codes as those of training: 65 for the text, 78 for the output.</summary>
internal static class PrepareCommand
{
    private const int DefaultShardTokens = 100_000_000;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var tokenizer = new Option<Tokenizer>("--tokenizer") { Description = "Cl100k or O200k.", Required = true };
        tokenizer.AcceptOnlyFromAmong(nameof(Tokenizer.Cl100k), nameof(Tokenizer.O200k));
        var output = new Option<DirectoryInfo>("--output") { Description = "Folder to make; it must not exist.", Required = true };
        var shard = new Option<int>("--shard-tokens") { Description = "Tokens of one file, at most 500,000,000.", DefaultValueFactory = _ => DefaultShardTokens };
        shard.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 5 * DefaultShardTokens)
            {
                result.AddError($"--shard-tokens: {result.GetValueOrDefault<int>()} was given; 1 to {5 * DefaultShardTokens} was expected");
            }
        });
        var sources = new Argument<string[]>("FILES") { Description = "Text files, and folders of them.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("prepare", "Turn text into token files for data.format: Tokens.") { tokenizer, output, shard, sources };
        command.SetAction(parsed => CommandFailure.Catch(parsed.InvocationConfiguration, () => Run(parsed.GetValue(tokenizer), parsed.GetValue(shard), parsed.GetValue(sources)!, Path.TrimEndingDirectorySeparator(parsed.GetValue(output)!.FullName), parsed.InvocationConfiguration)));
        return command;
    }

    private static void Run(Tokenizer tokenizer, int shardTokens, string[] sources, string output, InvocationConfiguration console)
    {
        var files = sources.SelectMany(DataFileFinder.Find).ToList();
        var progress = new PreparationProgress(console.Output, !Console.IsOutputRedirected, files.Sum(f => new FileInfo(f).Length), TimeProvider.System);
        var prepared = new TextPreparation(tokenizer, shardTokens, new TextCutter(), Environment.ProcessorCount).Run(files, output, progress.Show);
        console.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{output}: {prepared.Tokens:N0} tokens of {prepared.Documents:N0} documents in {prepared.Shards.Count} files, {(double)prepared.TextBytes / Math.Max(prepared.Tokens, 1):F2} bytes a token; train with data: {{format: Tokens, tokenizer: {tokenizer}}}"));
    }
}
