using System.CommandLine;
using System.CommandLine.Invocation;

namespace MhcOperator.CommandLine;

/// <summary>A program's command line: what is wrong with it is said in a line each, and no page of help buries that.</summary>
internal static class ProgramLine
{
    /// <summary>Parses and runs it.</summary>
    /// <param name="root">The program's commands.</param>
    /// <param name="args">Without the program's name.</param>
    /// <param name="console">Streams.</param>
    /// <param name="usageError">Exit code of a command line that is wrong.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> InvokeAsync(RootCommand root, string[] args, InvocationConfiguration console, int usageError)
    {
        var parsed = root.Parse(args);
        if (parsed.Action is not ParseErrorAction)
        {
            return await parsed.InvokeAsync(console);
        }

        foreach (var message in parsed.Errors.Select(e => e.Message).Distinct(StringComparer.Ordinal))
        {
            await console.Error.WriteLineAsync($"{root.Name}: {message}");
        }

        var command = parsed.CommandResult.Command;
        await console.Error.WriteLineAsync(
            $"`{(command == root ? root.Name : $"{root.Name} {command.Name}")} --help` shows what can be given.");
        return usageError;
    }
}
