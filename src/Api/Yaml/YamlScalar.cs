using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MhcOperator.Api.Yaml;

/// <summary>
/// Finds the type of a scalar as kubectl does, whose YAML is that of Go's yaml.v2: YAML 1.1 with <c>yes</c>, <c>no</c>, <c>on</c>,
/// <c>off</c>, <c>y</c>, <c>n</c>, <c>_</c> in numbers, and 0x, 0o, 0b and leading-zero octal integers. Dates and 1:30 stay text.
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

        var found = Plain(text);
        var fits = tag switch
        {
            Prefix + "null" => found.Value is null,
            Prefix + "bool" => found.Value?.TryGetValue<bool>(out _) == true,
            Prefix + "int" => found.Value?.TryGetValue<long>(out _) == true,
            Prefix + "float" => found.Value?.GetValueKind() == JsonValueKind.Number,
            _ => false,
        };
        return fits ? found : (JsonValue.Create(text), $"expected a value without the tag {tag}");
    }

    /// <summary>
    /// The name of a field: text, or what is spelled as kubectl spells it. It writes <c>on</c> as "true" and 0x10 as "16".
    /// </summary>
    public static (string Name, string? Error) Name(Scalar scalar)
    {
        var (value, error) = Resolve(scalar);
        var read = value is null ? "null" : value.TryGetValue<string>(out var text) ? text : value.ToJsonString();
        var same = read == scalar.Value && value is not null && !value.TryGetValue<double>(out _);
        return (scalar.Value, error ?? (same ? null
            : $"expected text as the name of a field, got what kubectl reads as {read}; put it in quotes"));
    }

    private static (JsonValue? Value, string? Error) Plain(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => (null, null),
        "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y" => (JsonValue.Create(true), null),
        "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N" => (JsonValue.Create(false), null),
        ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF" or "-.inf" or "-.Inf" or "-.INF" or ".nan" or ".NaN" or ".NAN" =>
            (JsonValue.Create(text), $"expected a finite number, got {text}"),
        ['.', ..] => PointFirst().IsMatch(text) ? Real(text) : (JsonValue.Create(text), null),
        [(>= '0' and <= '9') or '+' or '-', ..] => NumberOrText(text.Replace("_", "", StringComparison.Ordinal), text),
        _ => (JsonValue.Create(text), null),
    };

    private static (JsonValue? Value, string? Error) NumberOrText(string plain, string text)
    {
        if (Integer().Match(plain) is { Success: true } match && Whole(match) is { } whole)
        {
            return (whole, null);
        }

        return Float().IsMatch(plain) ? Real(plain) : (JsonValue.Create(text), null);
    }

    private static (JsonValue? Value, string? Error) Real(string text)
    {
        var number = double.Parse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsFinite(number)
            ? (JsonValue.Create(number), null)
            : (JsonValue.Create(text), $"expected a finite number, got {text}");
    }

    /// <summary>Null: it does not fit into 64 bits.</summary>
    private static JsonValue? Whole(Match match)
    {
        var (digits, radix) = match.Groups switch
        {
            var g when g["hex"].Success => (g["hex"].Value, 16),
            var g when g["octal"].Success => (g["octal"].Value, 8),
            var g when g["binary"].Success => (g["binary"].Value, 2),
            _ => (match.Groups["decimal"].Value, 10),
        };
        var sign = match.Groups["sign"].Value + match.Groups["inner"].Value;
        Int128 value = 0;
        foreach (var digit in digits)
        {
            value = (value * radix) + (char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
            if (value > ulong.MaxValue)
            {
                return null;
            }
        }

        value = sign == "-" ? -value : value;
        return value >= long.MinValue && value <= long.MaxValue ? JsonValue.Create((long)value)
            : sign.Length == 0 ? JsonValue.Create((double)value)
            : null;
    }

    // A sign behind 0b is a slip of its authors that files may rely on.
    [GeneratedRegex(
        "^(0b(?<inner>[-+])(?<binary>[01]+)|(?<sign>[-+]?)(0[xX](?<hex>[0-9a-fA-F]+)|0[bB](?<binary>[01]+)|0[oO]?(?<octal>[0-7]+)|(?<decimal>0|[1-9][0-9]*)))\\z",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Float();

    [GeneratedRegex(@"^\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PointFirst();
}
