using System.Globalization;
using System.Text.Json.Nodes;

namespace MhcOperator.Trainer.State;

/// <summary>Named values, so that two descriptions of the same thing can be compared field by field.</summary>
internal sealed class FieldValues
{
    /// <summary>What is said of a field that one side does not have.</summary>
    public const string Absent = "not set";

    private readonly SortedDictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Paths of the fields, and their values as texts; in ordinal order.</summary>
    public IReadOnlyDictionary<string, string> All => _values;

    /// <summary>The value of a field.</summary>
    public string this[string path] => _values.GetValueOrDefault(path, Absent);

    /// <summary>Adds one value.</summary>
    public void Add(string path, string value) => _values.Add(path, value);

    /// <summary>Adds all values of a JSON tree below a path; null is not set.</summary>
    public void Add(string path, JsonNode? tree)
    {
        switch (tree)
        {
            case null:
                break;
            case JsonObject fields:
                foreach (var (name, value) in fields)
                {
                    Add($"{path}.{name}", value);
                }

                break;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                {
                    Add(string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), items[i]);
                }

                break;
            default:
                _values.Add(path, tree.ToJsonString());
                break;
        }
    }

    /// <summary>Paths of the fields that are not the same in all, in ordinal order.</summary>
    public static IReadOnlyList<string> Differing(IReadOnlyList<FieldValues> all) =>
        [.. all.SelectMany(v => v._values.Keys).Distinct(StringComparer.Ordinal)
            .Where(path => all.Any(v => !string.Equals(v[path], all[0][path], StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal)];
}
