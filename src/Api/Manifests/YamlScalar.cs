using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MhcOperator.Api.Manifests;

/// <summary>
/// Finds the type of a scalar as kubectl does: YAML 1.2's core schema, and from YAML 1.1 <c>yes</c>, <c>no</c>, <c>on</c>,
/// <c>off</c>, <c>_</c> in numbers, and 0x, 0o, 0b and leading-zero octal integers. Dates stay text.
/// </summary>
internal static partial class YamlScalar
{
    private const string Prefix = "tag:yaml.org,2002:";

    /// <summary>The value (null for YAML's null), and what is wrong with the scalar where something is.</summary>
    public static (JsonValue? Value, string? Error) Resolve(Scalar scalar)
    {
        var text = scalar.Value;
        if (scalar.Tag.IsEmpty || scalar.Tag.IsNonSpecific)
        {
            return scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty ? Plain(text) : (JsonValue.Create(text), null);
        }

        var tag = scalar.Tag.Value;
        if (tag == Prefix + "str")
        {
            return (JsonValue.Create(text), null);
        }

        if (tag is Prefix + "int" or Prefix + "float" or Prefix + "bool" or Prefix + "null")
        {
            return Plain(text);
        }

        return (JsonValue.Create(text), $"expected a value without the tag {tag}");
    }

    private static (JsonValue? Value, string? Error) Plain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => (null, null),
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y" => (JsonValue.Create(true), null),
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N" => (JsonValue.Create(false), null),
        ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" or ".nan" or ".NaN" or ".NAN" =>
            (JsonValue.Create(text), $"expected a finite number, got {text}"),
        _ when text[0] is (>= '0' and <= '9') or '+' or '-' or '.' => NumberOrText(text),
        _ => (JsonValue.Create(text), null),
    };

    private static (JsonValue? Value, string? Error) NumberOrText(string text)
    {
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        if (Integer().Match(plain) is { Success: true } match)
        {
            return (WholeNumber(match, plain), null);
        }

        if (!Float().IsMatch(plain))
        {
            return (JsonValue.Create(text), null);
        }

        var number = double.Parse(plain, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(number)
            ? (JsonValue.Create(number), null)
            : (JsonValue.Create(text), $"expected a finite number, got {text}");
    }

    private static JsonValue WholeNumber(Match match, string plain)
    {
        var (digits, radix) = match.Groups switch
        {
            var g when g["hex"].Success => (g["hex"].Value, 16),
            var g when g["octal"].Success => (g["octal"].Value, 8),
            var g when g["binary"].Success => (g["binary"].Value, 2),
            _ => (match.Groups["decimal"].Value, 10),
        };
        Int128 value = 0;
        foreach (var digit in digits)
        {
            value = (value * radix) + Convert.ToInt32(digit.ToString(), 16);
            if (value > ulong.MaxValue)
            {
                // Beyond 64 bits kubectl makes a floating-point number of it, where it is decimal, and text of the rest.
                return radix == 10 && double.Parse(plain, CultureInfo.InvariantCulture) is var large && double.IsFinite(large)
                    ? JsonValue.Create(large)
                    : JsonValue.Create(plain);
            }
        }

        value = plain[0] == '-' ? -value : value;
        return value >= long.MinValue && value <= long.MaxValue ? JsonValue.Create((long)value) : JsonValue.Create((double)value);
    }

    [GeneratedRegex("^[-+]?(0[xX](?<hex>[0-9a-fA-F]+)|0[bB](?<binary>[01]+)|0[oO]?(?<octal>[0-7]+)|(?<decimal>0|[1-9][0-9]*))$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Float();
}
