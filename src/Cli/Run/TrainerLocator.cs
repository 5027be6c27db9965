using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Run;

/// <summary>Finds the trainer's program.</summary>
internal static class TrainerLocator
{
    /// <summary>Environment variable that names it.</summary>
    public const string Variable = "MHC_TRAINER";

    private const string Program = "mhc-trainer";

    /// <summary>
    /// The option, else the variable, else the program beside ours, else the one that this repository has built.
    /// </summary>
    /// <param name="host">Surroundings.</param>
    /// <param name="option">Value of <c>--trainer</c>; null where it was not given.</param>
    /// <exception cref="CliException">There is none; the message says where it was looked for.</exception>
    public static string Find(CliHost host, string? option)
    {
        if (option is not null)
        {
            return Named(host, option, "--trainer");
        }

        if (host.Variable(Variable) is { Length: > 0 } variable)
        {
            return Named(host, variable, Variable);
        }

        var places = Places(host.ProgramFolder).ToList();
        return places.Find(File.Exists)
            ?? throw new CliException(
                $"the trainer {Program} was not found; build it (dotnet build src/Trainer), or name it by --trainer or {Variable}. Looked for:\n  "
                + string.Join("\n  ", places));
    }

    private static string Named(CliHost host, string name, string origin)
    {
        var path = host.FullPath(name);
        return File.Exists(path)
            ? path
            : throw new CliException($"{origin}: there is no file {name}; expected the path of the trainer's program");
    }

    private static IEnumerable<string> Places(string programFolder)
    {
        yield return Path.Combine(programFolder, Program);
        for (var folder = new DirectoryInfo(programFolder); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "MhcOperator.sln")))
            {
                continue;
            }

            // The same flavour as ours first.
            var release = programFolder.Contains($"{Path.DirectorySeparatorChar}Release{Path.DirectorySeparatorChar}",
                StringComparison.Ordinal);
            foreach (var configuration in release ? (string[])["Release", "Debug"] : ["Debug", "Release"])
            {
                yield return Path.Combine(folder.FullName, "src", "Trainer", "bin", configuration, "net10.0", "linux-x64", Program);
            }
        }
    }
}
