using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;
using MhcOperator.Operator.Tests.Building;
using k8s.Models;
using k8s;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Manifests;

public sealed class PodManifestTests
{
    private static V1Pod Make(JobBuilder job, int worker = 0, StatusBuilder? status = null) =>
        KubernetesJson.Deserialize<V1Pod>(
            PodManifest.For(job.Build(), (status ?? MakeStatus().With(s => s.Attempt = 3)).Build(), worker,
                new OperatorOptions { TrainerImage = "default-trainer" }).ToJsonString());

    private static Dictionary<string, string> Env(V1Pod pod, int container = 0) =>
        pod.Spec.Containers[container].Env.ToDictionary(e => e.Name, e => e.Value, StringComparer.Ordinal);

    private static JobBuilder WithTemplate(string template) =>
        MakeJob().With(j => j.Spec.Workers.Template = (JsonObject)JsonNode.Parse(template)!);

    [Fact]
    public void Names_labels_and_owner_are_those_that_the_gang_is_found_by()
    {
        var pod = Make(MakeJob(), worker: 1);
        Assert.Equal(("demo-3-1", "default", "demo-3-1", "demo", "Never"),
            (pod.Metadata.Name, pod.Metadata.NamespaceProperty, pod.Spec.Hostname, pod.Spec.Subdomain, pod.Spec.RestartPolicy));
        Assert.Equal(("demo", "3", "1", "worker"),
            (pod.Metadata.Labels[Labels.Job], pod.Metadata.Labels[Labels.Attempt], pod.Metadata.Labels[Labels.Rank],
                pod.Metadata.Labels[Labels.Role]));
        var owner = Assert.Single(pod.Metadata.OwnerReferences);
        Assert.Equal((JobBuilder.Uid, true, "MhcTrainingJob"), (owner.Uid, owner.Controller, owner.Kind));
    }

    [Fact]
    public void It_meets_the_restricted_standard()
    {
        var pod = Make(MakeJob());
        Assert.True(pod.Spec.SecurityContext.RunAsNonRoot);
        Assert.Equal("RuntimeDefault", pod.Spec.SecurityContext.SeccompProfile.Type);
        Assert.Equal(65532, pod.Spec.SecurityContext.FsGroup);
        Assert.All(pod.Spec.Containers, c =>
        {
            Assert.False(c.SecurityContext.AllowPrivilegeEscalation);
            Assert.Equal(["ALL"], c.SecurityContext.Capabilities.Drop);
        });
        Assert.False(pod.Spec.AutomountServiceAccountToken);
        Assert.False(pod.Spec.EnableServiceLinks);
        Assert.All(pod.Spec.Volumes, v => Assert.Null(v.HostPath));
    }

    [Fact]
    public void The_contracts_environment_is_complete()
    {
        var env = Env(Make(MakeJob().WithWorkers(4), worker: 2));
        Assert.Equal(("demo-3-0.demo", "29500", "4", "2", "0", "1", "4", "2"),
            (env["MASTER_ADDR"], env["MASTER_PORT"], env["WORLD_SIZE"], env["RANK"], env["LOCAL_RANK"], env["LOCAL_WORLD_SIZE"],
                env["NNODES"], env["NODE_RANK"]));
        Assert.Equal(("demo", "default", "3", "/etc/mhc/trainer.json", "/checkpoints"),
            (env["MHC_JOB"], env["MHC_NAMESPACE"], env["MHC_ATTEMPT"], env["MHC_CONFIG"], env["MHC_CHECKPOINT_DIR"]));
        Assert.Equal(("latest", "", "1", "8470"),
            (env["MHC_RESUME_STEP"], env["MHC_SKIP_WINDOWS"], env["MHC_LEARNING_RATE_FACTOR"], env["MHC_STATUS_PORT"]));
    }

    [Fact]
    public void A_pod_is_told_when_its_job_was_made_since_the_next_job_of_that_name_begins_with_attempt_1_again() =>
        Assert.Equal("1764108000",
            Env(
                Make(
                    MakeJob().With(
                        j => j.Metadata.CreationTimestamp = DateTimeOffset.FromUnixTimeSeconds(
                            1_764_108_000).UtcDateTime)))["MHC_JOB_SINCE"]);

    [Fact]
    public void Several_devices_make_one_container_a_rank()
    {
        var pod = Make(MakeJob().WithWorkers(2).WithDevices(2, Device.Cuda), worker: 1);
        Assert.Equal(["trainer-0", "trainer-1"], pod.Spec.Containers.Select(c => c.Name));
        Assert.Equal(("2", "0", "4"), (Env(pod)["RANK"], Env(pod)["LOCAL_RANK"], Env(pod)["WORLD_SIZE"]));
        Assert.Equal(("3", "1", "2"), (Env(pod, 1)["RANK"], Env(pod, 1)["LOCAL_RANK"], Env(pod, 1)["LOCAL_WORLD_SIZE"]));
        Assert.Equal("2", pod.Metadata.Labels[Labels.Rank]);
        Assert.All(pod.Spec.Containers, c => Assert.Equal("1", c.Resources.Limits["nvidia.com/gpu"].ToString()));
    }

    [Fact]
    public void A_job_on_the_cpu_asks_for_no_device() => Assert.Null(Make(MakeJob()).Spec.Containers[0].Resources?.Limits);

    [Fact]
    public void Rank_0_alone_names_its_ports()
    {
        var job = MakeJob().With(j => j.Spec.RunPolicy.RestartStrategy = RestartStrategy.Recreate);
        Assert.Equal([29500, 8470], Make(job).Spec.Containers[0].Ports.Select(p => p.ContainerPort));
        Assert.Null(Make(job, worker: 1).Spec.Containers[0].Ports);
    }

    [Fact]
    public void Image_command_and_arguments_are_the_jobs_or_the_default()
    {
        Assert.Equal("default-trainer", Make(MakeJob()).Spec.Containers[0].Image);
        Assert.Null(Make(MakeJob()).Spec.Containers[0].Command);
        var own = Make(MakeJob()
            .With(
                j => j.Spec.Trainer = new TrainerSpec
                {
                    Image = "mine:1",
                    Command = ["python"],
                    Args = ["train.py"],
                    Env = [new EnvironmentVariable { Name = "A", Value = "b" }]
                })).Spec.Containers[0];
        Assert.Equal(("mine:1", "python", "train.py", "b"),
            (own.Image, own.Command[0], own.Args[0], own.Env.Single(e => e.Name == "A").Value));
    }

    [Fact]
    public void Images_are_pulled_with_the_operators_secrets_and_the_templates()
    {
        var job = WithTemplate("""{"spec":{"imagePullSecrets":[{"name":"own"},{"name":"all"}]}}""").Build();
        var options = new OperatorOptions { ImagePullSecrets = ["all", "others"] };
        var pod = KubernetesJson.Deserialize<V1Pod>(PodManifest.For(job, MakeStatus().Build(), 0, options).ToJsonString());
        Assert.Equal(["all", "others", "own"], pod.Spec.ImagePullSecrets.Select(secret => secret.Name).Order());
    }

    [Fact]
    public void Configuration_checkpoints_and_shared_memory_are_mounted()
    {
        var pod = Make(MakeJob());
        Assert.Equal(["/etc/mhc", "/checkpoints", "/dev/shm", "/etc/mhc-order"],
            pod.Spec.Containers[0].VolumeMounts.Select(m => m.MountPath));
        Assert.Equal("demo-config", pod.Spec.Volumes.Single(v => v.Name == "config").ConfigMap.Name);
        Assert.Equal("demo-checkpoints", pod.Spec.Volumes.Single(v => v.Name == "checkpoints").PersistentVolumeClaim.ClaimName);
        Assert.Equal("Memory", pod.Spec.Volumes.Single(v => v.Name == "shm").EmptyDir.Medium);
        Assert.Equal("/dev/termination-log", pod.Spec.Containers[0].TerminationMessagePath);
    }

    [Fact]
    public void Data_comes_from_a_claim_or_a_config_map_read_only()
    {
        var claim = Make(MakeJob()
            .With(
                j => j.Spec.Data.Source = new DataSource
                {
                    PersistentVolumeClaim = new PersistentVolumeClaimSource
                    {
                        ClaimName = "corpus",
                        SubPath = "en"
                    }
                }));
        Assert.Equal("corpus", claim.Spec.Volumes.Single(v => v.Name == "data").PersistentVolumeClaim.ClaimName);
        var mount = claim.Spec.Containers[0].VolumeMounts.Single(m => m.Name == "data");
        Assert.Equal(("/data", "en", true), (mount.MountPath, mount.SubPath, mount.ReadOnlyProperty));
        var map = Make(MakeJob().With(j => j.Spec.Data.Source = new DataSource { ConfigMap = new ConfigMapSource { Name = "texts" } }));
        Assert.Equal("texts", map.Spec.Volumes.Single(v => v.Name == "data").ConfigMap.Name);
    }

    [Fact]
    public void A_template_adds_to_the_pod_and_unknown_fields_are_kept()
    {
        var manifest = PodManifest.For(
            WithTemplate(
                """{"metadata":{"labels":{"team":"a"},"annotations":{"x":"y"}},"spec":{"nodeSelector":{"gpu":"h100"},"tolerations":[{"key":"gpu"}],"someFutureField":{"a":1},"containers":[{"name":"trainer","resources":{"requests":{"memory":"4Gi"}}},{"name":"sidecar","image":"s"}]}}""").Build(),
            MakeStatus().With(s => s.Attempt = 1).Build(), 0, new OperatorOptions());
        var spec = manifest["spec"]!;
        Assert.Equal("a", (string?)manifest["metadata"]!["labels"]!["team"]);
        Assert.Equal("demo", (string?)manifest["metadata"]!["labels"]![Labels.Job]);
        Assert.Equal("y", (string?)manifest["metadata"]!["annotations"]!["x"]);
        Assert.Equal("h100", (string?)spec["nodeSelector"]!["gpu"]);
        Assert.Equal(1, (int?)spec["someFutureField"]!["a"]);
        Assert.Equal("4Gi", (string?)spec["containers"]![0]!["resources"]!["requests"]!["memory"]);
        Assert.Equal("sidecar", (string?)spec["containers"]![1]!["name"]);
        Assert.Null(spec["containers"]![1]!["env"]);
    }

    [Fact]
    public void A_template_cannot_change_what_the_operator_relies_on()
    {
        var pod = Make(
            WithTemplate(
                """{"metadata":{"name":"x","namespace":"kube-system","labels":{"training.mhc.dev/job":"other","training.mhc.dev/attempt":"9"},"ownerReferences":[]},"spec":{"restartPolicy":"Always","hostname":"x","subdomain":"y","containers":[{"name":"trainer","env":[{"name":"RANK","value":"7"},{"name":"MINE","value":"1"}]}]}}"""));
        Assert.Equal(("demo-3-0", "default", "demo", "3", "Never", "demo-3-0", "demo"),
            (pod.Metadata.Name, pod.Metadata.NamespaceProperty, pod.Metadata.Labels[Labels.Job], pod.Metadata.Labels[Labels.Attempt],
                pod.Spec.RestartPolicy, pod.Spec.Hostname, pod.Spec.Subdomain));
        Assert.Equal(("0", "1"), (Env(pod)["RANK"], Env(pod)["MINE"]));
        Assert.Single(pod.Metadata.OwnerReferences);
    }

    [Fact]
    public void A_template_for_the_trainer_holds_for_every_ranks_container_and_one_for_a_rank_wins()
    {
        var pod = Make(
            WithTemplate("""{"spec":{"containers":[{"name":"trainer","workingDir":"/w"},{"name":"trainer-1","workingDir":"/special"}]}}""")
                .WithDevices(2));
        Assert.Equal([("trainer-0", "/w"), ("trainer-1", "/special")], pod.Spec.Containers.Select(c => (c.Name, c.WorkingDir)));
    }

    [Fact]
    public void Grace_priority_and_topology_follow_the_spec()
    {
        var pod = Make(MakeJob().With(j =>
        {
            j.Spec.RunPolicy.TerminationTimeoutSeconds = 45;
            j.Spec.Scheduling.PriorityClassName = "high";
            j.Spec.Scheduling.TopologyKey = "rack";
        }));
        Assert.Equal((45L, "high"), (pod.Spec.TerminationGracePeriodSeconds, pod.Spec.PriorityClassName));
        Assert.Equal("rack", pod.Spec.Affinity.PodAffinity.PreferredDuringSchedulingIgnoredDuringExecution[0].PodAffinityTerm.TopologyKey);
    }

    [Fact]
    public void All_windows_and_the_product_of_all_factors_reach_the_gang()
    {
        var env = Env(
            Make(
                MakeJob(), status: MakeStatus().With(s => s.Attempt = 3).Rollback(1, 50, 40, "45-55", 0.5, 9).Rollback(2, 115, 100, "",
                    0.25).Rollback(2, 115, 100, "110-121", 0.125)));
        Assert.Equal(("45-55,110-121", "0.125", "100"), (env["MHC_SKIP_WINDOWS"], env["MHC_LEARNING_RATE_FACTOR"], env["MHC_RESUME_STEP"]));
    }

    [Fact]
    public void A_container_that_a_template_adds_is_held_to_the_restricted_standard_too()
    {
        var pod = Make(
            WithTemplate(
                """{"spec":{"initContainers":[{"name":"fetch","image":"f"}],"containers":[{"name":"side","image":"s","securityContext":{"runAsUser":1000}}]}}"""));
        Assert.All(pod.Spec.Containers.Concat(pod.Spec.InitContainers), c =>
        {
            Assert.False(c.SecurityContext.AllowPrivilegeEscalation);
            Assert.Equal(["ALL"], c.SecurityContext.Capabilities.Drop);
        });
    }

    [Fact]
    public void A_dollar_in_the_trainers_environment_and_words_is_a_dollar_and_in_a_template_it_is_kubernetes_own()
    {
        var job = WithTemplate(
            """{"spec":{"containers":[{"name":"trainer","env":[{"name":"T","value":"$(A)"}]},{"name":"side","image":"s","args":["$(B)"]}]}}""")
            .With(
                j => j.Spec.Trainer = new TrainerSpec
                {
                    Command = ["echo", "$(A)"],
                    Args = ["pa$$word"],
                    Env = [new EnvironmentVariable { Name = "A", Value = "$(B)$" }]
                });
        var containers = Make(job).Spec.Containers;
        Assert.Equal(["echo", "$$(A)", "pa$$$$word"], containers[0].Command.Concat(containers[0].Args));
        Assert.Equal(("$$(B)$$", "$(A)", "$(B)"), (Env(Make(job))["A"], Env(Make(job))["T"], containers[1].Args[0]));
    }

    [Theory]
    [InlineData("""{"spec":{"volumes":[{"name":"checkpoints","emptyDir":{}}]}}""", "checkpoints", "emptyDir")]
    [InlineData("""{"spec":{"volumes":[{"name":"shm","persistentVolumeClaim":{"claimName":"c"}}]}}""", "shm", "persistentVolumeClaim")]
    [InlineData("""{"spec":{"volumes":[{"name":"shm","emptyDir":{"sizeLimit":"1Gi"}}]}}""", "shm", "emptyDir")]
    public void A_volume_of_a_template_has_one_source(string template, string volume, string source)
    {
        var pod = PodManifest.For(WithTemplate(template).Build(), MakeStatus().With(s => s.Attempt = 1).Build(), 0, new OperatorOptions());
        var made = pod["spec"]!["volumes"]!.AsArray().Single(v => (string?)v!["name"] == volume)!.AsObject();
        Assert.Equal(["name", source], made.Select(field => field.Key));
    }
}
