using System.Text;
using MhcOperator.CommandLine;
using Spectre.Console;

namespace MhcOperator.Cli.Terminal;

/// <summary>Everything of the outside that a command touches, so that tests can stand in for it.</summary>
internal sealed record CliHost
{
    private readonly TextWriter _terminal = TextWriter.Null;

    /// <summary>What <c>-</c> reads.</summary>
    public required TextReader Input { get; init; }

    /// <summary>Results.</summary>
    public required TextWriter Output
    {
        get;
        init => (_terminal, field) = (value, OutputWriter.Printable(value));
    }

    /// <summary>Errors.</summary>
    public required TextWriter Error
    {
        get;
        init => field = OutputWriter.Printable(value);
    }

    /// <summary>Whether <see cref="Output"/> is a terminal; where it is not, no control code is ever written.</summary>
    public required bool OutputIsTerminal { get; init; }

    /// <summary>Folder that relative paths start from.</summary>
    public required string WorkingFolder { get; init; }

    /// <summary>Reads an environment variable; null where it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Folder of the program itself.</summary>
    public string ProgramFolder { get; init; } = AppContext.BaseDirectory;

    /// <summary>Clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The process's own streams and surroundings.</summary>
    public static CliHost System() => new()
    {
        Input = Surroundings.InputIsClosed
            ? new ClosedInput()
            : new StreamReader(Console.OpenStandardInput(),
                new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true),
                detectEncodingFromByteOrderMarks: false),
        Output = Console.Out,
        Error = Console.Error,
        OutputIsTerminal = !Console.IsOutputRedirected,
        WorkingFolder = Environment.CurrentDirectory,
        Variable = Environment.GetEnvironmentVariable,
    };

    /// <summary>A full path, taken from <see cref="WorkingFolder"/>.</summary>
    /// <exception cref="CliException">It is empty, as a variable of a shell is that was not set.</exception>
    public string FullPath(string path) => path.Length > 0 ? Path.GetFullPath(path, WorkingFolder)
        : throw new CliException("expected the name of a file or folder, got the empty text");

    /// <summary>A path as people read it: from <see cref="WorkingFolder"/> where it lies inside, in full elsewhere.</summary>
    public string ShownPath(string path)
    {
        var relative = Path.GetRelativePath(WorkingFolder, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    /// <summary>
    /// A console over <see cref="Output"/>. Spectre's own detection turns colours on in some build systems, pipe or not, so
    /// the decision is made here: colours and cursor movements only on a terminal.
    /// </summary>
    public IAnsiConsole OpenConsole()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = OutputIsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = OutputIsTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = OutputIsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
            Out = OutputIsTerminal ? new AnsiConsoleOutput(_terminal) : new PipeOutput(Output),
        });
        return console;
    }
}
