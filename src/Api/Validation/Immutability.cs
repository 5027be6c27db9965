using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Json;
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

    /// <summary>
    /// What is wrong with a change of a job's spec, in the order of the fields; each finding names the innermost field that changed.
    /// </summary>
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

    /// <summary>
    /// What is wrong with a change of a job on which an operator may have acted. What it has accepted counts: a change that slipped in
    /// without being accepted may be taken back, and only what this change touches is blamed.
    /// </summary>
    /// <param name="before">The spec as it is stored.</param>
    /// <param name="after">The spec as it is to be, with all defaults.</param>
    /// <param name="accepted">The <see cref="Snapshot"/> in the job's status; null: nobody has acted on the job, so that what is stored
    /// counts.</param>
    /// <param name="isSuspended">Whether the operator has said that the job is suspended.</param>
    public static IReadOnlyList<FieldError> Check(MhcTrainingJobSpec before, MhcTrainingJobSpec after, JsonObject? accepted,
        bool isSuspended)
    {
        ArgumentNullException.ThrowIfNull(after);
        var changes = Check(before, after);
        return accepted is null || changes.Count == 0
            ? changes
            : [.. Hold(accepted, after,
                isSuspended || after.Suspend).Rejected.Where(r => changes.Any(c => FieldPath.Overlap(c.Path, r.Path)))];
    }

    /// <summary>The fields that may not change, or not while the job runs, as they are now.</summary>
    public static JsonObject Snapshot(MhcTrainingJobSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var json = Json(spec);
        var snapshot = new JsonObject();
        foreach (var field in Fields)
        {
            Set(snapshot, Names(field), At(json, field.Path)?.DeepClone());
        }

        return snapshot;
    }

    /// <summary>The spec without the changes that may not be: each such field as it was when it was accepted.</summary>
    /// <param name="accepted">
    /// A <see cref="Snapshot"/>, which may have been stored, by an older version too: what it lacks had its default, or was absent.
    /// </param>
    /// <param name="spec">The spec as it is now, with all defaults.</param>
    /// <param name="isSuspended">Whether the job is, or was until now, suspended.</param>
    /// <returns>The spec to act on, and what was wrong with the one given; the same object where nothing was.</returns>
    public static (MhcTrainingJobSpec Spec, IReadOnlyList<FieldError> Rejected) Hold(JsonObject accepted, MhcTrainingJobSpec spec,
        bool isSuspended)
    {
        ArgumentNullException.ThrowIfNull(accepted);
        ArgumentNullException.ThrowIfNull(spec);
        var (known, json) = (WithDefaults(accepted), Json(spec).AsObject());
        var errors = new List<FieldError>();
        foreach (var field in Fields.Where(f => !(f.FreeWhileSuspended && isSuspended)))
        {
            var old = At(known, field.Path);
            var changes = Changes(old, At(json, field.Path), field.Path).Where(c => !(IsEmpty(c.Old) && IsEmpty(c.New))).ToList();
            if (changes.Count > 0)
            {
                errors.AddRange(
                    changes.Select(
                        change => new FieldError(change.Path, $"{field.CelMessage}; it stays {Got(change.Old)}, got {Got(change.New)}")));
                Set(json, Names(field), old?.DeepClone());
            }
        }

        return errors.Count == 0 ? (spec, []) : (json.Deserialize(ApiJsonContext.Default.MhcTrainingJobSpec)!, FieldOrder.Sort(errors));
    }

    private static JsonObject WithDefaults(JsonObject accepted)
    {
        var known = accepted.DeepClone().AsObject();
        foreach (var (owner, name, _, value) in SchemaDefaults.Missing(known, JobSchema.Spec, "").ToList())
        {
            owner[name] = value;
        }

        return known;
    }

    /// <summary>Absent, null and an empty text read the same, and a stored snapshot may have lost the difference.</summary>
    private static bool IsEmpty(JsonNode? value) => value is null || (JsonScalars.TryString(value, out var text) && text.Length == 0);

    private static string[] Names(ImmutableField field) => field.Path.Split('.')[1..];

    private static void Set(JsonObject target, string[] names, JsonNode? value)
    {
        foreach (var name in names[..^1])
        {
            target = (target[name] ??= new JsonObject()).AsObject();
        }

        if (value is null)
        {
            target.Remove(names[^1]);
        }
        else
        {
            target[names[^1]] = value;
        }
    }

    private static JsonNode Json(MhcTrainingJobSpec spec) =>
        JsonSerializer.SerializeToNode(spec, ApiJsonContext.Default.MhcTrainingJobSpec)!;

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
