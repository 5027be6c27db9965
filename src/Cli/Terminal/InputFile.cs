namespace MhcOperator.Cli.Terminal;

/// <summary>A file named on the command line, or <c>-</c> for standard input.</summary>
internal static class InputFile
{
    /// <summary>Reads the whole text.</summary>
    /// <exception cref="CliException">It cannot be read; the message says which file and why.</exception>
    public static async Task<string> ReadAsync(CliHost host, string name, CancellationToken cancel)
    {
        if (string.Equals(name, "-", StringComparison.Ordinal))
        {
            return await host.Input.ReadToEndAsync(cancel);
        }

        var path = host.FullPath(name);
        if (Directory.Exists(path))
        {
            throw new CliException($"{name} is a folder; expected a YAML file, or - for standard input");
        }

        try
        {
            return await File.ReadAllTextAsync(path, cancel);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException($"{name}: there is no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{name}: cannot be read: {e.Message}");
        }
    }
}
