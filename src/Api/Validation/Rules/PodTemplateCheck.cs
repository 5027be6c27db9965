using System.Globalization;
using System.Text.Json.Nodes;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Schema;

namespace MhcOperator.Api.Validation.Rules;

/// <summary>
/// Checks a pod template: what the operator relies on, and what the server would refuse or drop. Fields that nobody here knows are the
/// server's affair: they may be newer than the operator. A null asks for a field of the operator's pod to be removed.
/// </summary>
/// <param name="devices">Devices in each pod; tells the names of the trainer's containers.</param>
internal sealed class PodTemplateCheck(int devices)
{
    private const int MaxDepth = 40;
    private const string Trainer = "trainer";

    private static readonly Dictionary<string, string> Decided = new(StringComparer.Ordinal)
    {
        ["restartPolicy"] = "the operator restarts whole gangs",
        ["hostname"] = "peers find each other by the operator's host names",
        ["subdomain"] = "peers find each other by the operator's host names",
        ["hostnameOverride"] = "peers find each other by the operator's host names",
        ["setHostnameAsFQDN"] = "peers find each other by the operator's host names",
        ["ephemeralContainers"] = "they can only be added to a running pod",
    };

    private readonly List<FieldError> _errors = [];
    private readonly List<FieldError> _warnings = [];

    /// <summary>What is not wrong by itself, but may not be what was meant; complete after <see cref="Check"/>.</summary>
    public IReadOnlyList<FieldError> Warnings => _warnings;

    public IReadOnlyList<FieldError> Check(JsonObject template)
    {
        if (!IsShallow(template, MaxDepth))
        {
            Add(JobSchema.PodTemplate, FormattableString.Invariant($"expected at most {MaxDepth} levels of nesting"));
            return _errors;
        }

        foreach (var (name, value) in template)
        {
            var path = FieldPath.Child(JobSchema.PodTemplate, name);
            switch (name)
            {
                case "metadata":
                    CheckMetadata(value, path);
                    break;
                case "spec":
                    CheckSpec(value, path);
                    break;
                default:
                    var near = Suggestion.For(name, ["metadata", "spec"]);
                    Add(path, near is null ? "unknown field; expected one of metadata, spec" : $"unknown field; did you mean {near}?");
                    break;
            }
        }

        return _errors;
    }

    private void CheckMetadata(JsonNode? node, string path)
    {
        foreach (var (name, value) in Object(node, path))
        {
            var child = FieldPath.Child(path, name);
            if (name is not ("labels" or "annotations"))
            {
                Add(child, "expected only labels and annotations here, the operator decides the rest");
                continue;
            }

            var texts = Texts(value, child);
            foreach (var (key, text) in texts)
            {
                if (key.StartsWith($"{MhcTrainingJob.Group}/", StringComparison.Ordinal))
                {
                    Add(FieldPath.Child(child, key), $"expected no key of {MhcTrainingJob.Group}/, the operator sets those");
                }
                else
                {
                    CheckLabel(key, name == "labels" ? text : "", child, anyCase: name == "annotations");
                }
            }

            if (name == "annotations" && KubernetesNames.AnnotationSize(texts) is { } size)
            {
                Add(child, $"expected {size}");
            }
        }
    }

    private void CheckSpec(JsonNode? node, string path)
    {
        if (node is not JsonObject spec)
        {
            Add(path, $"expected an object, got {Expectation.Got(node)}");
            return;
        }

        var known = new JsonObject();
        foreach (var (name, value) in spec)
        {
            var child = FieldPath.Child(path, name);
            if (Decided.TryGetValue(name, out var reason))
            {
                Add(child, $"expected nothing, {reason}; got {Expectation.Got(value)}");
            }
            else if (name == PatchDirective.Name || (name == "containers" && value is null))
            {
                Add(child, "expected nothing that takes the trainer's containers away");
            }
            else
            {
                known[name] = value?.DeepClone();
            }
        }

        new PodShape(_errors, _warnings).Check(known, PodFields.Spec, path);
        var names = new HashSet<string>(StringComparer.Ordinal);
        CheckContainers(known["containers"], $"{path}.containers", areWorkers: true, names);
        names.UnionWith(TrainerContainers());
        CheckContainers(known["initContainers"], $"{path}.initContainers", areWorkers: false, names);
        foreach (var (_, child, name) in CheckNamed(known["volumes"], $"{path}.volumes", []))
        {
            CheckName(name, child);
        }

        var selector = $"{path}.nodeSelector";
        foreach (var (key, value) in known["nodeSelector"] is JsonObject labels ? Texts(labels, selector, report: false) : [])
        {
            CheckLabel(key, value, selector);
        }
    }

    private void CheckContainers(JsonNode? node, string path, bool areWorkers, HashSet<string> names)
    {
        foreach (var (container, child, name) in CheckNamed(node, path, names))
        {
            CheckName(name, child);
            var isTrainer = areWorkers && IsTrainer(name);
            if (isTrainer && container.ContainsKey(PatchDirective.Name))
            {
                Add(FieldPath.Child(child, PatchDirective.Name), "expected nothing that takes the trainer's container away");
            }

            var isRemoved = container.ContainsKey("image");
            if (name is not null && container["image"] is null && (!isTrainer || isRemoved) && !container.ContainsKey(PatchDirective.Name))
            {
                var beside = areWorkers && !isTrainer ? $" for a container beside the trainer's ({TrainerNames()})" : "";
                Add(FieldPath.Child(child, "image"), $"expected an image{beside}, got {(isRemoved ? "null" : "nothing")}");
            }

            foreach (var words in (string[])["command", "args"])
            {
                foreach (var (text, word) in Strings(container[words], FieldPath.Child(child, words)))
                {
                    AddUnlessNul(word, MachineText.Argument(text), text);
                }
            }

            CheckPaths(container, child);
            CheckEnvironment(container, child, isTrainer);
        }
    }

    private void CheckEnvironment(JsonObject container, string path, bool isTrainer)
    {
        foreach (var (variable, child, name) in CheckNamed(container["env"], FieldPath.Child(path, "env"), []))
        {
            if (name is null)
            {
                continue;
            }

            if (isTrainer && ReservedEnvironment.Contains(name))
            {
                Add(FieldPath.Child(child, "name"), ReservedEnvironment.Message(name));
            }
            else if (!name.All(c => c is >= ' ' and <= '~' and not '='))
            {
                Add(FieldPath.Child(child, "name"), $"expected ASCII without '=', got {PrintableText.Quote(name)}");
            }

            if (JsonScalars.TryString(variable["value"], out var value))
            {
                AddUnlessNul(FieldPath.Child(child, "value"), MachineText.Variable(name, value), value);
            }

            if (variable["value"] is not null && variable["valueFrom"] is not null)
            {
                Add(FieldPath.Child(child, "valueFrom"), "expected nothing where value is given");
            }
        }
    }

    private void CheckPaths(JsonObject container, string path)
    {
        CheckPath(container, "workingDir", path);
        foreach (var (mount, child) in Objects(container["volumeMounts"], FieldPath.Child(path, "volumeMounts")))
        {
            CheckPath(mount, "mountPath", child);
            CheckPath(mount, "subPath", child);
            CheckInside(mount, "subPath", child);
            CheckInside(mount, "subPathExpr", child);
        }
    }

    private void CheckInside(JsonObject owner, string field, string path)
    {
        if (JsonScalars.TryString(owner[field], out var text)
            && (text.StartsWith('/') || text.Split('/').Contains("..", StringComparer.Ordinal)))
        {
            Add(FieldPath.Child(path, field),
                $"expected a path inside the volume, relative and without \"..\", got {PrintableText.Quote(text)}");
        }
    }

    private void CheckPath(JsonObject owner, string field, string path)
    {
        if (JsonScalars.TryString(owner[field], out var text))
        {
            AddUnlessNul(FieldPath.Child(path, field), MachineText.Path(text), text);
        }
    }

    /// <summary>Items of a list that are known by their names; those that have one must have their own.</summary>
    private List<(JsonObject Item, string Path, string? Name)> CheckNamed(JsonNode? node, string path, HashSet<string> seen)
    {
        var result = new List<(JsonObject, string, string?)>();
        foreach (var (json, child) in Objects(node, path))
        {
            var named = JsonScalars.TryString(json["name"], out var name) && name.Length > 0;
            if (!named && (json["name"] is null || json["name"]!.GetValueKind() == System.Text.Json.JsonValueKind.String))
            {
                Add(FieldPath.Child(child, "name"),
                    $"expected a name, got {(json.ContainsKey("name") ? Expectation.Got(json["name"]) : "nothing")}");
            }
            else if (named && !seen.Add(name))
            {
                Add(FieldPath.Child(child, "name"), $"expected each name once, got {PrintableText.Quote(name)} again");
            }

            result.Add((json, child, named ? name : null));
        }

        return result;
    }

    private void CheckName(string? name, string path)
    {
        if (name is not null && KubernetesNames.Label(name) is { } expected)
        {
            Add(FieldPath.Child(path, "name"), $"expected {expected}, got {PrintableText.Quote(name)}");
        }
    }

    private void CheckLabel(string key, string value, string path, bool anyCase = false)
    {
        if (KubernetesNames.Key(anyCase ? key.ToLowerInvariant() : key) is { } expectedKey)
        {
            Add(FieldPath.Child(path, key), $"expected as the key {expectedKey}, got {PrintableText.Quote(key)}");
        }

        if (KubernetesNames.LabelValue(value) is { } expected)
        {
            Add(FieldPath.Child(path, key), $"expected {expected}, got {PrintableText.Quote(value)}");
        }
    }

    private List<KeyValuePair<string, string>> Texts(JsonNode? node, string path, bool report = true)
    {
        var texts = new List<KeyValuePair<string, string>>();
        foreach (var (name, value) in Object(node, path).Where(p => p.Value is not null && p.Key != PatchDirective.Name))
        {
            if (JsonScalars.TryString(value, out var text))
            {
                texts.Add(KeyValuePair.Create(name, text));
            }
            else if (report)
            {
                Add(FieldPath.Child(path, name), $"expected text, got {Expectation.Got(value)}; put it in quotes");
            }
        }

        return texts;
    }

    private JsonObject Object(JsonNode? node, string path)
    {
        if (node is not (null or JsonObject))
        {
            Add(path, $"expected an object, got {Expectation.Got(node)}");
        }

        return node as JsonObject ?? [];
    }

    private static IEnumerable<(JsonObject Item, string Path)> Objects(JsonNode? node, string path) =>
        (node as JsonArray ?? [])
            .Select((item, i) => (Item: item as JsonObject, Path: FieldPath.Item(path, i)))
            .Where(x => x.Item is not null)
            .Select(x => (x.Item!, x.Path));

    private static IEnumerable<(string Text, string Path)> Strings(JsonNode? node, string path) =>
        (node as JsonArray ?? []).Select(
            (item, i) => (Text: JsonScalars.TryString(item, out var text) ? text : "", FieldPath.Item(path, i)));

    private bool IsTrainer(string? name) => name is not null && TrainerContainers().Contains(name, StringComparer.Ordinal);

    private IEnumerable<string> TrainerContainers() => devices == 1
        ? [Trainer]
        : Enumerable.Range(0, devices).Select(d => string.Create(CultureInfo.InvariantCulture, $"{Trainer}-{d}")).Prepend(Trainer);

    private string TrainerNames() =>
        devices == 1 ? Trainer : string.Create(CultureInfo.InvariantCulture, $"{Trainer}, {Trainer}-0 to {Trainer}-{devices - 1}");

    private void Add(string path, string message) => _errors.Add(new FieldError(path, message));

    /// <summary>A NUL was found with the field's type.</summary>
    private void AddUnlessNul(string path, string? message, string text)
    {
        if (message is not null && MachineText.Plain(text) is null)
        {
            Add(path, message);
        }
    }

    private static bool IsShallow(JsonNode? node, int depth) => depth > 0 && node switch
    {
        JsonObject json => json.All(p => IsShallow(p.Value, depth - 1)),
        JsonArray array => array.All(item => IsShallow(item, depth - 1)),
        _ => true,
    };
}
