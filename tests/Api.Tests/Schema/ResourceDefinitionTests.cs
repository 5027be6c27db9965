using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Json;
using MhcOperator.Api.Schema;

namespace Api.Tests.Schema;

/// <summary>Holds the C# records and the resource definition against each other, field by field, both ways.</summary>
public sealed class ResourceDefinitionTests
{
    private static readonly Type[] Scalars = [typeof(string), typeof(bool), typeof(int), typeof(long), typeof(double), typeof(DateTime)];

    public static TheoryData<string> RecordPaths() => [.. Records().Select(r => r.Path)];

    [Fact]
    public void The_definition_names_the_group_version_kind_and_plural_of_the_records()
    {
        var crd = JobSchema.CrdJson();
        var spec = crd["spec"]!;

        Assert.Equal($"{MhcTrainingJob.Plural}.{MhcTrainingJob.Group}", (string?)crd["metadata"]!["name"]);
        Assert.Equal(MhcTrainingJob.Group, (string?)spec["group"]);
        Assert.Equal(MhcTrainingJob.KindName, (string?)spec["names"]!["kind"]);
        Assert.Equal(MhcTrainingJob.Plural, (string?)spec["names"]!["plural"]);
        Assert.Equal(MhcTrainingJob.Version, (string?)spec["versions"]![0]!["name"]);
    }

    [Theory]
    [MemberData(nameof(RecordPaths))]
    public void Record_and_schema_have_the_same_fields(string path)
    {
        var (_, type, schema, _) = Record(path);

        Assert.Equal(Properties(type).Select(JsonName).Order(StringComparer.Ordinal),
            schema.Properties.Select(p => p.Key).Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(RecordPaths))]
    public void Record_and_schema_have_the_same_types(string path)
    {
        var (_, type, schema, _) = Record(path);

        Assert.All(Properties(type), p => Assert.Equal(TypeOf(p.PropertyType), TypeOf(schema.Property(JsonName(p))!)));
    }

    [Theory]
    [MemberData(nameof(RecordPaths))]
    public void Enumerations_have_the_same_values(string path)
    {
        var (_, type, schema, _) = Record(path);

        foreach (var property in Properties(type).Where(p => p.PropertyType.IsEnum))
        {
            Assert.Equal(Enum.GetNames(property.PropertyType), schema.Property(JsonName(property))!.Enum);
        }
    }

    [Theory]
    [MemberData(nameof(RecordPaths))]
    public void Defaults_of_the_schema_are_those_of_the_record(string path)
    {
        var (_, type, schema, instance) = Record(path);
        if (path.StartsWith("status", StringComparison.Ordinal))
        {
            Assert.All(schema.Properties, p => Assert.Null(p.Value.Default));
            return;
        }

        var json = JsonSerializer.SerializeToNode(instance, type, ApiJsonContext.Default)!.AsObject();
        foreach (var (name, property) in schema.Properties.Where(p => !schema.Required.Contains(p.Key, StringComparer.Ordinal)))
        {
            // An empty text needs no default, and an old server refuses it as one.
            var expected = json[name] switch
            {
                JsonObject => new JsonObject(),
                JsonValue value when value.ToString().Length == 0 => null,
                var value => value,
            };
            Assert.True(JsonNode.DeepEquals(expected, property.Default),
                $"{path}.{name}: record {expected?.ToJsonString()}, schema {property.Default?.ToJsonString()}");
        }
    }

    [Fact]
    public void Every_field_has_a_description_that_is_a_sentence()
    {
        Assert.All(AllFields(), f => Assert.True(f.Schema.Description.EndsWith('.'), $"{f.Path}: \"{f.Schema.Description}\""));
    }

    [Fact]
    public void Every_description_in_the_spec_names_the_default_or_says_that_there_is_none()
    {
        foreach (var (path, schema, parent) in AllFields()
            .Where(f => f.Path.StartsWith("spec.", StringComparison.Ordinal) && !f.Path.EndsWith(']')))
        {
            var name = path[(path.LastIndexOf('.') + 1)..];
            var expected = schema.Default switch
            {
                _ when parent!.Required.Contains(name, StringComparer.Ordinal) => "Required.",
                null => "Absent by default",
                JsonObject => "",
                JsonArray { Count: 0 } => "Defaults to none.",
                JsonArray array => $"Defaults to [{string.Join(", ", array)}].",
                var value => $"Defaults to {value}.",
            };
            Assert.True(schema.Description.Contains(expected, StringComparison.Ordinal),
                $"{path}: expected \"{expected}\" in \"{schema.Description}\"");
        }
    }

    [Fact]
    public void Every_range_is_named_in_the_description()
    {
        foreach (var (path, schema, _) in AllFields().Where(f => f.Schema.Type is SchemaType.Integer or SchemaType.Number))
        {
            Assert.All(
                new[] { schema.Minimum, schema.Maximum }.Where(x => x is not null and not int.MaxValue),
                x => Assert.True(schema.Description.Split(' ', '.', ',').Contains(Expectation.Number(x!.Value), StringComparer.Ordinal),
                    $"{path}: {x} is not in \"{schema.Description}\""));
        }
    }

    [Theory]
    [InlineData("Seconds", "econds")]
    [InlineData("Tokens", "okens")]
    [InlineData("Steps", "teps")]
    [InlineData("idth", "lements")]
    public void Every_description_names_the_unit(string suffix, string unit)
    {
        Assert.All(
            AllFields().Where(f => f.Path.EndsWith(suffix, StringComparison.Ordinal)),
            f => Assert.True(f.Schema.Description.Contains(unit, StringComparison.Ordinal), $"{f.Path}: \"{f.Schema.Description}\""));
    }

    [Fact]
    public void Every_pattern_has_words_for_the_error_message()
    {
        Assert.All(AllFields().Where(f => f.Schema.Pattern is not null),
            f => Assert.True(Expectation.PatternNames.ContainsKey(f.Schema.Pattern!.ToString()), $"{f.Path}: {f.Schema.Pattern}"));
    }

    [Fact]
    public void Printer_columns_show_fields_that_exist()
    {
        var columns = JobSchema.CrdJson()["spec"]!["versions"]![0]!["additionalPrinterColumns"]!.AsArray();

        Assert.Equal("Phase Reason Step Loss Attempt Rollbacks Age",
            string.Join(' ', columns.Where(c => c!["priority"] is null).Select(c => c!["name"])));
        foreach (var path in columns.Select(c => c!["jsonPath"]!.GetValue<string>())
            .Where(p => !p.StartsWith(".metadata", StringComparison.Ordinal)))
        {
            var node = path.Split('.', StringSplitOptions.RemoveEmptyEntries)
                .Aggregate(JobSchema.Root, (schema, name) => schema.Property(name)!);
            Assert.True(node.Type is not SchemaType.Object and not SchemaType.Array, path);
        }
    }

    private static IEnumerable<(string Path, SchemaNode Schema, SchemaNode? Parent)> AllFields() =>
        AllFields("spec", JobSchema.Spec, JobSchema.Root).Concat(AllFields("status", JobSchema.Status, JobSchema.Root));

    private static IEnumerable<(string Path, SchemaNode Schema, SchemaNode? Parent)> AllFields(string path, SchemaNode schema,
        SchemaNode? parent) =>
        schema.Properties.SelectMany(p => AllFields($"{path}.{p.Key}", p.Value, schema))
            .Concat(schema.Items is { } items ? AllFields($"{path}[]", items, schema) : [])
            .Prepend((path, schema, parent));

    private static (string Path, Type Type, SchemaNode Schema, object Instance) Record(string path) =>
        Records().Single(r => r.Path == path);

    private static IEnumerable<(string Path, Type Type, SchemaNode Schema, object Instance)> Records() =>
        Records("spec", typeof(MhcTrainingJobSpec), JobSchema.Spec)
            .Concat(Records("status", typeof(MhcTrainingJobStatus), JobSchema.Status));

    private static IEnumerable<(string Path, Type Type, SchemaNode Schema, object Instance)> Records(string path, Type type,
        SchemaNode schema)
    {
        yield return (path, type, schema, Activator.CreateInstance(type)!);
        foreach (var property in Properties(type))
        {
            var (element, suffix) = Element(property.PropertyType) is { } item ? (item, "[]") : (property.PropertyType, "");
            var child = schema.Property(JsonName(property));
            if (child is null || Scalars.Contains(element) || element.IsEnum || element == typeof(JsonObject)
                || Nullable.GetUnderlyingType(element) is not null)
            {
                continue;
            }

            foreach (var record in Records($"{path}.{JsonName(property)}{suffix}", element, suffix.Length > 0 ? child.Items! : child))
            {
                yield return record;
            }
        }
    }

    // The record's own ones: V1Condition has fields of its base, too.
    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.Name != "EqualityContract");

    private static string JsonName(PropertyInfo property) => JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    private static Type? Element(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    private static string TypeOf(Type type)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return plain switch
        {
            _ when plain == typeof(int) => "Integer int32",
            _ when plain == typeof(long) => "Integer int64",
            _ when plain == typeof(double) => "Number double",
            _ when plain == typeof(bool) => "Boolean",
            _ when plain == typeof(string) || plain.IsEnum => "String",
            _ when plain == typeof(DateTime) => "String date-time",
            _ when plain == typeof(JsonObject) => "Object of anything",
            _ when Element(plain) is not null => "Array",
            _ => "Object",
        };
    }

    private static string TypeOf(SchemaNode schema) =>
        schema.Type + (schema.Format is { } format ? $" {format}" : "") + (schema.PreserveUnknown ? " of anything" : "");
}
