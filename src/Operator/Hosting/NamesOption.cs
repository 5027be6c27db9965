using System.CommandLine;
using System.Text.RegularExpressions;

namespace MhcOperator.Operator.Hosting;

/// <summary>Options that may be given several times, each time with the name of an object of Kubernetes.</summary>
internal static partial class NamesOption
{
    /// <summary>Names of namespaces: labels (RFC 1123) of at most 63 characters.</summary>
    public static Option<string[]> Labels(string name, string description) =>
        Create(name, description, text => text.Length <= 63 && Label().IsMatch(text),
            "a DNS label: at most 63 of a-z, 0-9 and -, with a letter or a digit first and last");

    /// <summary>Names of most objects: subdomains (RFC 1123) of at most 253 characters.</summary>
    public static Option<string[]> Subdomains(string name, string description) =>
        Create(name, description, text => text.Length <= 253 && text.Split('.').All(Label().IsMatch),
            "a DNS subdomain: at most 253 of a-z, 0-9, - and ., each part with a letter or a digit first and last");

    private static Option<string[]> Create(string name, string description, Func<string, bool> isName, string expected) => new(name)
    {
        Description = description,
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => [],
        CustomParser = result =>
        {
            foreach (var token in result.Tokens.Where(token => !isName(token.Value)))
            {
                result.AddError($"{name}: '{token.Value}' was given; {expected}, was expected");
            }

            return [.. result.Tokens.Select(token => token.Value).Distinct(StringComparer.Ordinal)];
        },
    };

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?\\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Label();
}
