using System.Text.Json.Nodes;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>Manifests of jobs.</summary>
internal sealed class JobBuilder
{
    private readonly JsonObject _spec = new()
    {
        ["workers"] = new JsonObject { ["replicas"] = 2, ["device"] = "Cpu" },
        ["model"] = new JsonObject { ["layers"] = 2, ["width"] = 64, ["heads"] = 4, ["contextLength"] = 64 },
        // 120 sequences: any of these gangs shares them evenly
        ["optimization"] = new JsonObject { ["steps"] = 100, ["batchTokens"] = 64 * 120 },
        ["stability"] = new JsonObject(),
        ["scheduling"] = new JsonObject(),
        ["runPolicy"] = new JsonObject { ["backoff"] = new JsonObject { ["initialSeconds"] = 0, ["maximumSeconds"] = 0 } },
    };

    private readonly string _name;

    private JobBuilder(string name)
    {
        _name = name;
    }

    public static JobBuilder Make(string name) => new(name);

    public JobBuilder Replicas(int replicas) => Set("workers", "replicas", replicas);

    public JobBuilder Heads(int heads) => Set("model", "heads", heads);

    public JobBuilder MaxRestarts(int restarts) => Set("runPolicy", "maxRestarts", restarts);

    public JobBuilder Backoff(int seconds) =>
        Set("runPolicy", "backoff", new JsonObject { ["initialSeconds"] = seconds, ["maximumSeconds"] = seconds });

    public JobBuilder CleanPods(string policy) => Set("runPolicy", "cleanPods", policy);

    public JobBuilder TimeToLive(int seconds) => Set("runPolicy", "ttlSecondsAfterFinished", seconds);

    public JobBuilder Response(string response) => Set("stability", "response", response);

    public JobBuilder Gang(string kind, int timeoutSeconds = 300) =>
        Set("scheduling", "gang", kind).Set("scheduling", "timeoutSeconds", timeoutSeconds);

    public JobBuilder Queue(string name) => Set("scheduling", "queue", name);

    public JobBuilder Suspended()
    {
        _spec["suspend"] = true;
        return this;
    }

    /// <summary>Sets any field of a section of the spec.</summary>
    public JobBuilder With(string section, string field, JsonNode value) => Set(section, field, value);

    public JsonObject Build() => new()
    {
        ["apiVersion"] = "training.mhc.dev/v1alpha1",
        ["kind"] = "MhcTrainingJob",
        ["metadata"] = new JsonObject { ["name"] = _name },
        ["spec"] = _spec.DeepClone(),
    };

    private JobBuilder Set(string section, string field, JsonNode value)
    {
        (_spec[section] ??= new JsonObject())[field] = value;
        return this;
    }
}
