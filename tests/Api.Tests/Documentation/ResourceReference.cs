using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Schema;

namespace Api.Tests.Documentation;

/// <summary>Writes the reference of all fields from the resource definition.</summary>
internal static class ResourceReference
{
    private const string Introduction = $"""
        # {MhcTrainingJob.KindName} ({MhcTrainingJob.Group}/{MhcTrainingJob.Version})

        Reference of all fields, generated from [the resource definition](../crds/cel/mhctrainingjobs.training.mhc.dev.yaml).
        `mhc validate FILE` checks a manifest against it and prints everything that is wrong, with the line.
        On a cluster, `kubectl explain mhcjob.spec` shows the same.
        Where nothing else is said a field is optional.

        `kubectl apply -f crds/` installs the definition on any server.
        Servers from 1.25 on can check the rules between fields at admission too: `kubectl apply -f crds/cel/`.
        Without them the operator finds the same faults and reports `Valid=False`.
        `scale` is not offered: the size of the gang decides how a batch is divided, so it changes only while the job is suspended.


        """;

    public static string Write()
    {
        var text = new StringBuilder(Introduction);
        text.Append("## metadata\n\n")
            .Append(Table([KeyValuePair.Create("name", JobSchema.Root.Property("metadata")!.Property("name")!)], ["name"]));
        Section(text, "spec", JobSchema.Spec);
        Section(text, "status", JobSchema.Status);
        Rules(text);
        return text.ToString();
    }

    private static void Section(StringBuilder text, string path, SchemaNode schema)
    {
        text.Append(CultureInfo.InvariantCulture, $"## {path}\n\n{MarkdownPage.OneALine(schema.Description)}\n\n");
        if (schema.Properties.Count > 0)
        {
            text.Append(Table(schema.Properties, schema.Required));
        }

        foreach (var (name, property) in schema.Properties)
        {
            if (property.Properties.Count > 0)
            {
                Section(text, $"{path}.{name}", property);
            }
            else if (property.Items is { Properties.Count: > 0 } items)
            {
                Section(text, $"{path}.{name}[]", items);
            }
        }
    }

    private static string Table(IEnumerable<KeyValuePair<string, SchemaNode>> fields, IReadOnlyList<string> required)
    {
        var text = new StringBuilder("| field | type | default | |\n|---|---|---|---|\n");
        foreach (var (name, schema) in fields)
        {
            var value = required.Contains(name, StringComparer.Ordinal) ? "required" : Default(schema.Default);
            text.Append(CultureInfo.InvariantCulture, $"| `{name}` | {Type(schema)} | {value} | {schema.Description} |\n");
        }

        return text.Append('\n').ToString();
    }

    private static string Type(SchemaNode schema) => schema switch
    {
        { Enum.Count: > 0 } => string.Join(", ", schema.Enum.Select(v => $"`{v}`")),
        { Type: SchemaType.Array } => $"list of {(schema.Items!.Type == SchemaType.Object ? "objects" : Type(schema.Items))}",
        { Format: "date-time" } => "time",
        { Type: SchemaType.String } => "text",
        { Type: SchemaType.Integer } => "whole number",
        { Type: SchemaType.Number } => "number",
        { Type: SchemaType.Boolean } => "true, false",
        _ => "object",
    };

    private static string Default(JsonNode? value) => value switch
    {
        null or JsonObject or JsonArray { Count: 0 } => "",
        JsonArray array => $"`[{string.Join(", ", array)}]`",
        _ => $"`{value}`",
    };

    private static void Rules(StringBuilder text)
    {
        text.Append("## Rules between fields\n\n| field | rule |\n|---|---|\n");
        foreach (var rule in JobSchema.Root.Validations)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `{rule.FieldPath![1..]}` | {rule.Message} |\n");
        }

        foreach (var rule in JobSchema.Spec.Validations)
        {
            text.Append(CultureInfo.InvariantCulture, $"| `spec{rule.FieldPath}` | {rule.Message} |\n");
        }
    }
}
