using System.Globalization;
using MhcOperator.Api.Errors;

namespace MhcOperator.Api.Schema;

/// <summary>Puts findings into the order in which the resource definition lists the fields; unknown fields come after known ones.</summary>
internal static class FieldOrder
{
    private static readonly char[] Separators = ['.', '[', ']'];

    /// <summary>The same findings in order; those of one field stay as they were.</summary>
    public static FieldError[] Sort(IReadOnlyCollection<FieldError> errors) =>
        errors.Count < 2 ? [.. errors] : [.. errors.OrderBy(e => Key(e.Path), Comparer<int[]>.Create(Compare))];

    private static int[] Key(string path)
    {
        var key = new List<int>();
        SchemaNode? node = JobSchema.Root;
        foreach (var part in path.Split(Separators, StringSplitOptions.RemoveEmptyEntries))
        {
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            {
                key.Add(index);
                node = node?.Items;
                continue;
            }

            var position = node is null ? -1 : IndexOf(node, part);
            key.Add(position < 0 ? int.MaxValue : position);
            node = position < 0 ? null : node!.Properties[position].Value;
        }

        return [.. key];
    }

    private static int IndexOf(SchemaNode node, string name)
    {
        for (var i = 0; i < node.Properties.Count; i++)
        {
            if (node.Properties[i].Key == name)
            {
                return i;
            }
        }

        return -1;
    }

    private static int Compare(int[] a, int[] b)
    {
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            if (a[i] != b[i])
            {
                return a[i].CompareTo(b[i]);
            }
        }

        return a.Length.CompareTo(b.Length);
    }
}
