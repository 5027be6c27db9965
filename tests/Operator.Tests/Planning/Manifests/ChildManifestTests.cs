using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Json;
using MhcOperator.Operator.Planning.Manifests;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Planning.Manifests;

public sealed class ChildManifestTests
{
    [Fact]
    public void The_service_is_headless_and_names_workers_before_they_are_ready()
    {
        var service = ServiceManifest.For(MakeJob().Build());
        Assert.Equal(("demo", "None", true, "demo"),
            ((string?)service["metadata"]!["name"], (string?)service["spec"]!["clusterIP"],
                (bool?)service["spec"]!["publishNotReadyAddresses"], (string?)service["spec"]!["selector"]![Labels.Job]));
        Assert.All(service["spec"]!["ports"]!.AsArray(), p => Assert.Equal("TCP", (string?)p!["protocol"]));
    }

    [Fact]
    public void The_config_map_holds_what_the_trainer_reads()
    {
        var job = MakeJob().With(j => j.Spec.Optimization.Steps = 77).Build();
        var map = ConfigMapManifest.For(job);
        var configuration = JsonSerializer.Deserialize((string)map["data"]!["trainer.json"]!, ApiJsonContext.Default.TrainerConfiguration)!;
        Assert.Equal("demo-config", (string?)map["metadata"]!["name"]);
        Assert.Equal(("demo", "default", Device.Cpu, 77),
            (configuration.Job, configuration.Namespace, configuration.Device, configuration.Optimization.Steps));
        Assert.Equal(ConfigMapManifest.Configuration(job), ConfigMapManifest.Configuration(job));
    }

    [Theory]
    [InlineData(null, false, null)]
    [InlineData("/corpus/a.txt", false, "/corpus/a.txt")]
    [InlineData(null, true, "/data")]
    [InlineData("sub/a.txt", true, "/data/sub/a.txt")]
    [InlineData("/sub", true, "/data/sub")]
    public void The_data_path_is_the_one_on_the_trainers_machine(string? path, bool volume, string? expected)
    {
        var job = MakeJob().With(
            j => j.Spec.Data.Source = new DataSource { Path = path, ConfigMap = volume ? new ConfigMapSource { Name = "texts" } : null })
                .Build();
        Assert.Equal(
            expected, JsonSerializer.Deserialize(ConfigMapManifest.Configuration(job),
                ApiJsonContext.Default.TrainerConfiguration)!.Data.Source.Path);
    }

    [Theory]
    [InlineData(VolumePolicy.Retain, false)]
    [InlineData(VolumePolicy.Delete, true)]
    public void The_claim_goes_with_the_job_only_where_it_is_to(VolumePolicy policy, bool owned)
    {
        var claim = ClaimManifest.For(MakeJob()
            .With(
                j => j.Spec.Checkpoints.Volume = new CheckpointVolume
                {
                    Policy = policy,
                    Size = "5Gi",
                    StorageClassName = "fast",
                    AccessModes = ["ReadWriteOnce"]
                }).Build());
        Assert.Equal(owned, claim["metadata"]!["ownerReferences"] is not null);
        Assert.Equal(Uid, (string?)claim["metadata"]!["annotations"]!["training.mhc.dev/made-for"]);
        Assert.Equal(("demo-checkpoints", "5Gi", "fast", "ReadWriteOnce"),
            ((string?)claim["metadata"]!["name"], (string?)claim["spec"]!["resources"]!["requests"]!["storage"],
                (string?)claim["spec"]!["storageClassName"], (string?)claim["spec"]!["accessModes"]![0]));
    }

    [Fact]
    public void Without_a_storage_class_the_clusters_default_is_taken() =>
        Assert.False(((System.Text.Json.Nodes.JsonObject)ClaimManifest.For(MakeJob().Build())["spec"]!).ContainsKey("storageClassName"));
}
