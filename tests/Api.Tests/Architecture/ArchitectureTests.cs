using System.Text;

namespace Api.Tests.Architecture;

public sealed class ArchitectureTests
{
    private static readonly Lazy<IReadOnlyList<SourceFile>> Sources =
        new(() => [.. SourceFile.Below("src").Select(file => SourceFile.Parse(file.Path, file.Text))]);

    public static TheoryData<string> Projects => [.. Layers.Of.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_folder_uses_only_those_below_it(string project) => Assert.Empty(Faults(project, Sources.Value));

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_use_against_the_order_is_found(string project)
    {
        var folders = Layers.Of[project];
        // nobody can name an entry point
        foreach (var (folder, above) in folders.Zip(folders.Skip(1)).Where(pair => pair.Second.Length > 0))
        {
            var planted = Plant(project, folder, above);

            var fault = Assert.Single(Faults(project, [.. Sources.Value, planted]));

            Assert.StartsWith($"{planted.Path} uses ", fault, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_constant_of_a_higher_folder_is_found_too()
    {
        var planted = SourceFile.Parse("Operator/Runtime/Planted.cs",
            "using MhcOperator.Operator.Planning.Inputs;\nnamespace MhcOperator.Operator.Runtime;\nclass Planted { string x = Reasons.WriteRefused; }");

        Assert.Single(Faults("Operator", [.. Sources.Value, planted]));
    }

    [Fact]
    public void What_stands_in_a_comment_or_a_string_is_no_use()
    {
        const string path = "Operator/Runtime/Planted.cs";
        const string text = """
            using MhcOperator.Operator.Planning;
            namespace MhcOperator.Operator.Runtime;
            /// <see cref="Planner"/>
            class Planted { string x = "Planner"; /* Planner */ }
            """;
        var used = text.Replace("\"Planner\"", "$\"{Planner.Plan}\"", StringComparison.Ordinal);

        Assert.Empty(Faults("Operator", [.. Sources.Value, SourceFile.Parse(path, text)]));
        Assert.Single(Faults("Operator", [.. Sources.Value, SourceFile.Parse(path, used)]));
    }

    [Fact]
    public void A_folder_that_has_no_place_in_the_order_is_found()
    {
        var planted = SourceFile.Parse("Trainer/Novelties/Planted.cs", "namespace MhcOperator.Trainer.Novelties;\nclass Planted;");

        Assert.Equal(["Trainer/Novelties has no place in Layers.cs"], Faults("Trainer", [.. Sources.Value, planted]));
    }

    [Fact]
    public void A_namespace_is_the_path_of_its_folder()
    {
        // What everyone speaks of is not spelled with its folder.
        Assert.Equal([], Strangers(Sources.Value).Where(file => !file.StartsWith("Api/Resource/", StringComparison.Ordinal)));
        var planted = SourceFile.Parse("Cli/Run/Planted.cs", "namespace MhcOperator.Cli;\nclass Planted;");
        Assert.Equal([planted.Path], Strangers([planted]));
    }

    [Fact]
    public void The_pages_order_is_the_one_that_is_held()
    {
        var expected = new StringBuilder();
        foreach (var (project, folders) in Layers.Of)
        {
            expected.Append("| `src/").Append(project).Append("` | ")
                .AppendJoin(" ← ", folders.Select(folder => folder.Length == 0 ? "*root*" : $"`{folder}`")).Append(" |\n");
        }

        Assert.Contains(expected.ToString(), File.ReadAllText(Repository.PathOf("docs/architecture.md")),
            StringComparison.Ordinal);
    }

    private static IEnumerable<string> Strangers(IEnumerable<SourceFile> sources) =>
        sources.Where(file => file.Namespace.Length > 0 && file.Namespace != $"MhcOperator.{file.Folder.Replace('/', '.')}")
            .Select(file => file.Path);

    /// <summary>What of a project stands against the order.</summary>
    private static List<string> Faults(string project, IEnumerable<SourceFile> sources)
    {
        var order = Layers.Of[project].Select((folder, place) => (Folder: $"{project}/{folder}".TrimEnd('/'), place))
            .ToDictionary(pair => pair.Folder, pair => pair.place, StringComparer.Ordinal);
        var own = sources.Where(file => file.Path.StartsWith(project + "/", StringComparison.Ordinal)).ToList();
        var homeless = own.Select(file => file.Folder).Distinct(StringComparer.Ordinal).Where(folder => !order.ContainsKey(folder))
            .ToList();
        return homeless.Count > 0
            ? [.. homeless.Select(folder => $"{folder} has no place in Layers.cs")]
            :
            [
                .. new SourceGraph(own).Uses.Where(use => order[Folder(use.From)] < order[Folder(use.To)])
                    .Select(use => $"{use.From} uses {use.Type} of {use.To}, which stands above it in Layers.cs"),
            ];
    }

    /// <summary>A file that uses a type of another folder.</summary>
    private static SourceFile Plant(string project, string folder, string above)
    {
        var target = Sources.Value.First(file => file.Folder == $"{project}/{above}".TrimEnd('/'));
        var home = $"{project}/{folder}".TrimEnd('/');
        var type = Path.GetFileNameWithoutExtension(target.Path);
        return SourceFile.Parse(
            $"{home}/Planted.cs",
            $"using {target.Namespace};\nnamespace MhcOperator.{home.Replace('/', '.')};\nclass Planted {{ {type} x; }}");
    }

    private static string Folder(string path) => path[..path.LastIndexOf('/')];
}
