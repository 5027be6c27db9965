using System.CommandLine;

namespace MhcOperator.CommandLine;

/// <summary>An option whose value is one of some words, in capitals or not; a number is none of them.</summary>
internal static class ChoiceOption
{
    /// <summary>The option.</summary>
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
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                var given = result.Tokens[0].Value;
                foreach (var choice in choices)
                {
                    if (string.Equals(choice.ToString(), given, StringComparison.OrdinalIgnoreCase))
                    {
                        return choice;
                    }
                }

                result.AddError($"{name}: '{given}' was given; one of {string.Join(", ", choices)} was expected");
                return default;
            },
        };
    }
}
