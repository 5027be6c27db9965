using System.Net;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Planning.Manifests;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Execution;

public sealed class JobExecutorTests
{
    [Fact]
    public async Task One_reconcile_makes_the_whole_gang_of_a_new_job_and_the_next_records_it()
    {
        var simulation = new Simulation(MakeJob().WithWorkers(8));

        await simulation.ReconcileAsync();

        var writes = simulation.Cluster.Writes.ToList();
        Assert.Equal(11, writes.Count);
        Assert.All(writes.Take(3), w => Assert.DoesNotContain("Pod ", w, StringComparison.Ordinal));
        Assert.All(writes.Skip(3), w => Assert.StartsWith("create Pod", w, StringComparison.Ordinal));
        Assert.Equal(8, simulation.Launcher.Alive.Count);

        await simulation.ReconcileAsync();
        Assert.Equal("status", simulation.Cluster.Writes.ElementAt(11));
        Assert.Equal((1, 8), (simulation.Status.Attempt, simulation.Status.Workers.Active));
    }

    [Fact]
    public async Task Until_it_runs_a_job_of_eight_costs_at_most_eight_pods_and_six_other_writes()
    {
        var simulation = new Simulation(MakeJob().WithWorkers(8));
        await simulation.SettleAsync();
        Assert.True(simulation.Is(ConditionTypes.Running));
        var others = simulation.Cluster.Writes.Where(w => !w.StartsWith("create Pod", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            ["create ConfigMap demo-config", "create PersistentVolumeClaim demo-checkpoints", "create Service demo", "event GangRunning",
                "status"], others.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_reconcile_that_changes_nothing_costs_no_write()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.SettleAsync();
        var before = simulation.Cluster.Writes.Count;
        await simulation.ReconcileAsync();
        await simulation.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(before, simulation.Cluster.Writes.Count);
    }

    [Fact]
    public async Task What_the_cluster_must_have_follows_from_the_job_as_it_was_accepted()
    {
        var simulation = new Simulation(MakeJob().With(j => j.Spec.Scheduling.Gang = GangKind.Coscheduling));
        await simulation.SettleAsync();
        simulation.Local.Update(simulation.Key, s => s with { Scheduling = s.Scheduling with { Gang = GangKind.Volcano } });
        await simulation.SettleAsync();
        Assert.Equal("ChangeRejected", simulation.Status.Conditions.Single(c => c.Type == ConditionTypes.Valid).Reason);
        Assert.Equal([ApiFeature.Coscheduling], simulation.Cluster.Questions.Distinct());
    }

    [Fact]
    public async Task Without_a_written_status_nothing_of_a_decision_is_done()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.SettleAsync();
        simulation.Launcher.Alive[0].Exit(137);
        simulation.Cluster.Refuse = what => what == "status" ? new ApiException(HttpStatusCode.Conflict, "changed") : null;
        var before = simulation.Cluster.Writes.Count;
        await simulation.ReconcileAsync();
        Assert.Equal(before, simulation.Cluster.Writes.Count);
        Assert.Single(simulation.Launcher.Alive);
    }

    [Fact]
    public async Task A_spec_that_changes_after_the_pods_are_made_and_before_that_is_recorded_gets_pods_of_its_own()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.ReconcileAsync();
        simulation.Local.Update(simulation.Key, s => s with { Workers = s.Workers with { Replicas = 3 } });
        await simulation.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(["demo-2-0", "demo-2-1", "demo-2-2"], simulation.PodNames);
        Assert.True(simulation.Is(ConditionTypes.Running));
        Assert.Equal((2, 0), (simulation.Status.Attempt, simulation.Status.Restarts));
        Assert.Empty(simulation.Launcher.Violations);
    }

    [Fact]
    public async Task A_job_that_is_suspended_before_its_start_is_recorded_gives_its_pods_back_and_goes_on_in_another_attempt()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.ReconcileAsync();
        simulation.Local.Update(simulation.Key, s => s with { Suspend = true });
        await simulation.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(simulation.PodNames);
        Assert.Equal("Suspended", simulation.Status.Phase);
        var suspended = simulation.Status.Attempt;
        simulation.Local.Update(simulation.Key, s => s with { Suspend = false });
        await simulation.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(suspended + 1, simulation.Status.Attempt);
        Assert.True(simulation.Is(ConditionTypes.Running));
    }

    [Fact]
    public async Task A_gang_that_ends_before_its_start_is_recorded_is_done()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.ReconcileAsync();
        simulation.Launcher.Alive.ToList().ForEach(c => c.Exit(0));
        await simulation.SettleAsync();
        Assert.True(simulation.Is(ConditionTypes.Succeeded));
        Assert.Equal(1, simulation.Status.Attempt);
    }

    [Fact]
    public async Task A_pod_that_is_lost_before_its_start_is_recorded_restarts_the_gang()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.ReconcileAsync();
        simulation.Cluster.Refuse = what => what == "status" ? new ApiException(HttpStatusCode.Conflict, "changed") : null;
        await simulation.ReconcileAsync();
        simulation.Cluster.Refuse = _ => null;
        await simulation.Local.DeletePodAsync(simulation.Local.ListPods(simulation.Key)[0], 0, TestContext.Current.CancellationToken);
        await simulation.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((2, 1), (simulation.Status.Attempt, simulation.Status.Restarts));
    }

    [Fact]
    public async Task A_pod_that_a_process_before_this_one_made_is_no_conflict()
    {
        var simulation = new Simulation(MakeJob());
        simulation.Cluster.Refuse = what => what == "create Pod demo-1-1" ? new ApiException(HttpStatusCode.Conflict, "exists") : null;
        await simulation.ReconcileAsync();
        simulation.Cluster.Refuse = _ => null;
        await simulation.PassAsync(TimeSpan.FromSeconds(2));
        Assert.DoesNotContain(simulation.Events, e => e.Reason == "NameConflict");
        Assert.Equal(["demo-1-0", "demo-1-1"], simulation.PodNames);
    }

    [Fact]
    public async Task The_ranks_of_a_gang_and_nobody_else_have_a_secret_and_the_next_gang_has_another()
    {
        var simulation = new Simulation(MakeJob().WithBackoff(0, 0));
        string[] Secrets() => [.. simulation.Launcher.Alive.Select(
            c => c.Pod.Spec.Containers[0].Env.Single(e => e.Name == "MHC_GANG_SECRET").Value)];

        // One pod is made, the operator dies, and the next one makes the other.
        simulation.Cluster.Refuse =
            what => what == "create Pod demo-1-1" ? new ApiException(HttpStatusCode.ServiceUnavailable, "busy") : null;
        await simulation.ReconcileAsync();
        var first = Assert.Single(Secrets());
        simulation.Cluster.Refuse = _ => null;
        simulation.Cluster.CrashAt(1, afterwards: false);
        await simulation.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(1, simulation.Crashes);
        Assert.Equal([first, first], Secrets());
        Assert.Equal(64, first.Length);

        simulation.Launcher.Alive[0].Exit(137);
        await simulation.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(2, Secrets().Length);
        Assert.DoesNotContain(first, Secrets());
        var other = new Simulation(MakeJob());
        await other.SettleAsync();
        Assert.NotEqual(first, other.Launcher.Alive[0].Pod.Spec.Containers[0].Env.Single(e => e.Name == "MHC_GANG_SECRET").Value);

        var configuration = simulation.Local.FindConfigMap("default", "demo-config")!.Data.Values;
        string[] told = [.. simulation.Events.Select(e => e.Message), StatusJson.Of(simulation.Status).ToJsonString(), .. configuration];
        Assert.All(Secrets().Append(first),
            secret => Assert.All(told, text => Assert.DoesNotContain(secret, text, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_pod_of_somebody_else_is_found_out_by_asking_and_the_job_waits_for_the_name()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.Local.CreateAsync(ForeignPod("demo-1-1"), TestContext.Current.CancellationToken);

        await simulation.PassAsync(TimeSpan.FromSeconds(65));

        Assert.Equal("NameConflict", simulation.Status.Conditions.Single(c => c.Type == ConditionTypes.GangScheduled).Reason);
        Assert.Single(simulation.Events, e => e.Reason == "NameConflict");
        Assert.Contains(simulation.Launcher.Alive, c => c.Pod.Metadata.Name == "demo-1-1");
    }

    [Theory]
    [InlineData("StatefulSet", "mysql", "NameConflict")]
    [InlineData("MhcTrainingJob", "demo", "AwaitingPredecessor")]
    public async Task A_claim_of_somebody_else_that_was_not_heard_of_is_mounted_by_no_pod(string kind, string owner, string reason)
    {
        var simulation = new Simulation(MakeJob());
        var claim = ClaimManifest.For(MakeJob().Build());
        claim["metadata"]!["ownerReferences"] = new JsonArray(new JsonObject
        {
            ["apiVersion"] = "training.mhc.dev/v1alpha1",
            ["kind"] = kind,
            ["name"] = owner,
            ["uid"] = "another",
            ["controller"] = true,
        });
        await simulation.Local.CreateAsync(claim, TestContext.Current.CancellationToken);
        simulation.Cluster.ShowsClaims = false;
        simulation.Cluster.Refuse = what =>
        {
            // whoever is in the way is asked for
            simulation.Cluster.ShowsClaims |= what.StartsWith("create PersistentVolumeClaim", StringComparison.Ordinal);
            return null;
        };
        await simulation.PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(reason, simulation.Status.Conditions.Single(c => c.Type == ConditionTypes.GangScheduled).Reason);
        Assert.DoesNotContain(simulation.Cluster.Writes, what => what.StartsWith("create Pod", StringComparison.Ordinal));
        Assert.InRange(simulation.Events.Count(e => e.Reason == "NameConflict"), 0, reason == "NameConflict" ? 1 : 0);
    }

    [Fact]
    public async Task The_job_starts_when_the_name_is_free()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.Local.CreateAsync(ForeignPod("demo-1-1"), TestContext.Current.CancellationToken);
        await simulation.PassAsync(TimeSpan.FromSeconds(10));
        simulation.Launcher.Alive.Single(
            c => c.Pod.Metadata.Labels is not { } l || !l.ContainsKey(Labels.Job) || l[Labels.Role] == "foreign").Exit(0);
        var foreign = await simulation.Local.ReadPodAsync("default", "demo-1-1", TestContext.Current.CancellationToken);
        await simulation.Local.DeletePodAsync(foreign!, 0, TestContext.Current.CancellationToken);

        await simulation.PassAsync(TimeSpan.FromSeconds(65));

        Assert.True(simulation.Is(ConditionTypes.Running));
    }

    [Fact]
    public async Task A_pod_that_is_not_allowed_is_tried_again_later_and_told_once()
    {
        var simulation = new Simulation(MakeJob());
        simulation.Cluster.Refuse =
            what => what == "create Pod demo-1-0" ? new ApiException(HttpStatusCode.Forbidden, "exceeded quota") : null;
        await simulation.PassAsync(TimeSpan.FromSeconds(100));
        Assert.Single(simulation.Events, e => e.Reason == "NotAllowed");
        Assert.Contains("exceeded quota", simulation.Status.Conditions.Single(c => c.Type == ConditionTypes.GangScheduled).Message,
            StringComparison.Ordinal);

        simulation.Cluster.Refuse = _ => null;
        await simulation.PassAsync(TimeSpan.FromSeconds(31));
        Assert.True(simulation.Is(ConditionTypes.Running));
        Assert.Equal(0, simulation.Status.Restarts);
    }

    [Fact]
    public async Task An_invalid_template_makes_the_job_invalid_and_does_not_loop()
    {
        var simulation = new Simulation(MakeJob());
        simulation.Cluster.Refuse =
            what => what.StartsWith("create Pod", StringComparison.Ordinal)
            ? new ApiException(HttpStatusCode.UnprocessableEntity, "spec.containers[0].image: Required value") : null;
        await simulation.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal("Rejected", simulation.Status.Conditions.Single(c => c.Type == ConditionTypes.Valid).Reason);
        Assert.Single(simulation.Events, e => e.Reason == "Rejected");
        Assert.Equal(1, simulation.Cluster.Writes.Count(w => w == "status"));
    }

    [Fact]
    public async Task Rank_0_is_asked_when_that_is_due_and_no_oftener()
    {
        var simulation = new Simulation(MakeJob());
        simulation.Launcher.Status = new() { Step = 3, TotalSteps = 10 };
        await simulation.SettleAsync();
        await simulation.PassAsync(TimeSpan.FromSeconds(1));
        var first = simulation.Cluster.Polls;
        for (var i = 0; i < 5; i++)
        {
            await simulation.ReconcileAsync();
        }

        Assert.Equal(first, simulation.Cluster.Polls);
        await simulation.PassAsync(TimeSpan.FromSeconds(10));
        Assert.InRange(simulation.Cluster.Polls - first, 1, 3);
        Assert.Equal(3, simulation.Status.Progress!.Step);
    }

    [Fact]
    public async Task Every_look_at_which_nothing_is_new_tells_the_same_time_of_the_next_one()
    {
        var simulation = new Simulation(MakeJob().With(j => j.Spec.RunPolicy.ActiveDeadlineSeconds = 100));
        await simulation.SettleAsync();
        simulation.Time.Advance(TimeSpan.FromSeconds(98));
        await simulation.ReconcileAsync();
        await simulation.ReconcileAsync();
        Assert.Equal(TimeSpan.FromSeconds(2), simulation.NextLook - simulation.Time.GetUtcNow());
        await simulation.PassAsync(TimeSpan.FromSeconds(2));
        Assert.True(simulation.Is(ConditionTypes.Failed));
    }

    [Fact]
    public async Task A_job_that_is_gone_needs_nothing()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.SettleAsync();
        await simulation.Local.DeleteJobAsync(simulation.Local.FindJob(simulation.Key)!.Job!, TestContext.Current.CancellationToken);
        await simulation.ReconcileAsync();
        Assert.Empty(simulation.Local.ListPods(simulation.Key));
        Assert.Null(simulation.Local.FindService("default", "demo"));
        Assert.NotNull(simulation.Local.FindClaim("default", "demo-checkpoints"));
    }

    private static JsonObject ForeignPod(string name) => new()
    {
        ["kind"] = "Pod",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = "default",
            ["labels"] = new JsonObject { [Labels.Attempt] = "1", [Labels.Role] = "foreign" }
        },
        ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "main" }) },
    };
}
