using System.CommandLine;
using System.CommandLine.Parsing;

namespace MhcOperator.CommandLine;

/// <summary>Options whose values are of some words, in capitals or not; a number is none of them.</summary>
internal static class ChoiceOption
{
    /// <summary>An option of one word.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="description">For the help.</param>
    /// <param name="among">The words; null: all of the type.</param>
    public static Option<T> Create<T>(string name, string description, IReadOnlyList<T>? among = null)
        where T : struct, Enum
    {
        var choices = among ?? Enum.GetValues<T>();
        return new Option<T>(name)
        {
            Description = description,
            HelpName = string.Join('|', choices),
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var chosen = Choose(result, name, result.Tokens[0].Value, [.. choices.Select(c => c.ToString())]);
                return chosen < 0 ? default : choices[chosen];
            },
        };
    }

    /// <summary>An option of one or more words.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="description">For the help.</param>
    /// <param name="choices">The words.</param>
    /// <param name="otherwise">Where the option is not given.</param>
    public static Option<string[]> CreateMany(string name, string description, IReadOnlyList<string> choices,
        IReadOnlyList<string> otherwise) => new(name)
        {
            Description = description,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. otherwise],
            CustomParser = result =>
                [.. result.Tokens.Select(t => Choose(result, name, t.Value, choices)).Where(chosen => chosen >= 0)
                    .Select(chosen => choices[chosen])],
        };

    /// <summary>Place of a word among the choices; −1, and an error, where it is none of them.</summary>
    private static int Choose(ArgumentResult result, string name, string given, IReadOnlyList<string> choices)
    {
        for (var i = 0; i < choices.Count; i++)
        {
            if (string.Equals(choices[i], given, StringComparison.OrdinalIgnoreCase))
            {
                return i;
            }
        }

        result.AddError($"{name}: '{given}' was given; one of {string.Join(", ", choices)} was expected");
        return -1;
    }
}
