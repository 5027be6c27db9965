using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Files;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Data;

/// <summary>What <c>tokens.json</c> says beside the token files that <c>mhc-trainer prepare</c> wrote.</summary>
internal sealed record PreparedData
{
    /// <summary>Its name in the folder.</summary>
    public const string FileName = "tokens.json";

    /// <summary>The version that this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    private const long LargestBytes = 64L << 20;

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

    /// <summary>Reads it from where token files are; null where there is none.</summary>
    /// <param name="origin">The files' folder, or one of the files.</param>
    /// <exception cref="TrainerException">It cannot be read.</exception>
    public static PreparedData? Find(string origin)
    {
        var path = Path.Combine(FolderOf(origin), FileName);
        try
        {
            if (RegularFile.Find(path) is null)
            {
                return null;
            }

            var (handle, status) = RegularFile.OpenNamed(path);
            using var file = new FileStream(handle, FileAccess.Read);
            return status.Size <= LargestBytes
                && JsonSerializer.Deserialize(file,
                    PreparationJsonContext.Default.PreparedData) is { Version: CurrentVersion, Shards: { } shards } prepared
                && shards.All(s => s?.File is not null)
                ? prepared
                : throw TrainerException.DataUnreadable(
                    $"data file {path}: version {CurrentVersion} of what `mhc-trainer prepare` writes was expected");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw TrainerException.DataUnreadable($"data file {path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Holds what a job expects, and what is there, against what was written; where nothing was, all is right.</summary>
    /// <param name="origin">The files' folder, or one of the files.</param>
    /// <param name="tokenizer">The job's.</param>
    /// <param name="files">Those found, in order.</param>
    /// <exception cref="TrainerException">Something differs.</exception>
    public static void Check(string origin, Tokenizer tokenizer, IReadOnlyList<TokenFile> files)
    {
        if (Find(origin) is not { } prepared)
        {
            return;
        }

        var folder = FolderOf(origin);
        if (tokenizer != prepared.Tokenizer)
        {
            throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                $"spec.data.tokenizer: {tokenizer} was given; {folder} was prepared with {prepared.Tokenizer}");
        }

        var found = files.Select(f => new PreparedShard(Path.GetRelativePath(folder, f.Path), (int)f.Length)).ToList();
        var written = Directory.Exists(origin) ? prepared.Shards : [.. prepared.Shards.Where(s => s.File == Path.GetFileName(origin))];
        if (!found.SequenceEqual(written))
        {
            var missing = written.Except(found).FirstOrDefault();
            throw TrainerException.DataUnreadable(missing is not null
                ? $"data file {Path.Combine(folder, missing.File)}: {missing.Tokens} tokens were expected ({FileName}); {found.Find(f => f.File == missing.File)?.Tokens ?? 0} are there"
                : $"data file {Path.Combine(folder, found.Except(written).First().File)}: {FileName} beside it does not name it, so what its tokens were made with is not known");
        }
    }

    private static string FolderOf(string origin) => Directory.Exists(origin) ? origin : Path.GetDirectoryName(Path.GetFullPath(origin))!;
}
