using System.Text.Json.Nodes;
using MhcOperator.Api.Contract;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;
using MhcOperator.Operator.Tests.Building;
using k8s.Models;
using k8s;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Manifests;

public sealed class InPlaceManifestTests
{
    private static readonly StatusBuilder First = MakeStatus().With(s => s.Attempt = 1);

    private static V1Pod Make(JobBuilder job, OperatorOptions? options = null) =>
        KubernetesJson.Deserialize<V1Pod>(PodManifest.For(job.Build(), First.Build(), 1, options ?? new OperatorOptions()).ToJsonString());

    [Theory]
    [InlineData(RestartStrategy.Automatic, null, null, true)]
    [InlineData(RestartStrategy.Automatic, "mine:1", null, false)]
    [InlineData(RestartStrategy.Automatic, null, "python", false)]
    [InlineData(RestartStrategy.InPlace, "mine:1", "python", true)]
    [InlineData(RestartStrategy.Recreate, null, null, false)]
    public void Only_the_operators_own_trainer_and_programs_that_are_said_to_can_restart_in_place(RestartStrategy strategy, string? image,
        string? command, bool inPlace)
    {
        var pod = Make(MakeJob().With(j =>
        {
            j.Spec.RunPolicy.RestartStrategy = strategy;
            j.Spec.Trainer = new TrainerSpec { Image = image, Command = command is null ? null : [command] };
        }));

        Assert.Equal(inPlace, pod.Spec.Containers[0].ReadinessProbe is not null);
        Assert.Equal(inPlace, pod.Spec.Volumes.Any(v => v.DownwardAPI is not null));
        Assert.Equal(inPlace, pod.Spec.Containers[0].Env.Any(e => e.Name == "MHC_ORDER_FILE"));
    }

    [Fact]
    public void Where_pods_are_processes_none_restarts_in_place() =>
        Assert.DoesNotContain(Make(MakeJob(), new OperatorOptions { RestartsInPlace = false }).Spec.Containers[0].Env,
            e => e.Name == "MHC_ORDER_FILE");

    [Fact]
    public void The_order_is_an_annotation_that_every_rank_reads_as_a_file_and_each_rank_has_a_port_of_its_own()
    {
        var pod = Make(MakeJob().WithDevices(2));

        var item = Assert.Single(pod.Spec.Volumes.Single(v => v.DownwardAPI is not null).DownwardAPI.Items);
        Assert.Equal(("order", "metadata.annotations['training.mhc.dev/order']"), (item.Path, item.FieldRef.FieldPath));
        Assert.Equal(["8471", "8472"], pod.Spec.Containers.Select(c => c.Env.Single(e => e.Name == "MHC_WORKER_PORT").Value));
        Assert.All(pod.Spec.Containers, c =>
        {
            var port = c.Ports.Single(p => p.Name == "mhc-worker");
            Assert.Equal(("/readyz", port.ContainerPort.ToString(System.Globalization.CultureInfo.InvariantCulture)),
                (c.ReadinessProbe.HttpGet.Path, c.ReadinessProbe.HttpGet.Port.Value));
            Assert.Equal("/etc/mhc-order/order", c.Env.Single(e => e.Name == "MHC_ORDER_FILE").Value);
            Assert.True(c.VolumeMounts.Single(m => m.MountPath == "/etc/mhc-order").ReadOnlyProperty);
        });
    }

    [Fact]
    public void A_readiness_probe_of_the_template_gives_way()
    {
        var pod = Make(MakeJob()
            .With(
                j => j.Spec.Workers.Template = (JsonObject)JsonNode.Parse(
                    """{"spec":{"containers":[{"name":"trainer","readinessProbe":{"exec":{"command":["true"]}}}]}}""")!));
        Assert.Null(pod.Spec.Containers[0].ReadinessProbe.Exec);
    }

    [Fact]
    public void An_order_says_what_the_environment_of_a_new_pod_would_say_and_which_configuration_it_goes_with()
    {
        var status = MakeStatus().With(s => s.Attempt = 3).Rollback(2, 50, 40, "45-55", 0.5);
        var order = RestartOrder.Parse(InPlaceManifest.Order(MakeJob().Build(), status.Build(), takeOver: false))!;

        Assert.Equal((3, "40", "45-55", "0.5"),
            (order.Attempt, order.Environment["MHC_RESUME_STEP"], order.Environment["MHC_SKIP_WINDOWS"],
                order.Environment["MHC_LEARNING_RATE_FACTOR"]));
        var other = RestartOrder.Parse(
            InPlaceManifest.Order(MakeJob().With(j => j.Spec.Optimization.PeakLearningRate = 0.5).Build(), status.Build(),
                takeOver: false))!;
        Assert.NotEqual(order.ConfigurationHash, other.ConfigurationHash);
        var pod = Make(MakeJob());
        var hash = Convert.ToHexStringLower(
            System.Security.Cryptography.SHA256.HashData(
                System.Text.Encoding.UTF8.GetBytes(ConfigMapManifest.Configuration(MakeJob().Build()))));
        Assert.All(pod.Spec.Containers, c => Assert.Equal(hash, c.Env.Single(e => e.Name == "MHC_CONFIG_SHA256").Value));
    }
}
