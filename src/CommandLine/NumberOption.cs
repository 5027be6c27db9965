using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace MhcOperator.CommandLine;

/// <summary>
/// An option whose value is a number: digits as they are written in programs, whatever the language of the machine, without anything
/// between thousands, finite, and inside its limits. All programs take their numbers through it; their projects link this file.
/// </summary>
internal static class NumberOption
{
    /// <summary>A whole number.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="description">For the help; the limits are put behind it.</param>
    /// <param name="least">Least value.</param>
    /// <param name="most">Largest value.</param>
    /// <param name="otherwise">Where the option is not given.</param>
    public static Option<int> Whole(string name, string description, int least, int most, int otherwise)
    {
        var option = Create<int>(name, description, Whole, least, most);
        option.DefaultValueFactory = _ => otherwise;
        return option;
    }

    /// <summary>A whole number that may be absent.</summary>
    public static Option<int?> Whole(string name, string description, int least, int most) =>
        CreateOptional<int>(name, description, Whole, least, most);

    /// <summary>A number with or without a fraction.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="description">For the help.</param>
    /// <param name="least">Least value.</param>
    /// <param name="most">Largest value.</param>
    /// <param name="otherwise">Where the option is not given.</param>
    /// <param name="expected">What is expected, where two limits do not say it all.</param>
    /// <param name="isGood">Holds for what is inside the limits and expected.</param>
    public static Option<double> Real(string name, string description, double least, double most, double otherwise,
        string? expected = null, Func<double, bool>? isGood = null)
    {
        var option = Create<double>(name, description, Real, least, most, expected, isGood);
        option.DefaultValueFactory = _ => otherwise;
        return option;
    }

    /// <summary>A number with or without a fraction that may be absent.</summary>
    public static Option<double?> Real(string name, string description, double least, double most, string? expected = null,
        Func<double, bool>? isGood = null) =>
        CreateOptional<double>(name, description, Real, least, most, expected, isGood);

    private static Option<T> Create<T>(string name, string description, Parser<T> parse, T least, T most, string? expected = null,
        Func<T, bool>? isGood = null)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            CustomParser = result => Parse(result, name, parse, least, most, expected, isGood),
            Arity = ArgumentArity.ExactlyOne,
        };

    private static Option<T?> CreateOptional<T>(string name, string description, Parser<T> parse, T least, T most,
        string? expected = null, Func<T, bool>? isGood = null)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            CustomParser = result => Parse(result, name, parse, least, most, expected, isGood),
            Arity = ArgumentArity.ExactlyOne,
        };

    private delegate bool Parser<T>(string text, out T value);

    private static T Parse<T>(ArgumentResult result, string name, Parser<T> parse, T least, T most, string? expected, Func<T, bool>? isGood)
        where T : struct, INumber<T>
    {
        var given = result.Tokens[0].Value;
        if (parse(given, out var value) && value >= least && value <= most && isGood?.Invoke(value) != false)
        {
            return value;
        }

        var kind = typeof(T) == typeof(int) ? "a whole number" : "a number";
        result.AddError(
            string.Create(CultureInfo.InvariantCulture,
                $"{name}: '{given}' was given; {expected ?? $"{kind} from {least} to {most}"} was expected, as {Example(least, most)}"));
        return default;
    }

    private static string Example<T>(T least, T most)
        where T : struct, INumber<T> =>
            string.Create(CultureInfo.InvariantCulture,
                $"{(typeof(T) == typeof(int) ? T.Min(most, T.Max(least, T.CreateChecked(1000))) : T.Max(least, T.Min(most, T.CreateChecked(0.5))))}");

    private static bool Whole(string text, out int value) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private static bool Real(string text, out double value) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}
