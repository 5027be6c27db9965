using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using k8s;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning;

/// <summary>
/// Random templates (containers beside the trainer's and before it, sidecars, volumes) whose pods are in random states, as a kubelet would
/// tell them: only how ranks have ended decides a success, a verdict or a permanent failure.
/// </summary>
public sealed class RankPropertyTests
{
    private const int Workers = 2;
    private static readonly int[] Codes = [0, 0, 0, 1, 42, 65, 75, 78, 86, 137];
    private static readonly string[] OtherNames = ["log", "trainer-logs", "trainer-9", "trainerx", "metrics"];
    private static readonly string[] PodReasons = ["Evicted", "Terminated", "DeadlineExceeded", "UnexpectedAdmissionError", "Preempting"];

    [Fact]
    public void Nothing_but_a_rank_decides_a_success_a_verdict_or_a_permanent_failure() => Check(drawn =>
    {
        var status = drawn.Scene.Plan(20).Status ?? new MhcTrainingJobStatus();
        return (!Is(status, ConditionTypes.Succeeded)
            || (drawn.RankCodes.Count == drawn.Ranks && drawn.RankCodes.All(c => c == 0) && !drawn.IsAsked))
            && (!Is(status, ConditionTypes.Failed, "ConfigurationInvalid") || drawn.RankCodes.Contains(78))
            && (!Is(status, ConditionTypes.Failed, "DataUnreadable") || drawn.RankCodes.Contains(65))
            && (status.RollbackCount == 0 || drawn.RankCodes.Contains(86));
    });

    [Fact]
    public void Where_every_rank_has_ended_with_0_by_itself_the_job_has_succeeded_whatever_else_there_is() => Check(drawn =>
        drawn.RankCodes.Count < drawn.Ranks || drawn.RankCodes.Any(c => c != 0) || drawn.IsAsked
        || Is(drawn.Scene.Plan(20).Status!, ConditionTypes.Succeeded));

    [Fact]
    public void A_strong_code_of_a_rank_is_never_hidden_by_another_container() => Check(drawn =>
        !drawn.RankCodes.Contains(78) || drawn.IsSuspended
            || Is(drawn.Scene.Plan(20).Status!, ConditionTypes.Failed, "ConfigurationInvalid"));

    private static bool Is(MhcTrainingJobStatus status, string type, string? reason = null) =>
        status.Conditions.Any(c => c.Type == type && c.Status == "True" && (reason is null || c.Reason == reason));

    private static void Check(Func<Drawn, bool> holds) => Prop
        .ForAll(Gen.Choose(0, 1 << 20).ListOf(80).ToArbitrary(), entropy => holds(Draw(new Dice([.. entropy]))))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static Drawn Draw(Dice dice)
    {
        var devices = dice.Next(3) + 1;
        var job = MakeJob().WithWorkers(Workers).WithDevices(devices).WithRestarts(dice.Next(3))
            .With(j => j.Spec.Workers.Template = Template(dice, devices));
        if (dice.Next(4) == 0)
        {
            job.Suspended();
        }

        var drawn = new Drawn(Scene.Of(job, MakeRunning(1, Workers)), Workers * devices, job.Build().Spec.Suspend);

        // Most draws give ranks one code, so that whole gangs that end alike are not rare.
        var favourite = Codes[dice.Next(Codes.Length)];
        var pods = Enumerable.Range(0, Workers).Select(worker => Pod(job.Build(), worker, devices, favourite, dice, drawn)).ToList();
        pods.ForEach(PodTransform.Trim);
        drawn.Scene.WithPods(pods);
        return drawn;
    }

    private static JsonObject Template(Dice dice, int devices)
    {
        JsonObject Added(string name, bool isSidecar) => isSidecar
            ? new() { ["name"] = name, ["image"] = "i", ["restartPolicy"] = "Always" }
            : new()
            {
                ["name"] = name,
                ["image"] = "i",
                ["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "scratch", ["mountPath"] = "/scratch" })
            };

        var spec = new JsonObject { ["volumes"] = new JsonArray(new JsonObject { ["name"] = "scratch", ["emptyDir"] = new JsonObject() }) };
        var beside = OtherNames.Where(_ => dice.Next(3) == 0).Select(name => (JsonNode)Added(name, isSidecar: false)).ToList();
        if (dice.Next(3) == 0)
        {
            beside.Insert(dice.Next(beside.Count + 1),
                new JsonObject
                {
                    ["name"] = devices == 1 ? "trainer" : "trainer-0",
                    ["env"] = new JsonArray(new JsonObject { ["name"] = "A", ["value"] = "b" })
                });
        }

        spec["containers"] = new JsonArray([.. beside]);
        spec["initContainers"] =
            new JsonArray(
            [.. ((string[])["fetch", "proxy"]).Where(_ => dice.Next(3) == 0).Select(name => (JsonNode)Added(name, dice.Next(2) == 0))]);
        return new JsonObject { ["spec"] = spec };
    }

    private static V1Pod Pod(MhcTrainingJob job, int worker, int devices, int favourite, Dice dice, Drawn drawn)
    {
        var pod = KubernetesJson.Deserialize<V1Pod>(
            PodManifest.For(job, new MhcTrainingJobStatus { Attempt = 1 }, worker, new OperatorOptions()).ToJsonString());
        pod.Metadata.Uid = $"uid-{pod.Metadata.Name}";
        pod.Spec.NodeName = "node-1";
        pod.Status = new V1PodStatus();

        var failedBefore = false;
        var before = new List<V1ContainerStatus>();
        foreach (var container in pod.Spec.InitContainers ?? [])
        {
            var isSidecar = container.RestartPolicy == "Always";
            var code = dice.Next(4) == 0 ? Codes[dice.Next(Codes.Length)] : 0;
            before.Add(Status(container.Name, failedBefore ? Waiting() : isSidecar && dice.Next(2) == 0 ? Going() : Over(code)));
            failedBefore |= !isSidecar && code != 0;
        }

        var ranks = Enumerable.Range(0, devices).Select(local => devices == 1 ? "trainer" : $"trainer-{local}").ToList();
        var beside = new List<V1ContainerStatus>();
        foreach (var container in pod.Spec.Containers)
        {
            var isRank = ranks.Contains(container.Name);
            var code = isRank && dice.Next(4) > 0 ? favourite : Codes[dice.Next(Codes.Length)];
            var state = failedBefore ? Waiting() : dice.Next(8) == 0 || (!isRank && dice.Next(3) == 0) ? Going() : Over(code);
            beside.Add(Status(container.Name, state));
            if (isRank && state.Terminated is { } end)
            {
                drawn.RankCodes.Add(end.ExitCode);
            }
        }

        pod.Status.InitContainerStatuses = before;
        pod.Status.ContainerStatuses = beside;
        pod.Status.Phase = failedBefore ? "Failed"
            : beside.Exists(c => c.State.Terminated is null) ? "Running"
            : beside.TrueForAll(c => c.State.Terminated.ExitCode == 0) ? "Succeeded" : "Failed";
        if (dice.Next(8) == 0)
        {
            pod.Metadata.DeletionTimestamp = Clock.After(60).UtcDateTime;
            drawn.IsAsked = true;
        }
        else if (pod.Status.Phase is "Failed" && dice.Next(4) == 0)
        {
            pod.Status.Reason = PodReasons[dice.Next(PodReasons.Length)];
            drawn.IsAsked = true;
        }

        return pod;
    }

    private static V1ContainerState Waiting() => new() { Waiting = new V1ContainerStateWaiting { Reason = "PodInitializing" } };

    private static V1ContainerState Going() => new() { Running = new V1ContainerStateRunning() };

    private static V1ContainerState Over(int code) => new()
    {
        Terminated = new V1ContainerStateTerminated
        {
            ExitCode = code,
            Reason = code == 0 ? "Completed" : "Error",
            Message = code == 86 ? Verdicts.LossSpike() : "",
            FinishedAt = Clock.Start.UtcDateTime
        },
    };

    private static V1ContainerStatus Status(string name, V1ContainerState state) =>
        new() { Name = name, Image = "i", ImageID = "", Ready = state.Running is not null, State = state };

    private sealed record Drawn(Scene Scene, int Ranks, bool IsSuspended)
    {
        public List<int> RankCodes { get; } = [];

        public bool IsAsked { get; set; }
    }

    /// <summary>Numbers that were drawn, taken one after the other.</summary>
    private sealed class Dice(int[] entropy)
    {
        private int _at;

        public int Next(int below) => entropy[_at++ % entropy.Length] / (1 + (_at / entropy.Length)) % below;
    }
}
