using System.Collections.Frozen;

namespace MhcOperator.Api.Schema;

/// <summary>What a pod may have, by the Kubernetes version that this assembly was made with: a newer server may know more.</summary>
internal static class PodFields
{
    private static readonly Lazy<FrozenDictionary<string, PodType>> Types = new(Read);

    public static PodType Spec => Types.Value["PodSpec"];

    public static PodType Container => Types.Value["Container"];

    public static PodType Volume => Types.Value["Volume"];

    public static PodType Of(string type) => Types.Value[type];

    // A line for each object: its name, then "field:type", where a type is a name, [type] for a list or {type} for a map.
    private static FrozenDictionary<string, PodType> Read()
    {
        using var stream = typeof(PodFields).Assembly.GetManifestResourceStream("pod-fields.txt")!;
        using var reader = new StreamReader(stream);
        var lines = reader.ReadToEnd().Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#')
            .Select(line => line.Split(' '))
            .ToList();
        var types = lines.ToDictionary(words => words[0], words => new PodType(words[0]), StringComparer.Ordinal);
        foreach (var words in lines)
        {
            types[words[0]].Fields = words.Skip(1).Select(word => word.Split(':'))
                .ToFrozenDictionary(field => field[0], field => Field(field[1], types), StringComparer.Ordinal);
        }

        return types.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static PodField Field(string type, Dictionary<string, PodType> types)
    {
        var shape = type[0] switch { '[' => PodFieldShape.List, '{' => PodFieldShape.Map, _ => PodFieldShape.One };
        var name = type.Trim('[', ']', '{', '}');
        return new PodField(shape, name, types.GetValueOrDefault(name));
    }
}
