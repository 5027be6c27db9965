using System.Globalization;

namespace MhcOperator.Api.Contract;

/// <summary>
/// The order to begin an attempt in the pods that are there: one <c>NAME=VALUE</c> a line, of which <c>MHC_ATTEMPT</c> says which attempt,
/// <c>MHC_CONFIG_SHA256</c> which configuration must have arrived first, and all are environment of the new process. Every rank of a gang
/// gets the same text.
/// </summary>
public sealed record RestartOrder
{
    private RestartOrder(int attempt, IReadOnlyDictionary<string, string> environment) => (Attempt, Environment) = (attempt, environment);

    /// <summary>Attempt to begin.</summary>
    public int Attempt { get; }

    /// <summary>What is different in the new process's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; }

    /// <summary>SHA-256 of the configuration file, in lower-case hexadecimal digits.</summary>
    public string? ConfigurationHash => Environment.GetValueOrDefault(TrainerEnvironment.ConfigurationHash);

    /// <summary>The text of an order; values have no line ends.</summary>
    public static string Render(IEnumerable<KeyValuePair<string, string>> environment) =>
        string.Concat(environment.Select(v => $"{v.Key}={v.Value}\n"));

    /// <summary>
    /// Reads an order; null where there is none, as in the file before the first, or where its attempt is none that a job makes.
    /// </summary>
    public static RestartOrder? Parse(string? text)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in (text ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                environment[line[..equals]] = line[(equals + 1)..];
            }
        }

        return int.TryParse(environment.GetValueOrDefault(TrainerEnvironment.Attempt), NumberStyles.None, CultureInfo.InvariantCulture,
            out var attempt)
            && TrainerEnvironment.IsAttempt(attempt)
            ? new RestartOrder(attempt, environment)
            : null;
    }
}
