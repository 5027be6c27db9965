using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Validation;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;
using MhcOperator.Operator.Tests.Building;
using MhcOperator.Testing.PodSecurity;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Planning.Manifests;

/// <summary>Pods of jobs under the restricted Pod Security Standard, field by field.</summary>
public sealed class RestrictedStandardTests
{
    private const string Crowd = """
        {"metadata":{"annotations":{"a":"b"}},"spec":{
          "initContainers":[{"name":"fetch","image":"f"},{"name":"proxy","image":"p","restartPolicy":"Always"}],
          "containers":[{"name":"trainer","resources":{"limits":{"memory":"1Gi"}}},{"name":"side","image":"s","ports":[{"containerPort":80}],"livenessProbe":{"httpGet":{"port":80}}}],
          "volumes":[{"name":"more","emptyDir":{}},{"name":"key","secret":{"secretName":"s"}}]}}
        """;

    private static readonly Dictionary<string, JobBuilder> Jobs = new(StringComparer.Ordinal)
    {
        ["of one rank"] = MakeJob().WithWorkers(1),
        ["of many ranks"] = MakeJob().WithWorkers(4).WithDevices(2),
        ["with more containers"] = With(MakeJob(), Crowd),
        ["with more containers for many ranks"] = With(MakeJob().WithDevices(3), Crowd),
        ["with another user"] = With(MakeJob(), """{"spec":{"securityContext":{"runAsUser":1000,"fsGroup":1000}}}"""),
        ["with a profile of its own"] = With(MakeJob(),
            """{"spec":{"securityContext":{"seccompProfile":{"type":"Localhost","localhostProfile":"p"}}}}"""),
        ["without checkpoints on a claim"] = With(MakeJob(), """{"spec":{"volumes":[{"name":"checkpoints","emptyDir":{}}]}}"""),
        ["that says less of security"] = With(MakeJob(),
            """{"spec":{"securityContext":{"$patch":"replace","runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}}}}"""),
        ["of its own image"] = MakeJob()
            .With(j => j.Spec.Trainer = j.Spec.Trainer with { Image = "registry.example.com/trainer:1-debug", Command = ["/bin/sh"] }),
        ["with devices"] = MakeJob().With(j => j.Spec.Workers = j.Spec.Workers with { Device = Device.Cuda }),
        ["with data"] = MakeJob()
            .With(j => j.Spec.Data = j.Spec.Data with { Source = new DataSource { ConfigMap = new ConfigMapSource { Name = "texts" } } }),
        ["with a queue and a gang"] = MakeJob()
            .With(
                j => j.Spec.Scheduling = j.Spec.Scheduling with
                {
                    Queue = "q",
                    Gang = GangKind.Volcano,
                    PriorityClassName = "high",
                    TopologyKey = "zone"
                }),
    };

    public static TheoryData<string> Names() => [.. Jobs.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Each_pod_of_a_job_meets_every_row(string job)
    {
        foreach (var worker in (int[])[0, 1])
        {
            Assert.Empty(RestrictedStandard.Check(Make(Jobs[job], worker)));
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void No_pod_of_a_job_has_a_token_or_another_account(string job)
    {
        var spec = Make(Jobs[job])["spec"]!;
        Assert.False((bool?)spec["automountServiceAccountToken"]);
        Assert.Null(spec["serviceAccountName"] ?? spec["serviceAccount"]);
        var sources = spec["volumes"]!.AsArray().SelectMany(v => v!["projected"]?["sources"]?.AsArray() ?? [])
            .SelectMany(source => source!.AsObject());
        Assert.DoesNotContain(sources, source => source.Key is "serviceAccountToken" or "podCertificate");
    }

    [Theory, MemberData(nameof(Offence.All), MemberType = typeof(Offence))]
    public void What_is_against_a_row_is_found_and_the_operator_finds_it_too(string row, string path, string? value)
    {
        var pod = Offence.Commit(Make(Jobs["with more containers"]), path, value);

        Assert.Contains(RestrictedStandard.Check(pod), wrong => wrong.StartsWith($"{row}: ", StringComparison.Ordinal));
        Assert.NotEmpty(PodTemplatePrivileges.CheckPod(pod));
    }

    [Fact]
    public void Each_row_has_something_that_is_against_it() =>
        Assert.Equal(RestrictedStandard.Rows.Select(r => r.Control).Order(StringComparer.Ordinal),
            Offence.All().Select(r => r.Data.Item1).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    private static JsonObject Make(JobBuilder job, int worker = 0) =>
        PodManifest.For(job.Build(), new MhcTrainingJobStatus { Attempt = 1 }, worker, new OperatorOptions { ImagePullSecrets = ["pull"] },
            secret: "s");

    private static JobBuilder With(JobBuilder job, string template) =>
        job.With(j => j.Spec.Workers.Template = (JsonObject)JsonNode.Parse(template)!);
}
