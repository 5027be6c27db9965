using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Execution;

/// <summary>Whole lives of jobs over the cluster in memory.</summary>
public sealed class LifecycleTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_job_runs_goes_unstable_rolls_back_and_succeeds()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.SettleAsync();
        simulation.Launcher.Alive.ToList().ForEach(c => c.Exit(86, Verdicts.LossSpike(restore: 100, bad: new(110, 121))));
        await simulation.SettleAsync();

        Assert.Equal(["demo-2-0", "demo-2-1"], simulation.PodNames);
        var env = simulation.Launcher.Alive[0].Pod.Spec.Containers[0].Env.ToDictionary(e => e.Name, e => e.Value);
        Assert.Equal(("100", "110-121"), (env["MHC_RESUME_STEP"], env["MHC_SKIP_WINDOWS"]));

        simulation.Launcher.Status = new() { Step = 105, TotalSteps = 200, FirstStep = 101, StabilityState = "Healthy" };
        await simulation.PassAsync(Minute);
        Assert.NotNull(simulation.Status.Rollbacks[0].Seconds);
        simulation.Launcher.Alive.ToList().ForEach(c => c.Exit(0));
        await simulation.PassAsync(Minute);

        Assert.Equal("Succeeded", simulation.Status.Phase);
        Assert.Equal((2, 0), (simulation.Status.Attempt, simulation.Status.Restarts));
        Assert.Equal(["GangRunning", "RolledBack", "GangRunning", "Succeeded"], simulation.Events.Select(e => e.Reason));
        Assert.Equal(["demo-2-0", "demo-2-1"], simulation.PodNames); // they have ended, and keep their logs
        Assert.Empty(simulation.Violations);
    }

    [Fact]
    public async Task Without_restarts_one_failed_worker_fails_the_job_and_its_pod_is_kept()
    {
        var simulation = new Simulation(MakeJob().WithRestarts(0));
        await simulation.SettleAsync();
        simulation.Launcher.Alive[1].Exit(1, "boom");
        await simulation.PassAsync(Minute);
        Assert.Equal("WorkerFailed", simulation.Status.Conditions.Single(c => c.Type == ConditionTypes.Failed).Reason);
        Assert.Equal(["demo-1-1"], simulation.PodNames);
    }

    [Fact]
    public async Task With_one_restart_two_failures_make_one_new_gang_and_then_fail_the_job()
    {
        var simulation = new Simulation(MakeJob().WithRestarts(1));
        await simulation.SettleAsync();
        simulation.Launcher.Alive[1].Exit(1);
        await simulation.PassAsync(Minute);
        Assert.Equal(["demo-2-0", "demo-2-1"], simulation.PodNames);
        Assert.False(simulation.Is(ConditionTypes.Restarting));
        simulation.Launcher.Alive[0].Exit(1);
        await simulation.PassAsync(Minute);
        Assert.Equal("MaxRestartsExceeded", simulation.Status.Conditions.Single(c => c.Type == ConditionTypes.Failed).Reason);
        Assert.Equal(4, simulation.Launcher.Launches);
    }

    [Fact]
    public async Task A_worker_that_does_not_obey_is_waited_for_until_it_is_killed()
    {
        var simulation = new Simulation(MakeJob().WithBackoff(0, 0));
        simulation.Launcher.Obeys = false;
        await simulation.SettleAsync();
        simulation.Launcher.Alive[0].Exit(1);
        await simulation.PassAsync(TimeSpan.FromSeconds(59));
        Assert.Equal(["demo-1-1"], simulation.PodNames);
        await simulation.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Equal(["demo-2-0", "demo-2-1"], simulation.PodNames);
        Assert.Empty(simulation.Launcher.Violations);
    }

    [Fact]
    public async Task A_job_is_suspended_and_resumed_at_another_size()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.SettleAsync();
        simulation.Local.Update(simulation.Key, s => s with { Suspend = true });
        await simulation.PassAsync(Minute);
        Assert.Empty(simulation.PodNames);
        Assert.True(simulation.Is(ConditionTypes.Suspended));
        Assert.Null(simulation.Status.StartedAt);

        simulation.Local.Update(simulation.Key, s => s with { Suspend = false, Workers = s.Workers with { Replicas = 3 } });
        await simulation.PassAsync(Minute);
        Assert.Equal(["demo-2-0", "demo-2-1", "demo-2-2"], simulation.PodNames);
        Assert.True(simulation.Is(ConditionTypes.Running));
        Assert.Equal((0, 2), (simulation.Status.Restarts, simulation.Status.ObservedGeneration is 3 ? 2 : 0));
    }

    [Fact]
    public async Task An_unstable_job_whose_response_is_to_suspend_waits_for_a_person()
    {
        var simulation = new Simulation(MakeJob().WithResponse(StabilityResponse.Suspend));
        await simulation.SettleAsync();
        simulation.Launcher.Alive.ToList().ForEach(c => c.Exit(86, Verdicts.LossSpike(restore: 100)));
        await simulation.PassAsync(Minute);
        Assert.Equal("Suspended", simulation.Status.Phase);
        Assert.True(simulation.Local.FindJob(simulation.Key)!.Job!.Spec.Suspend);

        simulation.Local.Update(simulation.Key, s => s with { Suspend = false });
        await simulation.SettleAsync();
        Assert.Equal("100", simulation.Launcher.Alive[0].Pod.Spec.Containers[0].Env.Single(e => e.Name == "MHC_RESUME_STEP").Value);
    }

    [Fact]
    public async Task A_worker_deleted_by_hand_makes_exactly_one_restart()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.SettleAsync();
        var pod = simulation.Local.ListPods(simulation.Key)[0];
        await simulation.Local.DeletePodAsync(pod, null, TestContext.Current.CancellationToken);
        await simulation.PassAsync(Minute);
        Assert.Equal((2, 1), (simulation.Status.Attempt, simulation.Status.Restarts));
        Assert.Equal(["demo-2-0", "demo-2-1"], simulation.PodNames);
    }

    [Fact]
    public async Task A_service_or_config_map_deleted_by_hand_comes_back()
    {
        var simulation = new Simulation(MakeJob());
        await simulation.SettleAsync();
        simulation.Local.Remove(simulation.Key, "Service", "demo");
        simulation.Local.Remove(simulation.Key, "ConfigMap", "demo-config");
        await simulation.SettleAsync();
        Assert.NotNull(simulation.Local.FindService("default", "demo"));
        Assert.NotNull(simulation.Local.FindConfigMap("default", "demo-config"));
    }

    [Fact]
    public async Task A_finished_job_is_deleted_after_its_time_with_its_children()
    {
        var simulation = new Simulation(MakeJob().With(j => j.Spec.RunPolicy.TtlSecondsAfterFinished = 30));
        await simulation.SettleAsync();
        simulation.Launcher.Alive.ToList().ForEach(c => c.Exit(0));
        await simulation.PassAsync(TimeSpan.FromSeconds(29));
        Assert.NotNull(simulation.Local.FindJob(simulation.Key));
        await simulation.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Null(simulation.Local.FindJob(simulation.Key));
        Assert.Null(simulation.Local.FindConfigMap("default", "demo-config"));
    }

    [Fact]
    public async Task A_gang_that_hangs_is_asked_where_it_stands_and_restarted()
    {
        var simulation = new Simulation(MakeJob().With(j => j.Spec.RunPolicy.ProgressDeadlineSeconds = 60));
        simulation.Launcher.Status = new() { Step = 7, TotalSteps = 10 };
        await simulation.SettleAsync();
        var hanging = simulation.Launcher.Alive;
        await simulation.PassAsync(TimeSpan.FromSeconds(90));
        Assert.Equal(1, simulation.Status.Restarts);
        Assert.All(hanging, container => Assert.Equal(1, container.Dumps)); // before they are told to end
        Assert.Contains(simulation.Events, e => e.Message.StartsWith("Hung", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Jobs_on_more_devices_run_one_container_for_each()
    {
        var simulation = new Simulation(MakeJob().WithDevices(2));
        await simulation.SettleAsync();
        Assert.Equal(["0", "1", "2", "3"],
            simulation.Launcher.Alive.SelectMany(c => c.Pod.Spec.Containers).SelectMany(c => c.Env).Where(e => e.Name == "RANK")
                .Select(e => e.Value).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Equal(4, simulation.Launcher.Launches);
        Assert.Equal(2, simulation.PodNames.Count());
    }
}
