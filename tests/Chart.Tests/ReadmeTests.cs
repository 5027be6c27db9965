using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api.Manifests;
using MhcOperator.Api.Yaml;
using MhcOperator.Testing.Programs;

namespace Chart.Tests;

/// <summary>
/// What the chart says to people: its page, whose table is made of values.yaml, its entry in a catalogue, and what Helm prints.
/// </summary>
public sealed class ReadmeTests
{
    private const string Begin = "<!-- values: generated -->\n";
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void The_readme_has_every_value_with_its_default_and_what_it_does()
    {
        var page = File.ReadAllText(Path.Combine(Helm.Chart, "README.md"));
        Assert.Contains(Begin, page, StringComparison.Ordinal);
        Repository.HoldUpToDate("charts/mhc-operator/README.md",
            page[..(page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)] + Table());
    }

    [Fact]
    public void The_versions_are_that_of_the_file_VERSION()
    {
        var version = Repository.Version;
        var chart = File.ReadAllLines(Path.Combine(Helm.Chart, "Chart.yaml"));

        Assert.Contains($"version: {version}", chart);
        Assert.Contains($"appVersion: {version}", chart);
        Assert.Contains($"      image: mhc-operator:{version}", chart);
        Assert.Contains($"      image: mhc-trainer:{version}", chart);
    }

    [Fact]
    public void The_jobs_that_people_are_shown_are_valid()
    {
        var chart = YamlReader.Read(File.ReadAllText(Path.Combine(Helm.Chart, "Chart.yaml")))[0].Root!;
        var shown = YamlReader.Read((string)chart["annotations"]!["artifacthub.io/crdsExamples"]!)[0].Root!.AsArray()
            .Select(job => job!.ToJsonString());
        var notes = File.ReadAllText(Path.Combine(Helm.Chart, "templates", "NOTES.txt")).Split("<<EOF\n")[1].Split("  EOF\n")[0];
        var told = string.Join('\n', notes.Split('\n').Where(line => !line.Contains("{{", StringComparison.Ordinal)));

        Assert.All(shown.Append(told), text => Assert.Empty(Assert.Single(JobManifestReader.FromYaml(text, "shown")).Errors));
    }

    private static string Table()
    {
        var table = new StringBuilder("| value | default | |\n|---|---|---|\n");
        var path = new List<string>();
        var said = "";
        var text = File.ReadAllText(Path.Combine(Helm.Chart, "values.yaml"));
        var defaults = YamlReader.Read(text)[0].Root!;
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimStart();
            var depth = (lines[i].Length - line.Length) / 2;
            if (line.StartsWith("# -- ", StringComparison.Ordinal))
            {
                said = line[5..];
            }
            else if (line.Length > 0 && line[0] is not ('#' or '-') && said.Length > 0)
            {
                var name = line[..line.IndexOf(':', StringComparison.Ordinal)];
                path.RemoveRange(depth, path.Count - depth);
                var value = line[(name.Length + 1)..].Trim();
                string[] whole = [.. path, name];
                var set = value.Length > 0 ? value
                    : whole.Aggregate((JsonNode?)defaults, (node, part) => node![part])!.ToJsonString(Readable);
                table.Append($"| `{string.Join('.', whole)}` | `{set}` | {said.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
                said = "";
            }
            else if (line.EndsWith(':') && line[0] != '#' && said.Length == 0)
            {
                path.RemoveRange(Math.Min(depth, path.Count), path.Count - Math.Min(depth, path.Count));
                path.Add(line[..^1]);
            }
        }

        return table.ToString();
    }
}
