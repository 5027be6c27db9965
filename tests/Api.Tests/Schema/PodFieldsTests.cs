using System.Reflection;
using System.Text.Json.Serialization;
using k8s.Models;
using MhcOperator.Api.Schema;

namespace Api.Tests.Schema;

/// <summary>
/// The table of a pod's fields is the one that the Kubernetes client's models have; reflection stays here, since the operator is compiled
/// ahead of time.
/// </summary>
public sealed class PodFieldsTests
{
    [Fact]
    public void The_table_is_the_one_that_the_models_make() =>
        Repository.HoldUpToDate(Path.Combine("src", "Api", "Schema", "pod-fields.txt"), Table());

    [Fact]
    public void Each_type_of_the_table_is_in_it()
    {
        var open = new Queue<PodType>([PodFields.Spec]);
        var seen = new HashSet<PodType>();
        while (open.TryDequeue(out var type))
        {
            foreach (var field in seen.Add(type) ? type.Fields.Values : [])
            {
                if (field.Object is { } inner)
                {
                    open.Enqueue(inner);
                }
            }
        }

        Assert.InRange(seen.Count, 50, 500);
    }

    private static string Table()
    {
        var lines = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(typeof(V1PodSpec), lines);
        return "# A pod's fields and their types, a line for each object: made of the Kubernetes client's models by PodFieldsTests.\n"
            + string.Concat(lines.Select(line => $"{line.Key}{line.Value}\n"));
    }

    private static void Add(Type type, SortedDictionary<string, string> lines)
    {
        if (!lines.TryAdd(NameOf(type), ""))
        {
            return;
        }

        var fields = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(p => (Name: p.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name, p.PropertyType))
            .Where(p => p.Name is not null)
            .Select(p => $"{p.Name}:{Field(p.PropertyType, lines)}");
        lines[NameOf(type)] = string.Concat(fields.Order(StringComparer.Ordinal).Select(field => $" {field}"));
    }

    private static string Field(Type type, SortedDictionary<string, string> lines)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain.IsGenericType)
        {
            var item = Field(plain.GetGenericArguments()[^1], lines);
            return plain.GetGenericTypeDefinition() == typeof(IDictionary<,>) ? $"{{{item}}}" : $"[{item}]";
        }

        switch (plain)
        {
            case var t when t == typeof(string) || t == typeof(byte[]):
                return "string";
            case var t when t == typeof(int) || t == typeof(long):
                return "integer";
            case var t when t == typeof(double):
                return "number";
            case var t when t == typeof(bool):
                return "boolean";
            case var t when t == typeof(DateTime):
                return "time";
            case var t when t == typeof(ResourceQuantity):
                return "quantity";
            case var t when t == typeof(IntOrString):
                return "intOrString";
            default:
                Add(plain, lines);
                return NameOf(plain);
        }
    }

    private static string NameOf(Type type) => type.Name.StartsWith("V1", StringComparison.Ordinal) ? type.Name[2..] : type.Name;
}
