using MhcOperator.Api.Errors;
using Spectre.Console;

namespace MhcOperator.Cli.Terminal;

/// <summary>
/// A table, whose last column may go on in further lines; where the terminal is too narrow for it, a paragraph for each row, since a table
/// would break words.
/// </summary>
internal static class Records
{
    // What a column takes beside its text: a line and a space on each side.
    private const int Border = 3;

    /// <summary>Writes it.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="title">Above it; empty: nothing.</param>
    /// <param name="columns">Their names; those of numbers are aligned to the right.</param>
    /// <param name="rows">Texts, one for each column.</param>
    public static void Write(IAnsiConsole console, string title, IReadOnlyList<(string Name, bool IsNumber)> columns,
        IEnumerable<string[]> rows)
    {
        List<string[]> plain = [.. rows.Select(row => row.Select(PrintableText.Line).ToArray())];
        var last = columns.Count - 1;
        var width = 1 + columns.Select((column, i) => Border + plain
            .Select(row => i == last ? LongestWord(row[i]) : row[i].Length)
            .Append(column.Name.Length)
            .Max()).Sum();
        if (width <= console.Profile.Width)
        {
            console.Write(Table(title, columns, plain));
            return;
        }

        if (title.Length > 0)
        {
            console.WriteLine(title);
        }

        foreach (var row in plain)
        {
            var cells = columns.Zip(row).Where(cell => cell.Second.Length > 0).Select(cell => $"{cell.First.Name} {cell.Second}");
            var text = string.Join(", ", cells);
            console.Write(new Padder(new Text(text), new Padding(2, 0, 0, 0)));
        }
    }

    private static int LongestWord(string text) => text.Split(' ').Max(word => word.Length);

    private static Table Table(string title, IReadOnlyList<(string Name, bool IsNumber)> columns, List<string[]> rows)
    {
        var table = new Table().Border(TableBorder.Rounded);
        if (title.Length > 0)
        {
            table.Title(title);
        }

        foreach (var (name, isNumber) in columns)
        {
            var column = isNumber ? new TableColumn(name).RightAligned() : new TableColumn(name);
            table.AddColumn(table.Columns.Count < columns.Count - 1 ? column.NoWrap() : column);
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(text => new Text(text)));
        }

        return table;
    }
}
