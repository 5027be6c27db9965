using System.Text.Json.Nodes;
using System.Text.Json;
using FsCheck.Fluent;
using FsCheck;
using MhcOperator.Api.Json;
using MhcOperator.Api.Manifests;
using MhcOperator.Testing.Jobs;

namespace Api.Tests.Manifests;

public sealed class JobDefaultsTests
{
    [Fact]
    public void Two_hundred_random_jobs_mean_the_same_with_their_defaults_written_down_and_then_lack_none() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(200),
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var job = RandomManifest.Valid(new Random(seed));
            var written = Apply(job, JobDefaults.Patch(job));
            Assert.Empty(JobDefaults.Patch(written));
            Assert.Equal(Meaning(job), Meaning(written));
        }));

    [Fact]
    public void What_is_wrong_is_left_for_validation_to_name() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(200),
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            var random = new Random(seed);
            var job = RandomManifest.Valid(random);
            RandomManifest.Break(job, random);
            Assert.Equal(Errors(job), Errors(Apply(job, JobDefaults.Patch(job))));
        }));

    [Fact]
    public void A_default_that_follows_other_fields_is_not_written_down()
    {
        var spec = Apply(Job("{}"), JobDefaults.Patch(Job("{}")))["spec"]!;
        Assert.Equal(12, (long?)spec["model"]!["heads"]);
        Assert.Null(spec["model"]!["keyValueHeads"] ?? spec["model"]!["feedForwardWidth"] ?? spec["model"]!["vocabulary"]
            ?? spec["optimization"]!["microBatchTokens"] ?? spec["trainer"]!["image"]);
    }

    [Theory]
    [InlineData("""{"drills":[{"kind":"Crash","step":1},{"kind":"Hang","step":2,"steps":3,"factor":1000.0,"rank":0,"attempts":2}]}""",
        "/spec/drills/0/steps /spec/drills/0/factor /spec/drills/0/rank /spec/drills/0/attempts", "/spec/drills")]
    [InlineData("""{"model":{"heads":null,"mhc":{"streams":2}}}""", "/spec/model/heads /spec/model/mhc/head",
        "/spec/model /spec/model/mhc /spec/model/mhc/streams")]
    [InlineData("""{"model":5,"drills":{}}""", "/spec/workers", "/spec/model /spec/drills")]
    public void Every_default_that_is_not_there_is_written_where_it_belongs(string spec, string expected, string given)
    {
        var paths = JobDefaults.Patch(Job(spec)).Select(step => (string)step!["path"]!).ToList();
        Assert.All(expected.Split(' '), path => Assert.Contains(path, paths));
        Assert.All(given.Split(' '), path => Assert.DoesNotContain(path, paths));
        Assert.DoesNotContain(paths, path => path.StartsWith("/spec/drills/1/", StringComparison.Ordinal));
    }

    [Fact]
    public void A_job_without_a_spec_gets_none() => Assert.Empty(JobDefaults.Patch(new JsonObject { ["spec"] = null }));

    private static JsonObject Job(string spec) =>
        new() { ["metadata"] = new JsonObject { ["name"] = "a" }, ["spec"] = JsonNode.Parse(spec) };

    private static string Meaning(JsonObject job) =>
        JsonSerializer.Serialize(JobManifestReader.FromJson(job).Job!, ApiJsonContext.Default.MhcTrainingJob);

    private static IEnumerable<string> Errors(JsonObject job) => JobManifestReader.FromJson(job).Errors.Select(e => e.ToString());

    /// <summary>As much of RFC 6902 as is used: "add" to an object.</summary>
    private static JsonObject Apply(JsonObject job, JsonArray patch)
    {
        var changed = job.DeepClone().AsObject();
        foreach (var step in patch)
        {
            Assert.Equal("add", (string?)step!["op"]);
            var names = ((string)step["path"]!).Split('/')[1..];
            JsonNode target = changed;
            foreach (var name in names[..^1])
            {
                target = (target is JsonArray list ? list[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)]
                    : target[name])!;
            }

            target[names[^1]] = step["value"]!.DeepClone();
        }

        return changed;
    }
}
