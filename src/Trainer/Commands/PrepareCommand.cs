using System.CommandLine;
using System.Globalization;
using MhcOperator.Api;
using MhcOperator.CommandLine;
using MhcOperator.Trainer.Preparation;

namespace MhcOperator.Trainer.Commands;

/// <summary>
/// <c>mhc-trainer prepare</c>: token files from text. Exit codes as those of training: 65 for the text, 78 for the output.
/// </summary>
internal static class PrepareCommand
{
    private const int DefaultShardTokens = 100_000_000;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var tokenizer = ChoiceOption.Create("--tokenizer", "Cl100k or O200k.", [Tokenizer.Cl100k, Tokenizer.O200k]);
        tokenizer.Required = true;
        var output = new Option<DirectoryInfo>("--output") { Description = "Folder to make; it must not exist.", Required = true };
        var shard = NumberOption.Whole("--shard-tokens", "Tokens of one file, at most 500,000,000.", 1, 5 * DefaultShardTokens,
            DefaultShardTokens);
        var sources = new Argument<string[]>("FILES")
        {
            Description = "Text files, folders of them, and pipes; - reads standard input.",
            Arity = ArgumentArity.OneOrMore
        };
        var command = new Command("prepare", "Turn text into token files for data.format: Tokens.") { tokenizer, output, shard, sources };
        command.SetAction(
            parsed => CommandFailure.Catch(parsed.InvocationConfiguration,
                () => Run(parsed.GetValue(tokenizer), parsed.GetValue(shard), parsed.GetValue(sources)!,
                    Path.TrimEndingDirectorySeparator(parsed.GetValue(output)!.FullName), parsed.InvocationConfiguration)));
        return command;
    }

    private static void Run(Tokenizer tokenizer, int shardTokens, string[] sources, string output, InvocationConfiguration console)
    {
        var texts = sources.SelectMany(TextSource.Find).ToList();
        long? total = texts.TrueForAll(t => t.Size is not null) ? texts.Sum(t => t.Size!.Value) : null;
        using var progress = new PreparationProgress(console.Output, !Console.IsOutputRedirected, total, TimeProvider.System);
        var prepared = new TextPreparation(tokenizer, shardTokens, new TextCutter(), Environment.ProcessorCount).Run(texts, output,
            progress.Add);
        progress.End();
        console.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{output}: {prepared.Tokens:N0} tokens of {prepared.Documents:N0} documents in {prepared.Shards.Count} files, {(double)prepared.TextBytes / Math.Max(prepared.Tokens, 1):F2} bytes a token; train with data: {{format: Tokens, tokenizer: {tokenizer}}}"));
    }
}
