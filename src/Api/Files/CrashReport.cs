using System.Globalization;

namespace MhcOperator.Api.Files;

/// <summary>
/// What is kept of an error that nobody foresaw: a line for people, and a file with the rest for whoever mends the program.
/// </summary>
public static class CrashReport
{
    private const int LongestSummary = 500;

    /// <summary>Kind and message, on one line.</summary>
    public static string Summary(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        // A wrapper says less than what it wraps.
        var inner = error is AggregateException or TypeInitializationException or System.Reflection.TargetInvocationException
            && error.InnerException is { } cause ? cause : error;
        var line = string.Concat($"{inner.GetType().Name}: {inner.Message}".Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length <= LongestSummary ? line : line[..LongestSummary] + "...";
    }

    /// <summary>Writes everything that is known of the error to a new file.</summary>
    /// <param name="error">The error.</param>
    /// <param name="program">Name of the program.</param>
    /// <returns>The file; null: it could not be written.</returns>
    public static string? Keep(Exception error, string program)
    {
        ArgumentNullException.ThrowIfNull(error);
        try
        {
            var path = Path.Combine(Path.GetTempPath(),
                string.Create(CultureInfo.InvariantCulture, $"{program}-error-{DateTime.UtcNow:yyyyMMdd-HHmmss}-{Guid.NewGuid():N}.txt"));
            using var file = new StreamWriter(new FileStream(path, FileMode.CreateNew, FileAccess.Write));
            file.WriteLine(
                $"{program} {typeof(CrashReport).Assembly.GetName().Version}: {string.Join(' ', Environment.GetCommandLineArgs().Skip(1))}");
            file.WriteLine(error);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
