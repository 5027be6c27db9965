using System.Text.Json;
using System.Text.Json.Nodes;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Json;
using MhcOperator.Api.Schema;
using MhcOperator.Api.Validation;
using MhcOperator.Api.Yaml;

namespace MhcOperator.Api.Manifests;

/// <summary>
/// Reads jobs: fills in defaults, holds them against the resource definition and against the rules between fields, and
/// reports everything that is wrong. Never throws for what a manifest says.
/// </summary>
public static class JobManifestReader
{
    /// <summary>Longest text that is read, in characters.</summary>
    public const int MaxLength = YamlReader.MaxLength;

    private const string ApiVersion = $"{MhcTrainingJob.Group}/{MhcTrainingJob.Version}";

    private static readonly string[] TopLevel = ["apiVersion", "kind", "metadata", "spec", "status"];

    /// <summary>Reads one object as the API server stores it.</summary>
    /// <param name="json">The object; it is not changed.</param>
    public static JobManifest FromJson(JsonObject json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Read(json, null, []);
    }

    /// <summary>Reads every document of a YAML (or JSON) text; those of a List count one by one, empty ones not.</summary>
    /// <param name="text">The text.</param>
    /// <param name="fileName">Name of the file, for the messages.</param>
    /// <returns>At least one manifest; one with errors where the text has no job.</returns>
    public static IReadOnlyList<JobManifest> FromYaml(string text, string fileName)
    {
        ArgumentNullException.ThrowIfNull(text);
        var manifests = YamlReader.Read(text)
            .SelectMany(FromDocument)
            .Select(m => m with
            {
                Errors = [.. m.Errors.Select(e => e with { File = fileName })],
                Warnings = [.. m.Warnings.Select(w => w with { File = fileName })],
            })
            .ToArray();
        return manifests.Length > 0
            ? manifests
            : [new JobManifest { Errors = [new FieldError(FieldPath.Document, $"expected a {MhcTrainingJob.KindName}, got an empty text", 1,
                fileName)] }];
    }

    /// <summary>Reads a status that was kept somewhere else than on a server.</summary>
    /// <returns>What is right of it, and what is wrong with it, with paths from <c>status</c> on.</returns>
    public static (MhcTrainingJobStatus Status, IReadOnlyList<FieldError> Errors) ReadStatus(JsonObject json)
    {
        ArgumentNullException.ThrowIfNull(json);
        var errors = new List<FieldError>();
        var clean = new SchemaChecker(errors, null).Check(json, JobSchema.Status, "status") ?? new JsonObject();
        return (clean.Deserialize(ApiJsonContext.Default.MhcTrainingJobStatus)!, errors);
    }

    private static IEnumerable<JobManifest> FromDocument(YamlDocument document)
    {
        switch (document.Root)
        {
            case null when document.Errors.Count > 0:
                return [new JobManifest { Errors = document.Errors }];
            case null:
                return [];
            case JsonObject list when JsonScalars.TryString(list["kind"], out var kind) && kind.EndsWith("List", StringComparison.Ordinal):
                return FromList(list, document);
            case JsonObject json:
                return [Read(json, document.Lines, document.Errors)];
            default:
                var message = $"expected an object with {string.Join(", ", TopLevel[..4])}, got {Expectation.Got(document.Root)}";
                return [new JobManifest { Errors = [.. document.Errors,
                    new FieldError(FieldPath.Document, message, document.Lines.First)] }];
        }
    }

    private static IEnumerable<JobManifest> FromList(JsonObject list, YamlDocument document)
    {
        if (list["items"] is not JsonArray items)
        {
            var message = $"expected a list of objects, got {(list.ContainsKey("items") ? Expectation.Got(list["items"]) : "nothing")}";
            return [new JobManifest { Errors = [.. document.Errors, new FieldError("items", message, document.Lines.Find("items"))] }];
        }

        return items.Select((item, i) =>
        {
            var path = FieldPath.Item("items", i);
            FieldError[] text = [.. document.Errors.Where(e => FieldPath.Overlap(path, e.Path))];
            if (item is not JsonObject json)
            {
                var error = new FieldError(path, $"expected an object, got {Expectation.Got(item)}", document.Lines.Find(path));
                return new JobManifest { Errors = [.. text, error] };
            }

            var manifest = Read(json, document.Lines.Under(path), []);
            return manifest with
            {
                Errors = [.. text, .. manifest.Errors.Select(e => e with { Path = $"{path}.{e.Path}" })],
                Warnings = [.. manifest.Warnings.Select(w => w with { Path = $"{path}.{w.Path}" })],
            };
        });
    }

    private static JobManifest Read(JsonObject json, SourceLines? lines, IReadOnlyList<FieldError> textErrors)
    {
        try
        {
            return ReadUnguarded(json, lines, textErrors);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // What JSON text can say but no document can hold shows only when it is touched: a name twice, half a surrogate pair.
            return new JobManifest
            {
                Errors = [.. textErrors,
                new FieldError(FieldPath.Document, $"expected valid JSON: {e.Message}", lines?.First)]
            };
        }
    }

    private static JobManifest ReadUnguarded(JsonObject json, SourceLines? lines, IReadOnlyList<FieldError> textErrors)
    {
        var errors = new List<FieldError>();
        if (!CheckKind(json, lines, errors))
        {
            return new JobManifest { Errors = [.. textErrors, .. errors] };
        }

        var checker = new SchemaChecker(errors, lines);
        var metadata = checker.Check(Metadata(json), lines is null ? MetadataSchema.Server : MetadataSchema.File, "metadata");
        if (lines is not null && metadata is JsonObject asked)
        {
            var found = errors.ToArray();
            errors.AddRange(MetadataCheck.Of(asked)
                .Where(e => !found.Any(f => FieldPath.Overlap(f.Path, e.Path)))
                .Select(e => e with { Line = lines.Find(e.Path) }));
        }

        var spec = checker.Check(json.ContainsKey("spec") ? json["spec"] : new JsonObject(), JobSchema.Spec, "spec");
        if (!json.ContainsKey("spec"))
        {
            errors.Add(new FieldError("spec", "expected an object, got nothing", lines?.Find("spec")));
        }

        foreach (var (name, _) in json.Where(p => !TopLevel.Contains(p.Key, StringComparer.Ordinal)))
        {
            var end = Suggestion.For(name, TopLevel) is { } near ? $"did you mean {near}?"
                : $"expected one of {string.Join(", ", TopLevel)}";
            errors.Add(new FieldError(FieldPath.Child("", name), $"unknown field; {end}", lines?.Find(FieldPath.Child("", name))));
        }

        // Whoever wrote a wrong status, it is not the author of the spec who is to be told: what is right of it is kept.
        var status = json["status"] is JsonObject given ? new SchemaChecker([], null).Check(given, JobSchema.Status, "status") : null;
        var clean = new JsonObject { ["metadata"] = metadata ?? new JsonObject(), ["spec"] = spec ?? EmptySpec(), ["status"] = status };
        var job = clean.Deserialize(ApiJsonContext.Default.MhcTrainingJob)!;
        return new JobManifest
        {
            Metadata = job.Metadata,
            Job = job,
            Status = job.Status,
            Errors = Merge(textErrors, errors, job, lines),
            Warnings = lines is null ? [] : [.. JobWarnings.Of(job, privileges: true).Select(w => w with { Line = lines.Find(w.Path) })],
        };
    }

    private static FieldError[] Merge(IReadOnlyList<FieldError> textErrors, List<FieldError> errors, MhcTrainingJob job, SourceLines? lines)
    {
        // A value that is no YAML is reported once.
        errors.RemoveAll(e => textErrors.Any(t => t.Path == e.Path && t.Line == e.Line));
        errors.AddRange(textErrors);
        errors.AddRange(CrossValidator.Check(job, errors).Select(e => e with { Line = lines?.Find(e.Path) }).ToArray());
        return FieldOrder.Sort(errors);
    }

    private static bool CheckKind(JsonObject json, SourceLines? lines, List<FieldError> errors)
    {
        // Items of a list from the server may come without.
        Check("apiVersion", ApiVersion);
        Check("kind", MhcTrainingJob.KindName);
        return errors.Count == 0;

        void Check(string name, string expected)
        {
            var right = json.TryGetPropertyValue(name, out var value)
                ? JsonScalars.TryString(value, out var text) && text == expected
                : lines is null;
            if (!right)
            {
                var got = json.ContainsKey(name) ? Expectation.Got(value) : "nothing";
                errors.Add(new FieldError(name, $"expected {expected}, got {got}", lines?.Find(name)));
            }
        }
    }

    // "creationTimestamp: null" is what kubectl prints for an object that does not exist yet.
    private static JsonNode? Metadata(JsonObject json)
    {
        if (json["metadata"] is not JsonObject metadata)
        {
            return json.ContainsKey("metadata") ? json["metadata"] : new JsonObject();
        }

        return new JsonObject(metadata
            .Where(p => p.Value is not null && p.Key != "managedFields")
            .Select(p => KeyValuePair.Create(p.Key, p.Value!.DeepClone()))!);
    }

    private static JsonNode EmptySpec() => new SchemaChecker([], null).Check(new JsonObject(), JobSchema.Spec, "spec")!;
}
