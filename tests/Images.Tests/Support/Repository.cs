using System.Diagnostics;

namespace Images.Tests.Support;

/// <summary>Files and scripts of the repository that the tests run in.</summary>
internal static class Repository
{
    /// <summary>Its root.</summary>
    public static string Root { get; } = Find();

    /// <summary>Of all that is made.</summary>
    public static string Version { get; } = File.ReadAllText(PathOf("VERSION")).Trim();

    public static string PathOf(string relative) => Path.Combine(Root, relative);

    /// <summary>Runs a program from the root and gives what it printed. Fails where it fails.</summary>
    public static string Run(string program, IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment)
    {
        var (code, output, error) = Try(program, arguments, environment);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} ended with {code}: {error}{output}");
        return output;
    }

    /// <summary>Runs a program from the root.</summary>
    public static (int Code, string Output, string Error) Try(
        string program, IEnumerable<string> arguments, params IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(program.Contains('/', StringComparison.Ordinal) ? PathOf(program) : program, arguments)
        {
            WorkingDirectory = Root,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MhcOperator.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException($"no MhcOperator.sln above {AppContext.BaseDirectory}");
    }
}
