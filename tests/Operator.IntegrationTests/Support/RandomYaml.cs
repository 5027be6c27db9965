using System.Text;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>
/// Jobs whose template is a random tree in random spelling: block and flow, quotes, anchors, aliases, merges, tags, comments.
/// </summary>
internal static class RandomYaml
{
    private const string Head =
        "apiVersion: training.mhc.dev/v1alpha1\nkind: MhcTrainingJob\nmetadata: {name: a}\nspec:\n  workers:\n    template:\n      spec:\n";

    public static string Text(int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder(Head).Append("        x: &x ").Append(Pick(random, "{a: 1}", "1", "[1, b]", "{b: {c: 2}}", "text"));
        text.Append("\n        s: ").Append(Node(random, 0, 8)).Append('\n')
            .Append(Pick(random, "", "        t: *x\n", "...\n", "---\n# no more\n", " # end\n"));
        return text.ToString();
    }

    private static string Node(Random random, int depth, int indent)
    {
        var pad = new string(' ', indent + 2);
        return (depth > 2 ? 0 : random.Next(10)) switch
        {
            < 4 => Pick(
                random, "1", "x", "\"q\\n\"", "'s'", "*x", "&x 1", "&y {a: 1}", "!!str 5", "y", "~", "", $"|\n{pad}t\n{pad} u",
                $">-\n{pad}t\n{pad}u", "a b", $"a\n{pad}b", "0o17", "1_0", "[]", "{}", "&x",
                "!!int \"3\"", "1e3", "a#b", "a: b", "- c", "-", "?", ":c", "é", "\"a\\/b\"", "%", "2026-01-02", "x # c", "1:30", "!t x",
                "0x", ".5"),
            4 or 5 => $"[{string.Join(',', Several(random, 3, () => Pick(random, "", " ") + Node(random, depth + 2, indent)))}]",
            6 => $"{{{string.Join(", ", Several(random, 3, () => Pick(random, "a", "b", "<<", "\"c\"", "? d", "'e'", "1", "on") + Pick(random, ": ", ": ", ":", " : ") + Node(random, depth + 2, indent)))}}}",
            7 => "\n" + string.Join('\n', Several(random, 3, () => $"{pad}- {Node(random, depth + 1, indent + 2)}")),
            _ => Pick(random, "", "&x ", "!!map ") + "\n"
                + string.Join(
                '\n', Several(random, 3,
                    () => $"{pad}{Pick(random, "a", "b", "c", "<<", "\"d\"", "? e", "d")}: {Node(random, depth + 1, indent + 2)}")),
        };
    }

    private static IEnumerable<string> Several(Random random, int most, Func<string> make) =>
        [.. Enumerable.Range(0, random.Next(1, most + 1)).Select(_ => make())];

    private static string Pick(Random random, params string[] values) => values[random.Next(values.Length)];
}
