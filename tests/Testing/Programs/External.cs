using System.Collections.Concurrent;
using System.Diagnostics;

namespace MhcOperator.Testing.Programs;

/// <summary>Programs that are not ours.</summary>
public static class External
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> Folders = new(StringComparer.Ordinal);

    /// <summary>The folder that a script of eng/ prints, which fetches what is to be in it where that lacks.</summary>
    public static string Folder(string script, params string[] arguments) =>
        Folders.GetOrAdd($"{script} {string.Join(' ', arguments)}", _ => new Lazy<string>(() => Fetch(script, arguments))).Value;

    /// <summary>Runs a program in the repository's folder, without a cluster where the environment names none.</summary>
    public static async Task<Answer> RunAsync(string program, IEnumerable<string> arguments,
        params IEnumerable<(string Name, string Value)> environment)
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
            Environment = { ["KUBECONFIG"] = "/dev/null" },
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancel);
            var error = process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            return new Answer(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static string Fetch(string script, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(Repository.Root, "eng", script), arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        var folder = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return process.ExitCode == 0 ? folder
            : throw new InvalidOperationException($"eng/{script} {string.Join(' ', arguments)} did not fetch what it is to fetch");
    }
}
