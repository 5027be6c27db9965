using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api.Schema;

namespace MhcOperator.Api.Validation;

/// <summary>Which fields of a job may change, and when.</summary>
public static class Immutability
{
    private const string AnotherModel = "checkpoints of one model cannot be loaded into another";
    private const string OtherCheckpoints = "the job's checkpoints are there";
    private const string OtherPods = "the gang that runs has the old value";

    internal static IReadOnlyList<ImmutableField> Fields { get; } =
    [
        ImmutableField.Always("managedBy", "two controllers would act on one job"),
        ImmutableField.WhileRunning("workers", OtherPods),
        ImmutableField.WhileRunning("trainer", OtherPods),
        ImmutableField.Always("model", AnotherModel),
        ImmutableField.Always("data", "steps that are done were done on the old data"),
        ImmutableField.Always("optimization.batchTokens", "the order of the data depends on it"),
        ImmutableField.Always("optimization.seed", "the order of the data depends on it"),
        ImmutableField.AlwaysOptional("checkpoints.volume.claimName", OtherCheckpoints),
        ImmutableField.AlwaysOptional("checkpoints.volume.subPath", OtherCheckpoints),
        ImmutableField.AlwaysOptional("checkpoints.volume.storageClassName", OtherCheckpoints),
        ImmutableField.Always("checkpoints.volume.size", "a claim that is made keeps its size"),
        ImmutableField.Always("checkpoints.volume.accessModes", "a claim that is made keeps its access modes"),
        ImmutableField.WhileRunning("scheduling", OtherPods),
    ];

    /// <summary>What is wrong with a change of a job's spec, in the order of the fields; each finding names the innermost field that changed.</summary>
    /// <param name="before">The spec as it is.</param>
    /// <param name="after">The spec as it is to be, with all defaults.</param>
    public static IReadOnlyList<FieldError> Check(MhcTrainingJobSpec before, MhcTrainingJobSpec after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var (old, @new) = (Json(before), Json(after));
        var errors = Fields
            .Where(field => !(field.FreeWhileSuspended && (before.Suspend || after.Suspend)))
            .SelectMany(field => Changes(At(old, field.Path), At(@new, field.Path), field.Path)
                .Select(change => new FieldError(change.Path, $"{field.CelMessage}; was {Got(change.Old)}, got {Got(change.New)}")));
        return FieldOrder.Sort([.. errors]);
    }

    private static JsonNode Json(MhcTrainingJobSpec spec) => JsonSerializer.SerializeToNode(spec, ApiJsonContext.Default.MhcTrainingJobSpec)!;

    private static JsonNode? At(JsonNode spec, string path) =>
        path.Split('.').Skip(1).Aggregate((JsonNode?)spec, (node, name) => node?[name]);

    private static IEnumerable<(string Path, JsonNode? Old, JsonNode? New)> Changes(JsonNode? old, JsonNode? @new, string path)
    {
        if (old is JsonObject a && @new is JsonObject b)
        {
            return a.Select(p => p.Key).Union(b.Select(p => p.Key), StringComparer.Ordinal)
                .SelectMany(name => Changes(a[name], b[name], FieldPath.Child(path, name)));
        }

        return JsonNode.DeepEquals(old, @new) ? [] : [(path, old, @new)];
    }

    private static string Got(JsonNode? value) => value is null ? "nothing" : Expectation.Got(value);
}
