using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MhcOperator.Api.Schema;

namespace MhcOperator.Api.Validation.Rules;

/// <summary>
/// Checks the shape of a pod template as far as the operator relies on it. Fields that it does not know are the
/// server's affair: they may be newer than the operator. A null asks for a field of the operator's pod to be removed.
/// </summary>
/// <param name="devices">Devices in each pod; tells the names of the trainer's containers.</param>
internal sealed partial class PodTemplateCheck(int devices)
{
    private const int MaxDepth = 40;
    private const string Trainer = "trainer";

    private static readonly Dictionary<string, string> Decided = new(StringComparer.Ordinal)
    {
        ["restartPolicy"] = "the operator restarts whole gangs",
        ["hostname"] = "peers find each other by the operator's host names",
        ["subdomain"] = "peers find each other by the operator's host names",
        ["setHostnameAsFQDN"] = "peers find each other by the operator's host names",
        ["ephemeralContainers"] = "they can only be added to a running pod",
    };

    private readonly List<FieldError> _errors = [];

    public IReadOnlyList<FieldError> Check(JsonObject template)
    {
        if (!IsShallow(template, MaxDepth))
        {
            Add(WorkersRules.Template, FormattableString.Invariant($"expected at most {MaxDepth} levels of nesting"));
            return _errors;
        }

        foreach (var (name, value) in template)
        {
            var path = FieldPath.Child(WorkersRules.Template, name);
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

            CheckTexts(value, child);
            foreach (var key in Object(value, child).Where(p => p.Key.StartsWith($"{MhcTrainingJob.Group}/", StringComparison.Ordinal)).Select(p => p.Key))
            {
                Add(FieldPath.Child(child, key), $"expected no key of {MhcTrainingJob.Group}/, the operator sets those");
            }
        }
    }

    private void CheckSpec(JsonNode? node, string path)
    {
        foreach (var (name, value) in Object(node, path))
        {
            var child = FieldPath.Child(path, name);
            if (Decided.TryGetValue(name, out var reason))
            {
                Add(child, $"expected nothing, {reason}; got {Expectation.Got(value)}");
                continue;
            }

            switch (name)
            {
                case "containers" or "initContainers":
                    CheckContainers(value, child, areWorkers: name == "containers");
                    break;
                case "volumes":
                    CheckNamed(value, child);
                    break;
                case "nodeSelector":
                    CheckTexts(value, child);
                    break;
                case "tolerations":
                    foreach (var (item, itemPath) in Items(value, child))
                    {
                        Object(item, itemPath);
                    }

                    break;
            }
        }
    }

    private void CheckContainers(JsonNode? node, string path, bool areWorkers)
    {
        foreach (var (container, child, name) in CheckNamed(node, path))
        {
            var isTrainer = areWorkers && IsTrainer(name);
            if (!isTrainer && name is not null && container["image"] is null)
            {
                var hint = areWorkers ? $" for a container beside the trainer's ({TrainerNames()})" : "";
                Add(FieldPath.Child(child, "image"), $"expected an image{hint}, got nothing");
            }

            foreach (var (_, variable, key) in CheckNamed(container["env"], FieldPath.Child(child, "env")))
            {
                if (isTrainer && key is not null && ReservedEnvironment.Contains(key))
                {
                    Add(FieldPath.Child(variable, "name"), ReservedEnvironment.Message(key));
                }
            }

            foreach (var (group, quantities) in Object(container["resources"], FieldPath.Child(child, "resources")))
            {
                if (group is "limits" or "requests")
                {
                    CheckQuantities(quantities, FieldPath.Child(FieldPath.Child(child, "resources"), group));
                }
            }
        }
    }

    private List<(JsonObject Item, string Path, string? Name)> CheckNamed(JsonNode? node, string path)
    {
        var result = new List<(JsonObject, string, string?)>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (item, child) in Items(node, path))
        {
            if (item is not JsonObject json)
            {
                Object(item, child);
                continue;
            }

            var named = JsonScalars.TryString(json["name"], out var name) && name.Length > 0;
            if (!named)
            {
                Add(FieldPath.Child(child, "name"), $"expected a name, got {(json.ContainsKey("name") ? Expectation.Got(json["name"]) : "nothing")}");
            }
            else if (!seen.Add(name))
            {
                Add(FieldPath.Child(child, "name"), $"expected each name once, got \"{name}\" again");
            }

            result.Add((json, child, named ? name : null));
        }

        return result;
    }

    private void CheckQuantities(JsonNode? node, string path)
    {
        foreach (var (name, value) in Object(node, path))
        {
            var right = value is null || JsonScalars.TryNumber(value, out _) || (JsonScalars.TryString(value, out var text) && Quantity().IsMatch(text));
            if (!right)
            {
                Add(FieldPath.Child(path, name), $"expected a Kubernetes quantity, such as 500m or 10Gi, got {Expectation.Got(value)}");
            }
        }
    }

    private void CheckTexts(JsonNode? node, string path)
    {
        foreach (var (name, value) in Object(node, path).Where(p => p.Value is not null && !JsonScalars.TryString(p.Value, out _)))
        {
            Add(FieldPath.Child(path, name), $"expected text, got {Expectation.Got(value)}; put it in quotes");
        }
    }

    private JsonObject Object(JsonNode? node, string path)
    {
        if (node is not (null or JsonObject))
        {
            Add(path, $"expected an object, got {Expectation.Got(node)}");
        }

        return node as JsonObject ?? [];
    }

    private IEnumerable<(JsonNode? Item, string Path)> Items(JsonNode? node, string path)
    {
        if (node is not (null or JsonArray))
        {
            Add(path, $"expected a list, got {Expectation.Got(node)}");
        }

        return (node as JsonArray ?? []).Select((item, i) => (item, FieldPath.Item(path, i)));
    }

    private bool IsTrainer(string? name) =>
        name == Trainer || (devices > 1 && IsTrainerOfRank(name));

    private bool IsTrainerOfRank(string? name) =>
        Enumerable.Range(0, devices).Any(d => name == string.Create(CultureInfo.InvariantCulture, $"{Trainer}-{d}"));

    private string TrainerNames() =>
        devices == 1 ? Trainer : string.Create(CultureInfo.InvariantCulture, $"{Trainer}, {Trainer}-0 to {Trainer}-{devices - 1}");

    private void Add(string path, string message) => _errors.Add(new FieldError(path, message));

    private static bool IsShallow(JsonNode? node, int depth) => depth > 0 && node switch
    {
        JsonObject json => json.All(p => IsShallow(p.Value, depth - 1)),
        JsonArray array => array.All(item => IsShallow(item, depth - 1)),
        _ => true,
    };

    [GeneratedRegex(@"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Quantity();
}
