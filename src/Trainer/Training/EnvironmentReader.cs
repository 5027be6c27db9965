using System.Globalization;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Training;

/// <summary>Reads environment variables; what is wrong is said with the variable's name.</summary>
/// <param name="environment">Value of a variable; null where it is not set.</param>
internal sealed class EnvironmentReader(Func<string, string?> environment)
{
    /// <summary>A text; null where it is not set or empty.</summary>
    public string? Text(string name) => environment(name) is { Length: > 0 } text ? text : null;

    /// <summary>A text that must be there.</summary>
    /// <exception cref="TrainerException">It is not.</exception>
    public string Required(string name, string meaning) =>
        Text(name) ?? throw TrainerException.Configuration(EndReason.ConfigurationInvalid, $"{name} is not set: {meaning} was expected");

    /// <summary>True or false; false where it is not set.</summary>
    /// <exception cref="TrainerException">It is something else.</exception>
    public bool Flag(string name) => EnvironmentFlag.Parse(Text(name))
        ?? throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
            $"{name}: \"{Text(name)}\" was given; true or false was expected");

    /// <summary>A whole number.</summary>
    /// <exception cref="TrainerException">It is something else, or out of range.</exception>
    public int Number(string name, int absent, int least, int most) => (int)Long(name, absent, least, most);

    /// <summary>A whole number that may be large.</summary>
    /// <exception cref="TrainerException">It is something else, or out of range.</exception>
    public long Long(string name, long absent, long least, long most)
    {
        if (Text(name) is not { } text)
        {
            return absent;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                string.Create(CultureInfo.InvariantCulture,
                    $"{name}: \"{text}\" was given; a whole number from {least} to {most} was expected"));
    }

    /// <summary>A number over 0.</summary>
    /// <exception cref="TrainerException">It is something else.</exception>
    public double Factor(string name, double absent)
    {
        if (Text(name) is not { } text)
        {
            return absent;
        }

        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > 0 && double.IsFinite(value)
            ? value
            : throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                $"{name}: \"{text}\" was given; a number over 0 was expected");
    }
}
