using System.Globalization;

namespace MhcOperator.Api;

/// <summary>
/// Reads Kubernetes quantities. The client library's <c>ResourceQuantity</c> reads <c>1,5</c> as 15 and <c>1 Gi</c> as 1Gi, which no API
/// server takes.
/// </summary>
public static class Quantity
{
    private const string Decimal = "kMGTPE";
    private const string Binary = "KMGTPE";

    /// <summary>The number that a quantity stands for, such as 1.5 · 2³⁰ for <c>1.5Gi</c>.</summary>
    /// <param name="text">A positive number, with a decimal (<c>k</c> to <c>E</c>) or binary (<c>Ki</c> to <c>Ei</c>) suffix, or a decimal
    /// exponent.</param>
    /// <exception cref="FormatException">It is none.</exception>
    public static double Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (number, factor) = text switch
        {
            [.. var start, var prefix, 'i'] when Binary.Contains(prefix, StringComparison.Ordinal) =>
                (start, Math.Pow(1024, Binary.IndexOf(prefix, StringComparison.Ordinal) + 1)),
            [.. var start, var prefix] when Decimal.Contains(prefix, StringComparison.Ordinal) =>
                (start, Math.Pow(1000, Decimal.IndexOf(prefix, StringComparison.Ordinal) + 1)),
            _ => (text, 1),
        };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent | NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) && value > 0
            ? value * factor
            : throw new FormatException($"\"{text}\" was given; a Kubernetes quantity over 0, such as 10Gi, was expected");
    }
}
