using MhcOperator.Api.Schema;

namespace Api.Tests.Documentation;

public sealed class ResourceReferenceTests
{
    [Fact]
    public void The_reference_is_the_one_that_the_definition_makes()
    {
        Repository.HoldUpToDate(Path.Combine("docs", "resource.md"), ResourceReference.Write());
    }

    [Fact]
    public void The_definition_for_old_servers_is_the_same_without_the_rules_between_fields()
    {
        var withoutRules = WithoutRules(JobSchema.CrdYaml);

        Assert.DoesNotContain(withoutRules, l => l.Contains("x-kubernetes-validations:", StringComparison.Ordinal));
        Repository.HoldUpToDate(
            Path.Combine("crds", "mhctrainingjobs.training.mhc.dev.yaml"),
            "# Generated from cel/mhctrainingjobs.training.mhc.dev.yaml: the same without the rules between fields.\n"
                + string.Join('\n', withoutRules));
    }

    /// <summary>Leaves out every <c>x-kubernetes-validations</c> list, and the comment at the top.</summary>
    private static List<string> WithoutRules(string yaml)
    {
        var kept = new List<string>();
        int? listIndent = null;
        foreach (var line in yaml.Split('\n').SkipWhile(l => l.StartsWith('#')))
        {
            var indent = line.Length - line.TrimStart().Length;
            if (listIndent is { } at && line.Length > 0 && (indent > at || (indent == at && line[at] == '-')))
            {
                continue;
            }

            listIndent = line.TrimStart() == "x-kubernetes-validations:" ? indent : null;
            if (listIndent is null)
            {
                kept.Add(line);
            }
        }

        return kept;
    }
}
