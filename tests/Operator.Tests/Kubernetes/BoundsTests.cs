using System.Text;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Building;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.Extensions.Time.Testing;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Kubernetes;

/// <summary>What objects of the largest size that a server stores cost the operator.</summary>
public sealed class BoundsTests
{
    private const int Hostile = 6;

    public static TheoryData<string> Trees { get; } =
    [
        $"[{string.Join(',', Enumerable.Repeat("0", 700_000))}]",
        $"[{string.Join(',', Enumerable.Repeat("{}", 450_000))}]",
        $"{{{string.Join(',', Enumerable.Range(0, 120_000).Select(i => $"\"k{i}\":1"))}}}",
        $"\"{new string('x', 1_400_000)}\"",
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Trees), DisableDiscoveryEnumeration = true)]
    public async Task A_template_that_is_too_large_is_named_and_not_kept_and_others_of_its_page_are_read(string tree)
    {
        var sizes = new List<int>();
        using var server = new ScriptedServer(request => Page(request, tree, sizes));
        var client = new ResourceClient<JobManifest>(server.Connect(new FakeTimeProvider()), ResourceTypes.Jobs);
        var all = new List<JobManifest>();
        ListPage<JobManifest>? page = null;
        do
        {
            page = await client.ListAsync(null, null, page?.Continue, Cancel);
            all.AddRange(page.Items);
        }
        while (page.Continue is not null);

        Assert.Equal(Hostile + 1, all.Count);
        Assert.All(all.SkipLast(1), job =>
        {
            Assert.Null(job.Job!.Spec.Workers.Template);
            var error = Assert.Single(job.Errors, e => e.Path == "spec.workers.template");
            Assert.StartsWith("expected at most 65,536 bytes and 5,000 values, got ", error.Message, StringComparison.Ordinal);
        });
        Assert.Empty(all[^1].Errors);
        Assert.Contains(sizes, size => size < 500);
    }

    [Fact]
    public void A_template_of_an_ordinary_size_is_kept()
    {
        var job = JobManifestReader.FromJson(Job("job", $"[{string.Join(',', Enumerable.Repeat("0", 4_000))}]"));
        Assert.DoesNotContain(job.Errors, e => e.Message.StartsWith("expected at most 65,536", StringComparison.Ordinal));
        Assert.NotNull(job.Job!.Spec.Workers.Template);
    }

    [Fact]
    public void Pods_of_the_largest_gang_are_made_one_by_one()
    {
        var job = MakeJob().WithWorkers(4096)
            .With(j => j.Spec.Workers.Template = Parse($$$$"""{"metadata":{"annotations":{"a":"{{{{new string('x', 6000)}}}}"}}}"""));
        var plan = Scene.Of(job).Plan();
        Assert.Equal(4096, plan.Pods.Count);
        Assert.NotSame(plan.Pods[0], plan.Pods[0]); // made when it is looked at, and not kept
        Assert.Equal("demo-1-4095", (string?)plan.Pods[4095]["metadata"]!["name"]);
    }

    private static System.Text.Json.Nodes.JsonObject Parse(string json) => System.Text.Json.Nodes.JsonNode.Parse(json)!.AsObject();

    private static System.Text.Json.Nodes.JsonObject Job(string name, string tree) =>
        Parse(Text(name, $$$"""{"spec":{"zzz":{{{tree}}}}}"""));

    private static string Text(string name, string template) =>
        $$$$"""{"metadata":{"name":"{{{{name}}}}","namespace":"default","uid":"{{{{name}}}}","resourceVersion":"1"},"spec":{"suspend":true,"workers":{"device":"Cpu","template":{{{{template}}}}}}}""";

    /// <summary>As a server pages: hostile jobs first, an ordinary one last.</summary>
    private static HttpResponseMessage Page(ServerRequest request, string tree, List<int> sizes)
    {
        var query = System.Web.HttpUtility.ParseQueryString(request.Query);
        var (size, from) = (int.Parse(query["limit"]!, System.Globalization.CultureInfo.InvariantCulture),
            int.Parse(query["continue"] ?? "0", System.Globalization.CultureInfo.InvariantCulture));
        sizes.Add(size);
        var to = Math.Min(from + size, Hostile + 1);
        var text = new StringBuilder();
        for (var i = from; i < to; i++)
        {
            text.Append(i == from ? "" : ",").Append(Text($"job-{i}", i == Hostile ? "{}" : $$$"""{"spec":{"zzz":{{{tree}}}}}"""));
        }

        var next = to <= Hostile ? to.ToString(System.Globalization.CultureInfo.InvariantCulture) : "";
        return ScriptedServer.Json($$$"""{"metadata":{"resourceVersion":"1","continue":"{{{next}}}"},"items":[{{{text}}}]}""");
    }
}
