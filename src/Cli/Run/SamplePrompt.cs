using System.Text;
using MhcOperator.Api;

namespace MhcOperator.Cli.Run;

/// <summary>Where a sample begins that nobody gave a prompt for: with words of the text that the model was trained on.</summary>
internal static class SamplePrompt
{
    private const string OfDocumentation = "Gets the "; // as so many sentences of the .NET SDK's documentation do
    private const string OfAny = "\n";
    private const int HeadBytes = 256;
    private const int Characters = 24;

    /// <summary>The prompt.</summary>
    /// <param name="data">What was trained on.</param>
    /// <param name="corpus">The text of jobs that name none; null: the .NET SDK's documentation.</param>
    /// <param name="workingFolder">Where relative paths begin.</param>
    public static string For(DataSpec data, string? corpus, string workingFolder)
    {
        if (data.Format != DataFormat.Text)
        {
            return OfAny;
        }

        var path = data.Source.Path is { Length: > 0 } named ? named : corpus;
        return path is null or "" ? OfDocumentation : WordsOf(Path.Combine(workingFolder, path)) ?? OfAny;
    }

    private static string? WordsOf(string path)
    {
        try
        {
            var file = Directory.Exists(path)
                ? Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true })
                    .Where(f => new FileInfo(f).Length > 0).Order(StringComparer.Ordinal).FirstOrDefault()
                : path;
            if (file is null)
            {
                return null;
            }

            var head = new byte[HeadBytes];
            using var handle = File.OpenHandle(file);
            var text = Encoding.UTF8.GetString(head, 0, RandomAccess.Read(handle, head, 0)).TrimStart();
            var line = text.Split('\n')[0].TrimEnd('\r');
            var end = line.Length <= Characters ? line.Length : line.LastIndexOf(' ', Characters) + 1;
            return end > 0 ? line[..end] : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
