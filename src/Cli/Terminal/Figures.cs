using System.Globalization;
using MhcOperator.Api;

namespace MhcOperator.Cli.Terminal;

/// <summary>Numbers as people read them, the same in every language.</summary>
internal static class Figures
{
    /// <summary>Four decimals; a dash where there is none (not finite).</summary>
    public static string Loss(double? loss) => loss?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "—";

    /// <summary>Two decimals, or powers of ten for the very large.</summary>
    public static string Short(double? value) => value switch
    {
        null => "—",
        { } v when Math.Abs(v) >= 100_000 => v.ToString("0.0e0", CultureInfo.InvariantCulture),
        { } v => v.ToString("0.00", CultureInfo.InvariantCulture),
    };

    /// <summary>A whole number with separators.</summary>
    public static string Whole(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary><c>12.3 s</c>, <c>4:05</c> or <c>1:04:05</c>.</summary>
    public static string Time(TimeSpan time) => time.TotalSeconds < 100
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s")
        : time.TotalHours < 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}:{time.Seconds:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}");

    /// <summary>Whole seconds, or minutes and hours; a dash where it is not known.</summary>
    public static string Eta(double? seconds) => seconds is { } s && double.IsFinite(s)
        ? s < 100 ? string.Create(CultureInfo.InvariantCulture, $"{s:0} s") : Time(Times.Seconds(s))
        : "—";

    /// <summary>Bytes with a binary unit.</summary>
    public static string Size(long bytes)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        double value = bytes;
        var unit = 0;
        while (value >= 1024 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return value.ToString(unit == 0 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + units[unit];
    }
}
