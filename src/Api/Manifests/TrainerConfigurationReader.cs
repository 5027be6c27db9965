using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Json;
using MhcOperator.Api.Schema;
using MhcOperator.Api.Validation;

namespace MhcOperator.Api.Manifests;

/// <summary>
/// Reads what <c>MHC_CONFIG</c> names, by the same schema and rules as the job's own sections. Strict: an unknown field
/// is an error. Absent sections get their defaults.
/// </summary>
public static class TrainerConfigurationReader
{
    private const string Spec = "spec.";

    private static readonly Lazy<SchemaNode> LazySchema = new(() => new SchemaNode
    {
        Type = SchemaType.Object,
        Properties =
        [
            new("job", new SchemaNode { Type = SchemaType.String, Default = "" }),
            new("namespace", new SchemaNode { Type = SchemaType.String, Default = "default" }),
            new("device", JobSchema.Spec.Property("workers")!.Property("device")! with { Default = nameof(Device.Cpu) }),
            .. new[] { "model", "data", "optimization", "parallelism", "checkpoints", "stability", "drills" }
                .Select(name => KeyValuePair.Create(name, JobSchema.Spec.Property(name)!)),
        ],
    });

    internal static SchemaNode Schema => LazySchema.Value;

    /// <summary>Reads the JSON text; never throws for what it says.</summary>
    /// <param name="json">The text.</param>
    /// <param name="worldSize">Ranks in the gang, at least 1: the rules on them are checked, too. Null: they are not.</param>
    public static TrainerConfigurationResult Read(string json, int? worldSize = null)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            var node = JsonNode.Parse(json, null, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return node is JsonObject configuration ? Read(configuration, worldSize)
                : Failed($"expected an object, got {Expectation.Got(node)}");
        }
        catch (JsonException e)
        {
            return Failed($"expected valid JSON: {e.Message}", e.LineNumber is { } line ? (int)line + 1 : null);
        }
        catch (InvalidOperationException e)
        {
            // Half a surrogate pair in a name shows only when it is touched.
            return Failed($"expected valid JSON: {e.Message}");
        }
    }

    private static TrainerConfigurationResult Read(JsonObject json, int? worldSize)
    {
        var errors = new List<FieldError>();
        var clean = new SchemaChecker(errors, null).Check(json, Schema, "")!;
        var configuration = clean.Deserialize(ApiJsonContext.Default.TrainerConfiguration)!;
        var found = errors.Select(e => e with { Path = Spec + e.Path }).ToList();
        if (worldSize is null)
        {
            // A rule that reads a wrong field is left out; so are those on the gang, of which nothing is known.
            found.Add(new FieldError("spec.workers", ""));
        }

        found.AddRange(CrossValidator.Check(AsJob(configuration, worldSize ?? 1), found).ToArray());
        found.RemoveAll(e => e.Path == "spec.workers");
        return new TrainerConfigurationResult
        {
            Configuration = found.Count == 0 ? configuration : null,
            Errors = [.. FieldOrder.Sort(found).Select(e => e with { Path = WithoutSpec(e.Path), Message = WithoutSpec(e.Message) })],
        };
    }

    private static MhcTrainingJob AsJob(TrainerConfiguration configuration, int worldSize) => new()
    {
        Spec = new MhcTrainingJobSpec
        {
            Workers = new WorkersSpec { Replicas = worldSize },
            Model = configuration.Model,
            Data = configuration.Data,
            Optimization = configuration.Optimization,
            Parallelism = configuration.Parallelism,
            Checkpoints = configuration.Checkpoints,
            Stability = configuration.Stability,
            Drills = configuration.Drills,
        },
    };

    private static string WithoutSpec(string text) => text.Replace(Spec, "", StringComparison.Ordinal);

    private static TrainerConfigurationResult Failed(string message, int? line = null) =>
        new() { Errors = [new FieldError(FieldPath.Document, message, line)] };
}
