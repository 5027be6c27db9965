using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using MhcOperator.Api.Contract;

namespace Api.Tests.Architecture;

/// <summary>
/// What operator and trainer must both spell alike stands in src/Api/Contract alone: names of variables and ports, numbers of ports, words
/// of a state, reasons of an end.
/// </summary>
public sealed partial class ContractWordsTests
{
    private static readonly HashSet<string> Words =
    [
        // the name of many things
        .. Constants<string>(typeof(TrainerEnvironment)),
        .. Constants<string>(typeof(TrainerPorts)).Except(["status"], StringComparer.Ordinal),
        .. Enum.GetNames<StabilityState>().Except([nameof(StabilityState.Unknown)], StringComparer.Ordinal), // likewise
        .. Constants<string>(typeof(EndReason)).Except([EndReason.Terminated], StringComparer.Ordinal), // also one of the kubelet's
        ResumePoint.Newest.ToString(),
    ];

    private static readonly HashSet<string> Numbers =
        [.. Constants<int>(typeof(TrainerPorts)).Select(port => port.ToString(CultureInfo.InvariantCulture))];

    [Fact]
    public void The_contracts_words_and_numbers_stand_in_its_folder_alone() =>
        Assert.Empty(SourceFile.Below("src").SelectMany(file => Strays(file.Path, file.Text)));

    [Theory]
    [InlineData("x = variables[\"MHC_ATTEMPT\"];")]
    [InlineData("x = state == \"Suspicious\";")]
    [InlineData("x = resume is \"latest\";")]
    [InlineData("x = port ?? 8470;")]
    public void One_that_stands_elsewhere_is_found(string line)
    {
        Assert.Single(Strays("Operator/Planning/Planted.cs", line));
        Assert.Empty(Strays("Api/Contract/Planted.cs", line));
    }

    [Theory]
    [InlineData("// MHC_ATTEMPT is \"Suspicious\", on 8470")]
    [InlineData("x = $\"MHC_ATTEMPT: expected a number\";")]
    public void One_in_a_sentence_is_none(string line) => Assert.Empty(Strays("Operator/Planning/Planted.cs", line));

    [GeneratedRegex(@"//[^\n]*|""(?<text>(?:[^""\\\n]|\\.)*)""|\b(?<number>\d+)\b", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Literal { get; }

    private static IEnumerable<T> Constants<T>(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.IsLiteral && field.FieldType == typeof(T) && field.Name != nameof(TrainerEnvironment.MostAttempts))
            .Select(field => (T)field.GetRawConstantValue()!);

    private static IEnumerable<string> Strays(string path, string text) => path.StartsWith("Api/Contract/", StringComparison.Ordinal)
        ? []
        : Literal.Matches(text)
            .Where(literal => Words.Contains(literal.Groups["text"].Value) || Numbers.Contains(literal.Groups["number"].Value))
            .Select(literal => $"{path}: {literal.Value} is a word of the contract: use its name in src/Api/Contract");
}
