using System.Text;
using MhcOperator.Api.Schema;
using MhcOperator.Api.Validation;

namespace Api.Tests.Validation;

/// <summary>Rules are listed once, in C#; their CEL forms stand in the resource definition.</summary>
public sealed class CelTests
{
    [Fact]
    public void The_rules_on_the_metadata_stand_in_the_definition_letter_by_letter() =>
        Assert.Equal(Yaml(Expected().Where(r => IsOnRoot(r.Path)), ""), Yaml(JobSchema.Root.Validations));

    [Fact]
    public void The_rules_on_the_spec_stand_in_the_definition_letter_by_letter() =>
        Assert.Equal(Yaml(Expected().Where(r => !IsOnRoot(r.Path)), "spec"), Yaml(JobSchema.Spec.Validations));

    [Fact]
    public void Only_the_pod_template_and_texts_in_the_machines_unit_have_rules_without_a_CEL_form() =>
        Assert.Equal(
            "spec.workers.template spec.trainer.command spec.trainer.args spec.trainer.env spec.data.source.path spec.data.source.persistentVolumeClaim.subPath spec.checkpoints.volume.subPath", string.Join(' ', CrossValidator.Rules.Where(r => r.Cel is null).Select(r => r.Path)));

    [Fact]
    public void Every_field_that_a_rule_reads_exists() =>
        Assert.All(CrossValidator.Rules.SelectMany(r => r.Uses).Concat(Immutability.Fields.Select(f => f.Path)),
            path => Assert.NotNull(Find(path)));

    // A server checks defaults alone against the rules beside them: at "default: {}" the fields would not be there.
    [Fact]
    public void Rules_stand_only_where_no_default_is() =>
        Assert.All(All(JobSchema.Root).Where(s => s.Validations.Count > 0), s => Assert.Null(s.Default));

    private static IEnumerable<(string Path, string Rule, string Message)> Expected() =>
        CrossValidator.Rules.Where(r => r.Cel is not null).Select(r => (r.Path, r.Cel!, r.CelMessage))
            .Concat(Immutability.Fields.Select(f => (f.Path, f.Cel, f.CelMessage)));

    private static bool IsOnRoot(string path) => path.StartsWith("metadata", StringComparison.Ordinal);

    private static string Yaml(IEnumerable<(string Path, string Rule, string Message)> rules, string prefix) =>
        Yaml(rules.Select(r => new CelRule(r.Rule, r.Message, prefix.Length == 0 ? "." + r.Path : r.Path[prefix.Length..])));

    private static string Yaml(IEnumerable<CelRule> rules)
    {
        var text = new StringBuilder();
        foreach (var rule in rules)
        {
            text.AppendLine($"- rule: {Quote(rule.Rule)}").AppendLine($"  message: {Quote(rule.Message)}")
                .AppendLine($"  fieldPath: {rule.FieldPath}");
        }

        return text.ToString();
    }

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static SchemaNode? Find(string path) =>
        path.Split('.').Aggregate((SchemaNode?)JobSchema.Root, (node, name) => node?.Property(name));

    private static IEnumerable<SchemaNode> All(SchemaNode node) =>
        node.Properties.Select(p => p.Value).Concat(node.Items is { } items ? [items] : []).SelectMany(All).Prepend(node);
}
