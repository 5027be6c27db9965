using System.Text.Json.Nodes;
using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Api;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;
using k8s.Models;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Kubernetes;

public sealed class PodTransformTests
{
    [Fact]
    public void What_the_policies_look_at_stays()
    {
        var pod = Read(0);
        Assert.Equal(("demo-1-0", "uid-0", "100"), (pod.Metadata.Name, pod.Metadata.Uid, pod.Metadata.ResourceVersion));
        Assert.True(Gang.IsOwned(pod.Metadata, MakeJob().Build()));
        Assert.Equal(["1", "1", "demo", "0", "worker"],
            pod.Metadata.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => l.Value));
        Assert.Equal("node-1", pod.Spec.NodeName);
        Assert.Equal(TrainerPorts.Status, pod.Spec.Containers[0].Ports.Single(port => port.Name == "status").ContainerPort);
        Assert.Equal(("Running", "10.0.0.1"), (pod.Status.Phase, pod.Status.PodIP));
        Assert.Equal(("Ready", "True"), (pod.Status.Conditions[0].Type, pod.Status.Conditions[0].Status));
        var container = pod.Status.ContainerStatuses[0];
        Assert.Equal(("trainer", true, 2), (container.Name, container.Ready, container.RestartCount));
        Assert.NotNull(container.State.Running);
        Assert.Null(pod.Metadata.ManagedFields);
        var worker = new WorkerPod(pod, Attempt: 1, Current: 1);
        Assert.Equal(("an order", 3), (worker.Order, worker.OrderCount));
        Assert.Equal(("proxy", "Always", 1),
            (pod.Spec.InitContainers[0].Name, pod.Spec.InitContainers[0].RestartPolicy, pod.Spec.ActiveDeadlineSeconds));
        Assert.DoesNotContain("example.org/note", pod.Metadata.Annotations.Keys);
    }

    [Fact]
    public void What_many_pods_say_is_held_once()
    {
        var (a, b) = (Read(0), Read(1));
        Assert.Same(a.Metadata.OwnerReferences[0].Uid, b.Metadata.OwnerReferences[0].Uid);
        Assert.Same(a.Metadata.Labels[Labels.Job], b.Metadata.Labels[Labels.Job]);
        Assert.Same(a.Status.Conditions[0].Type, b.Status.Conditions[0].Type);
    }

    /// <summary>A pod as a server tells of it.</summary>
    private static V1Pod Read(int worker)
    {
        var job = MakeJob().Build();
        var pod = PodManifest.For(job, new MhcTrainingJobStatus { Attempt = 1 }, worker, new OperatorOptions());
        pod["metadata"]!["uid"] = $"uid-{worker}";
        pod["metadata"]!["resourceVersion"] = $"{100 + worker}";
        pod["metadata"]!["creationTimestamp"] = "2026-01-01T00:00:00Z";
        pod["metadata"]!["annotations"] =
            new JsonObject { [Annotations.Order] = "an order", [Annotations.OrderCount] = "3", ["example.org/note"] = "nobody reads it" };
        pod["metadata"]!["managedFields"] =
            new JsonArray(new JsonObject { ["manager"] = "mhc-operator", ["operation"] = "Update", ["fieldsV1"] = new JsonObject() });
        pod["spec"]!["nodeName"] = "node-1";
        pod["spec"]!["activeDeadlineSeconds"] = 1;
        pod["spec"]!["initContainers"] =
            new JsonArray(new JsonObject { ["name"] = "proxy", ["image"] = "i", ["restartPolicy"] = "Always" });
        pod["status"] = new JsonObject
        {
            ["phase"] = "Running",
            ["podIP"] = "10.0.0.1",
            ["hostIP"] = "10.0.0.2",
            ["qosClass"] = "BestEffort",
            ["conditions"] = new JsonArray(
                new JsonObject { ["type"] = "Ready", ["status"] = "True", ["lastTransitionTime"] = "2026-01-01T00:00:01Z" }),
            ["containerStatuses"] = new JsonArray(new JsonObject
            {
                ["name"] = "trainer",
                ["image"] = "mhc-trainer",
                ["imageID"] = "sha256:1",
                ["containerID"] = $"containerd://{worker}",
                ["ready"] = true,
                ["restartCount"] = 2,
                ["state"] = new JsonObject { ["running"] = new JsonObject { ["startedAt"] = "2026-01-01T00:00:01Z" } },
            }),
        };
        return ResourceTypes.Pods.Read(JsonSerializer.SerializeToElement(pod));
    }
}
