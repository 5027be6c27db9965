using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Training;

namespace MhcOperator.Trainer.Preparation;

/// <summary>What <c>tokens.json</c> says beside the token files that <c>mhc-trainer prepare</c> wrote.</summary>
internal sealed record PreparedData
{
    /// <summary>Its name in the folder.</summary>
    public const string FileName = "tokens.json";

    /// <summary>The version that this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Version of the layout.</summary>
    public int Version { get; set; } = CurrentVersion;

    /// <summary>What the tokens were made with.</summary>
    public Tokenizer Tokenizer { get; set; }

    /// <summary>Token numbers are under this.</summary>
    public int Vocabulary { get; set; }

    /// <summary>The token after each document.</summary>
    public int EndOfText { get; set; }

    /// <summary>Text files that were read.</summary>
    public int Documents { get; set; }

    /// <summary>Their size.</summary>
    public long TextBytes { get; set; }

    /// <summary>Tokens in all files.</summary>
    public long Tokens { get; set; }

    /// <summary>The files, in order.</summary>
    public IReadOnlyList<PreparedShard> Shards { get; set; } = [];

    /// <summary>Reads it from a data folder; null where there is none.</summary>
    /// <exception cref="TrainerException">It cannot be read.</exception>
    public static PreparedData? Find(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), PreparationJsonContext.Default.PreparedData) is { Version: CurrentVersion } prepared
                ? prepared
                : throw TrainerException.DataUnreadable($"data file {path}: version {CurrentVersion} was expected");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw TrainerException.DataUnreadable($"data file {path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Holds what a job expects, and what is there, against what was written.</summary>
    /// <param name="folder">Where the files are.</param>
    /// <param name="tokenizer">The job's.</param>
    /// <param name="files">Those found, in order.</param>
    /// <exception cref="TrainerException">Something differs.</exception>
    public void Check(string folder, Tokenizer tokenizer, IReadOnlyList<TokenFile> files)
    {
        if (tokenizer != Tokenizer)
        {
            throw TrainerException.Configuration("ConfigurationInvalid", $"spec.data.tokenizer: {tokenizer} was given; {folder} was prepared with {Tokenizer}");
        }

        var found = files.Select(f => new PreparedShard(Path.GetRelativePath(folder, f.Path), (int)f.Length)).ToList();
        if (!found.SequenceEqual(Shards))
        {
            var missing = Shards.Except(found).FirstOrDefault();
            throw TrainerException.DataUnreadable(missing is not null
                ? $"data file {Path.Combine(folder, missing.File)}: {missing.Tokens} tokens were expected ({FileName}); {found.Find(f => f.File == missing.File)?.Tokens ?? 0} are there"
                : $"data file {Path.Combine(folder, found.Except(Shards).First().File)}: {FileName} does not name it");
        }
    }
}
