using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MhcOperator.Api.Schema;

namespace MhcOperator.Testing.Jobs;

/// <summary>Makes random manifests, valid and not.</summary>
public static class RandomManifest
{
    public const string Yaml = """
        # A job.
        apiVersion: training.mhc.dev/v1alpha1
        kind: MhcTrainingJob
        metadata:
          name: quickstart
          labels: {app: "x", 'y': z}
        spec:
          workers:
            replicas: 2
            template: &t
              spec: {nodeSelector: {a: b}, tolerations: [{key: k}]}
          trainer:
            env:
            - name: A
              value: |
                two
                lines
          model: {layers: 4, width: 128, heads: 4, contextLength: 128}
          optimization:
            steps: 240   # updates
            batchTokens: 2048
            peakLearningRate: 3e-3
          drills:
          - {kind: Crash, step: 120, rank: 1}
        """;

    private static readonly string[] Tokens =
    [
        ":", ": ", "- ", "\n", "\n  ", "\t", "{", "}", "[", "]", ",", "\"", "'", "&a ", "*a", "!!str ", "!x ", "|\n", ">-\n", "#", "%", "@",
        "`", "? ",
        "---\n", "...\n", "<<: ", "null", "true", ".nan", "1e999", "-", "0x", "é", "\0", "\u0085", "\ud800", "spec:\n",
        "apiVersion: training.mhc.dev/v1alpha1\n",
        "kind: MhcTrainingJob\n", "metadata: {name: a}\n", "model:\n", "heads: 3\n", "items", "List",
    ];

    /// <summary>A valid job with a random choice of its fields set.</summary>
    public static JsonObject Valid(Random random)
    {
        var heads = random.Next(1, 9);
        var ranks = (Replicas: random.Next(1, 5), Devices: random.Next(1, 3));
        var context = random.Next(8, 65);
        var micro = context * random.Next(1, 4);
        var steps = random.Next(1, 2000);
        var interval = random.Next(1, 50);
        var device = Pick(random, "Cpu", "Cuda");
        var spec = new JsonObject
        {
            ["suspend"] = random.Next(2) == 0,
            ["workers"] = new JsonObject { ["replicas"] = ranks.Replicas, ["devicesPerWorker"] = ranks.Devices, ["device"] = device },
            ["model"] = new JsonObject
            {
                ["layers"] = random.Next(1, 99),
                ["heads"] = heads,
                ["width"] = heads * 2 * random.Next(1, 40),
                ["contextLength"] = context,
                ["residual"] = Pick(random, "Mhc", "HyperConnections", "Standard"),
                ["mhc"] = new JsonObject { ["streams"] = random.Next(1, 9), ["initialGate"] = (1 + random.Next(100)) / 128.0 },
            },
            ["data"] = random.Next(2) == 0 ? new JsonObject()
                : new JsonObject { ["source"] = new JsonObject { ["configMap"] = new JsonObject { ["name"] = "a-" + random.Next(99) } } },
            ["optimization"] = new JsonObject
            {
                ["batchTokens"] = micro * random.Next(1, 9) * ranks.Replicas * ranks.Devices,
                ["microBatchTokens"] = micro,
                ["steps"] = steps,
                ["warmupSteps"] = random.Next(steps + 1),
                ["peakLearningRate"] = (1 + random.Next(1000)) / 1024.0,
                ["recompute"] = true,
                ["activationMemory"] = $"{random.Next(1, 99)}{Pick(random, "", "M", "Gi", "e9")}",
                ["seed"] = random.NextInt64(),
            },
            ["checkpoints"] = new JsonObject
            {
                ["intervalSteps"] = interval,
                ["keepLatest"] = random.Next(2, 5),
                ["verifyAfterSteps"] = random.Next((2 * interval) + 1)
            },
            ["trainer"] = new JsonObject
            {
                ["image"] = "mine:1",
                ["env"] = new JsonArray(
                    [.. Enumerable.Range(0, random.Next(4))
                        .Select(i => new JsonObject { ["name"] = $"V{i}", ["value"] = RandomText(random) })])
            },
            ["drills"] = new JsonArray([.. Enumerable.Range(0, random.Next(3)).Select(_ => new JsonObject
            {
                ["kind"] = Pick(random, "Crash", "Hang", "NonFiniteGradient"), ["step"] = random.Next(1, steps + 1),
                ["rank"] = random.Next(ranks.Replicas * ranks.Devices),
            })]),
        };
        return new JsonObject
        {
            ["apiVersion"] = "training.mhc.dev/v1alpha1",
            ["kind"] = "MhcTrainingJob",
            ["metadata"] = new JsonObject { ["name"] = "job-" + random.Next(9999).ToString(CultureInfo.InvariantCulture) },
            ["spec"] = spec,
        };
    }

    /// <summary>Makes one field of the spec wrong: another type, out of range, no such name, an unknown field beside it.</summary>
    /// <returns>The path that an error must name.</returns>
    public static string Break(JsonObject manifest, Random random)
    {
        var fields = Fields(manifest["spec"]!.AsObject(), JobSchema.Spec, "spec").ToArray();
        var (parent, name, schema, path) = fields[random.Next(fields.Length)];
        if (random.Next(4) == 0)
        {
            parent[name + "x"] = Wrong(schema, random);
            return path + "x";
        }

        parent[name] = Wrong(schema, random);
        return path;
    }

    /// <summary>The text with characters or tokens taken out, put in or swapped.</summary>
    public static string Damage(string text, Random random)
    {
        var damaged = new StringBuilder(text);
        for (var i = random.Next(1, 6); i > 0; i--)
        {
            var at = random.Next(damaged.Length);
            switch (random.Next(4))
            {
                case 0:
                    damaged.Remove(at, Math.Min(random.Next(1, 12), damaged.Length - at));
                    break;
                case 1:
                    damaged.Insert(at, Pick(random, Tokens));
                    break;
                case 2:
                    damaged[at] = (char)random.Next(1, 0x3000);
                    break;
                default:
                    damaged.Insert(at, damaged.ToString(at, Math.Min(random.Next(1, 40), damaged.Length - at)));
                    break;
            }
        }

        return damaged.ToString();
    }

    /// <summary>Pieces of YAML in a random order.</summary>
    public static string Junk(Random random) => string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => Pick(random, Tokens)));

    private static IEnumerable<(JsonObject Parent, string Name, SchemaNode Schema, string Path)> Fields(JsonObject json, SchemaNode schema,
        string path)
    {
        foreach (var (name, property) in schema.Properties)
        {
            var child = $"{path}.{name}";
            yield return (json, name, property, child);
            if (json[name] is JsonObject value)
            {
                foreach (var field in Fields(value, property, child))
                {
                    yield return field;
                }
            }

            for (var i = 0; i < ((json[name] as JsonArray)?.Count ?? 0); i++)
            {
                if (json[name]![i] is JsonObject item)
                {
                    foreach (var field in Fields(item, property.Items!, $"{child}[{i}]"))
                    {
                        yield return field;
                    }
                }
            }
        }
    }

    private static JsonNode Wrong(SchemaNode schema, Random random)
    {
        JsonNode[] wrong = schema.Type switch
        {
            SchemaType.Object => ["x", 5, true, new JsonArray()],
            SchemaType.Array => ["x", 5, false, new JsonObject(), new JsonArray(new JsonArray())],
            SchemaType.Boolean => ["yes", 1, new JsonObject()],
            SchemaType.Integer => ["1", 1.5, true, -1, 1e30, new JsonArray(), (schema.Minimum ?? 0) - 1],
            SchemaType.Number => ["1.0", false, (schema.Minimum ?? 0) - 0.5, new JsonObject()],
            _ when schema.Enum.Count > 0 => ["", "nonsense", 1, schema.Enum[0] + "s"],
            _ => [5, 1.5, true, new JsonObject(), new JsonArray()],
        };
        return wrong[random.Next(wrong.Length)];
    }

    private static string RandomText(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(9)).Select(_ => Pick(random, "a", " ", "é", "\n", "\"", "$(X)", "🙂", ":")));

    private static T Pick<T>(Random random, params T[] values) => values[random.Next(values.Length)];
}
