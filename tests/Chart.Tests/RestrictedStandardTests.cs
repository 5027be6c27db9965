using Chart.Tests.Support;
using MhcOperator.Api.Yaml;
using MhcOperator.Testing.PodSecurity;

namespace Chart.Tests;

/// <summary>The operator's own pods under the restricted Pod Security Standard, field by field.</summary>
public sealed class RestrictedStandardTests
{
    public static TheoryData<string> Values() =>
    [
        .. MatrixTests.Values.Values,
        "image: {tag: v1-debug}",
        "{podSecurityContext: {runAsUser: 1000}, stackDumps: true}",
    ];

    [Theory, MemberData(nameof(Values))]
    public async Task Each_pod_of_a_release_meets_every_row(string values)
    {
        var release = await Release.RenderAsync(values);
        var pods = release.Objects.Where(made => (string?)made["kind"] == "Pod")
            .Concat(release.Of("Deployment").Select(made => made["spec"]!["template"]!.AsObject())).ToList();

        Assert.Equal(2, pods.Count); // the operator's, and that of helm test
        Assert.All(pods, pod => Assert.Empty(RestrictedStandard.Check(pod)));
    }

    [Theory, MemberData(nameof(Offence.All), MemberType = typeof(Offence))]
    public async Task What_is_against_a_row_is_found(string row, string path, string? value)
    {
        var pod = (await Good.Value).Of("Deployment").Single()["spec"]!["template"]!.DeepClone().AsObject();

        Assert.Contains(RestrictedStandard.Check(Offence.Commit(pod, path, value)),
            wrong => wrong.StartsWith($"{row}: ", StringComparison.Ordinal));
    }

    [Fact]
    public void The_operators_namespace_has_the_standard_enforced()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "namespace.yaml"));
        var labels = YamlReader.Read(text)[0].Root!["metadata"]!["labels"]!;

        Assert.All((string[])["audit", "enforce", "warn"],
            mode => Assert.Equal("restricted", (string?)labels[$"pod-security.kubernetes.io/{mode}"]));
    }

    private static readonly Lazy<Task<Release>> Good = new(() => Release.RenderAsync("certificates: {certManager: {enabled: true}}"));
}
