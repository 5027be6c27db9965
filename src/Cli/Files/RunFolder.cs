using System.Globalization;
using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Files;

/// <summary>
/// Where a run keeps its checkpoints, logs and status: <c>.mhc/runs/JOB/TIME</c>, a new one for each run, or the folder that
/// <c>--run-dir</c> names. Nothing is ever deleted here.
/// </summary>
internal static class RunFolder
{
    private const string StatusFile = "status.json";

    /// <summary>Chooses the folder of this run, and makes it.</summary>
    /// <param name="host">Surroundings.</param>
    /// <param name="job">Name of the job.</param>
    /// <param name="option">Value of <c>--run-dir</c>; null where it was not given.</param>
    /// <param name="resume">Go on with the run that is there.</param>
    /// <exception cref="CliException">There is no run to go on with, there is one that would be overwritten, or the folder cannot be
    /// made.</exception>
    public static string Choose(CliHost host, string job, string? option, bool resume)
    {
        var folder = option is not null ? host.FullPath(option) : resume ? Newest(host, job) : Fresh(host, job);
        var holdsRun = folder is not null && File.Exists(Path.Combine(folder, StatusFile));
        if (resume && !holdsRun)
        {
            throw new CliException(
                $"there is no run of {job} to resume in {option ?? Path.GetRelativePath(host.WorkingFolder, Runs(host, job))}; leave --resume out to start one");
        }

        if (!resume && holdsRun)
        {
            throw new CliException($"--run-dir: {option} holds a run already; add --resume to go on with it, or name another folder");
        }

        try
        {
            Directory.CreateDirectory(folder!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"the run folder {folder} cannot be made: {e.Message}");
        }

        return folder!;
    }

    /// <summary>The newest run of a job; null where there is none.</summary>
    public static string? Newest(CliHost host, string job)
    {
        var runs = Runs(host, job);
        return Directory.Exists(runs)
            ? Directory.EnumerateDirectories(runs)
                .Where(d => File.Exists(Path.Combine(d, StatusFile)))
                .Max(StringComparer.Ordinal)
            : null;
    }

    private static string Fresh(CliHost host, string job)
    {
        var name = host.Time.GetUtcNow().ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);
        var folder = Path.Combine(Runs(host, job), name);
        for (var n = 2; Directory.Exists(folder); n++)
        {
            folder = Path.Combine(Runs(host, job), string.Create(CultureInfo.InvariantCulture, $"{name}-{n}"));
        }

        return folder;
    }

    private static string Runs(CliHost host, string job) => Path.Combine(host.WorkingFolder, ".mhc", "runs", job);
}
