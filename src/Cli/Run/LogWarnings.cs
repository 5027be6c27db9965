namespace MhcOperator.Cli.Run;

/// <summary>
/// Finds what pods warn of in their logs: lines that begin with <c>warning:</c>, each once, from what is appended after this was made.
/// </summary>
internal sealed class LogWarnings
{
    private const string Mark = "warning: ";
    private const int MaxBytes = 64 << 10;
    private const int MaxLength = 400;
    private const int MaxWarnings = 50;

    private readonly string _folder;
    private readonly Dictionary<string, long> _read = new(StringComparer.Ordinal);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <param name="folder">Folder of the logs; it may not be there yet.</param>
    public LogWarnings(string folder)
    {
        _folder = folder;
        foreach (var log in Logs())
        {
            _read[log.Name] = log.Length;
        }
    }

    /// <summary>What is new since the last look; nothing where a log cannot be read.</summary>
    public IReadOnlyList<(string Pod, string Text)> Next() => [.. Logs().SelectMany(Next)];

    private IEnumerable<FileInfo> Logs()
    {
        var logs = new DirectoryInfo(_folder);
        return logs.Exists ? logs.EnumerateFiles("*.log").Where(l => l.LinkTarget is null) : [];
    }

    private List<(string Pod, string Text)> Next(FileInfo log)
    {
        var from = _read.GetValueOrDefault(log.Name);
        if (log.Length <= from || _told.Count >= MaxWarnings)
        {
            return [];
        }

        try
        {
            using var file = new FileStream(log.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(from, SeekOrigin.Begin);
            var part = new byte[(int)Math.Min(MaxBytes, log.Length - from)];
            var count = file.ReadAtLeast(part, part.Length, throwOnEndOfStream: false);

            // A line that is still being written waits, unless it is too long to be one.
            var end = Array.LastIndexOf(part, (byte)'\n', Math.Max(0, count - 1)) + 1;
            end = end == 0 && count == MaxBytes ? count : end;
            _read[log.Name] = from + end;
            var pod = Path.GetFileNameWithoutExtension(log.Name);
            return
            [
                .. System.Text.Encoding.UTF8.GetString(part, 0, end).Split('\n')
                    .Where(l => l.StartsWith(Mark, StringComparison.Ordinal))
                    .Select(l => SampleText.Printable(l[Mark.Length..Math.Min(l.Length, MaxLength)]))
                    .Where(_told.Add)
                    .Select(text => (pod, text)),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // it is only told what pods say; that they say nothing is no news
        }
    }
}
