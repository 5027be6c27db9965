using System.CommandLine;

namespace MhcOperator.Testing.CommandLine;

/// <summary>
/// Command lines that give an option what it cannot take, for every option of a program whose value is a number or one of some words.
/// </summary>
public static class BadValues
{
    // Other languages' numbers, numbers that are none, too large ones, and digits that a program does not write.
    private static readonly string[] OfAny = ["abc", "", " ", "0,8", "1,000", "1_000", "1 000", "1e999", "-1e999", "NaN", "nan",
        "Infinity", "-Infinity", "∞", "0x10", "１２", "1.2.3", "99999999999999999999999999", "$1", "(1)", "1%", "1e", "--"];
    private static readonly string[] OfWhole = ["1e6", "1.5", "1.0", "2147483648"];
    private static readonly string[] OfChoice = ["0", "1", "7", "Native,Reference", "nothing"];

    /// <summary>The command lines.</summary>
    public static IEnumerable<(string[] Arguments, string Option, string Value)> Of(Command command, params string[] path)
    {
        foreach (var option in command.Options)
        {
            var type = Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType;
            var values = type.IsEnum
                ? [.. OfAny, .. OfChoice]
                : IsNumber(type)
                ? type == typeof(double)
                ? OfAny
                : [.. OfAny, .. OfWhole]
                : Array.Empty<string>();
            foreach (var value in values)
            {
                yield return ([.. path, $"{option.Name}={value}"], option.Name, value);
            }
        }

        foreach (var child in command.Subcommands.SelectMany(c => Of(c, [.. path, c.Name])))
        {
            yield return child;
        }
    }

    /// <summary>
    /// Runs each: it ends with the code of a wrong command line, says which option was given what, and shows neither a stack nor a page of
    /// help.
    /// </summary>
    /// <param name="create">The program's commands.</param>
    /// <param name="invoke">Parses and runs a command line, which ends with the last argument where it is wrong.</param>
    /// <param name="usageError">That code.</param>
    /// <param name="least">How many options there are at least that take such a value.</param>
    public static async Task AllAreRefusedAsync(
        Func<RootCommand> create, Func<RootCommand, string[], InvocationConfiguration, int, Task<int>> invoke, int usageError, int least)
    {
        var cases = Of(create()).ToList();
        Assert.True(cases.Select(c => c.Option).Distinct(StringComparer.Ordinal).Count() >= least, "the program's options were not found");
        foreach (var (arguments, option, value) in cases)
        {
            using var output = new StringWriter();
            using var error = new StringWriter();

            var code = await invoke(create(), arguments,
                new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false }, usageError);

            Assert.True(code == usageError, $"{string.Join(' ', arguments)}: {code}");
            Assert.Contains(error.ToString().Split('\n'), line => line.Contains($"{option}", StringComparison.Ordinal)
                && (value.Trim().Length == 0 || line.Contains(value, StringComparison.Ordinal)));
            Assert.DoesNotContain("   at ", error.ToString(), StringComparison.Ordinal);
            Assert.Equal("", output.ToString());
        }
    }

    private static bool IsNumber(Type type) =>
        type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(System.Numerics.INumber<>))
            && type != typeof(char);
}
