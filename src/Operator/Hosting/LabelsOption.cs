using System.CommandLine;
using System.Text.RegularExpressions;

namespace MhcOperator.Operator.Hosting;

/// <summary>Options whose value is a set of labels, as kubectl writes them: <c>app=a,part=b</c>.</summary>
internal static partial class LabelsOption
{
    private const int LongestPrefix = 253;

    public static Option<IReadOnlyDictionary<string, string>?> Create(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "LABELS",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            var given = result.Tokens[0].Value;
            var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
            foreach (var part in given.Split(','))
            {
                var place = part.IndexOf('=', StringComparison.Ordinal);
                if (place < 0 || !IsLabel(part[..place], part[(place + 1)..]) || !labels.TryAdd(part[..place], part[(place + 1)..]))
                {
                    result.AddError(
                        $"{name}: '{given}' was given; labels were expected, each once, as app.kubernetes.io/name=mhc-operator,team=a");
                    return null;
                }
            }

            return labels;
        },
    };

    private static bool IsLabel(string key, string value)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var (prefix, name) = slash < 0 ? (null, key) : (key[..slash], key[(slash + 1)..]);
        return Name().IsMatch(name) && (prefix is null || (prefix.Length <= LongestPrefix && Subdomain().IsMatch(prefix)))
            && (value.Length == 0 || Name().IsMatch(value));
    }

    [GeneratedRegex(@"^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Subdomain();
}
