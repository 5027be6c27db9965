using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using MhcOperator.Api.Contract;

namespace Api.Tests.Architecture;

/// <summary>
/// What two of operator, trainer and mhc must spell alike stands in src/Api/Contract alone: names of variables, ports, paths and files,
/// numbers of ports, words of a state, fields of a checkpoint's files, reasons of an end.
/// </summary>
public sealed partial class ContractWordsTests
{
    private static readonly string[] CheckpointFields =
    [
        .. new[] { typeof(CheckpointManifest), typeof(ShardRecord), typeof(HealthRecord) }
            .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            .Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)),
    ];

    /// <summary>The names of many things, and where they can only be the contract's: folders, or files.</summary>
    private static readonly (string[] Words, string[] Places)[] CommonWords =
    [
        ([TrainerPorts.StatusName, TrainerPaths.Status, TrainerPaths.Metrics, TrainerPaths.Health, TrainerPaths.Ready],
            ["Trainer/", "Operator/Planning/", "Operator/Local/"]),
        ([nameof(StabilityState.Unknown)], ["Trainer/", "Cli/"]),
        ([EndReason.Terminated], ["Trainer/", "Cli/"]), // also one of the kubelet's
        ([EnvironmentFlag.Render(true), EnvironmentFlag.Render(false)],
            ["Trainer/Training/", "Operator/Planning/Manifests/GangEnvironment.cs"]),
        ([ResumePoint.Start.ToString()], ["Trainer/Training/", "Operator/Planning/"]),
        (CheckpointFields, ["Cli/Files/"]),
    ];

    private static readonly HashSet<string> Words =
    [
        .. new[] { typeof(TrainerEnvironment), typeof(TrainerPorts), typeof(TrainerPaths), typeof(CheckpointLayout), typeof(EndReason) }
            .SelectMany(Constants<string>).Except(CommonWords.SelectMany(common => common.Words), StringComparer.Ordinal),
        .. Enum.GetNames<StabilityState>().Except([nameof(StabilityState.Unknown)], StringComparer.Ordinal),
        .. Enum.GetValues<CheckpointHealth>().Select(CheckpointHealthJsonConverter.WordOf),
        .. CheckpointFields.Where(field => field.EndsWith("Sha256", StringComparison.Ordinal)), "worldSize", "savedAt", "shards",
        ResumePoint.Newest.ToString(),
        TerminationMessage.DefaultPath,
        MetricsLine.FileName,
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
    [InlineData("[\"terminationMessagePath\"] = \"/dev/termination-log\",")]
    [InlineData("x = variables.Text(\"OMP_NUM_THREADS\");")]
    [InlineData("\"/worker\" => report,")]
    [InlineData("x = Path.Combine(path, \"manifest.json\");")]
    [InlineData("x = name.StartsWith(\"step-\", StringComparison.Ordinal);")]
    [InlineData("x = manifest[\"worldSize\"];")]
    [InlineData("x = health ?? \"candidate\";")]
    public void One_that_stands_elsewhere_is_found(string line)
    {
        Assert.Single(Strays("Operator/Planning/Planted.cs", line));
        Assert.Empty(Strays("Api/Contract/Planted.cs", line));
    }

    [Theory]
    [InlineData("Operator/Planning/Manifests/Planted.cs", "private const string StatusPort = \"status\";")]
    [InlineData("Operator/Planning/Manifests/Planted.cs", "[\"path\"] = \"/readyz\",")]
    [InlineData("Trainer/Telemetry/Planted.cs", "\"/metrics\" => text,")]
    [InlineData("Trainer/Training/Planted.cs", "null or \"false\" => false,")]
    [InlineData("Trainer/Failures/Planted.cs", "x = \"Terminated\";")]
    [InlineData("Cli/Run/Planted.cs", "x = state ?? \"Unknown\";")]
    [InlineData("Cli/Files/Planted.cs", "x = manifest[\"attempt\"];")]
    public void A_common_word_is_found_where_it_can_only_be_the_contracts(string path, string line)
    {
        Assert.Single(Strays(path, line));
        Assert.Empty(Strays("Operator/Webhooks/Planted.cs", line));
    }

    [Theory]
    [InlineData("// MHC_ATTEMPT is \"Suspicious\", on 8470")]
    [InlineData("x = $\"MHC_ATTEMPT: expected a number\";")]
    public void One_in_a_sentence_is_none(string line) => Assert.Empty(Strays("Operator/Planning/Planted.cs", line));

    [GeneratedRegex(@"//[^\n]*|""(?<text>(?:[^""\\\n]|\\.)*)""|\b(?<number>\d+)\b", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Literal { get; }

    private static IEnumerable<T> Constants<T>(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
            .Where(field => field.IsLiteral && field.FieldType == typeof(T) && field.Name != nameof(TrainerEnvironment.MostAttempts))
            .Select(field => (T)field.GetRawConstantValue()!);

    private static IEnumerable<string> Strays(string path, string text)
    {
        if (path.StartsWith("Api/Contract/", StringComparison.Ordinal))
        {
            return [];
        }

        var common = CommonWords.Where(words => words.Places.Any(place => path.StartsWith(place, StringComparison.Ordinal)))
            .SelectMany(words => words.Words).ToHashSet(StringComparer.Ordinal);
        return from literal in Literal.Matches(text)
               let word = literal.Groups["text"].Value
               where Words.Contains(word) || common.Contains(word) || Numbers.Contains(literal.Groups["number"].Value)
               select $"{path}: {literal.Value} is a word of the contract: use its name in src/Api/Contract";
    }
}
