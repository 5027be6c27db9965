using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Tests.Support;

/// <summary>Runs commands in this process, in a folder of their own.</summary>
internal sealed class MhcShell : IDisposable
{
    /// <summary>Working folder of the commands.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("mhc-cli-").FullName;

    /// <summary>Environment variables of the commands.</summary>
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>Writes a file into <see cref="Folder"/> and gives its name back.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(Path.Combine(Folder, name), text);
        return name;
    }

    /// <summary>Writes a program that the shell runs into <see cref="Folder"/>.</summary>
    public string WriteScript(string name, string text)
    {
        Write(name, "#!/bin/sh\n" + text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(Folder, name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return name;
    }

    /// <summary>Runs one command line.</summary>
    public Task<MhcResult> RunAsync(params string[] args) => RunWithInputAsync("", args);

    /// <inheritdoc cref="RunAsync"/>
    public async Task<MhcResult> RunWithInputAsync(string input, params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var host = new CliHost
        {
            Input = new StringReader(input),
            Output = output,
            Error = error,
            OutputIsTerminal = false,
            WorkingFolder = Folder,
            Variable = name => Variables.GetValueOrDefault(name),
        };
        var code = await MhcProgram.RunAsync(args, host);
        return new MhcResult(code, output.ToString(), error.ToString());
    }
}
