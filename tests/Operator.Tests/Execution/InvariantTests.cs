using FsCheck;
using FsCheck.Fluent;
using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Execution;

/// <summary>Whatever happens in whatever order, and wherever the operator dies: what must never be, never is.</summary>
public sealed class InvariantTests
{
    private static readonly int[] ExitCodes = [0, 1, 75, 86, 137, 75, 86];

    [Fact]
    public void Two_gangs_never_run_at_once_nothing_is_counted_twice_and_the_operator_comes_to_rest() => Prop
        .ForAll(
            Gen.Choose(0, 1 << 20).ListOf(12).ToArbitrary(),
            steps => LiveAsync([.. steps]).GetAwaiter().GetResult())
        .Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    private static async Task<bool> LiveAsync(List<int> steps)
    {
        var simulation = new Simulation(MakeJob().WithWorkers(3).WithRestarts(4));
        var failures = 0;
        foreach (var step in steps)
        {
            var argument = step / 10;
            switch (step % 10)
            {
                case 0 or 1:
                    failures += await ExitOneAsync(simulation, argument);
                    break;
                case 2:
                    var pods = simulation.Local.ListPods(simulation.Key);
                    if (pods.Count > 0)
                    {
                        failures++;
                        await simulation.Local.DeletePodAsync(pods[argument % pods.Count], argument % 2 == 0 ? null : 5,
                            CancellationToken.None);
                    }

                    break;
                case 3:
                    simulation.Local.Update(simulation.Key, s => s with { Suspend = !s.Suspend });
                    break;
                case 4:
                    simulation.Cluster.CrashAt((argument % 8) + 1, afterwards: argument % 2 == 0);
                    break;
                case 5:
                    simulation.Local.Remove(simulation.Key, argument % 2 == 0 ? "Service" : "ConfigMap",
                        argument % 2 == 0 ? "demo" : "demo-config");
                    break;
                case 6:
                    simulation.Launcher.Obeys = argument % 2 == 0;
                    break;
                case 7:
                    await simulation.ReconcileAsync();
                    break;
                default:
                    await simulation.PassAsync(TimeSpan.FromSeconds(argument % 40));
                    break;
            }

            // Half of the time the next thing happens before the operator has looked.
            if (argument % 2 == 0)
            {
                await simulation.SettleAsync();
            }
        }

        simulation.Local.Update(simulation.Key, s => s with { Suspend = false });
        await simulation.PassAsync(TimeSpan.FromMinutes(10));
        var writes = simulation.Cluster.Writes.Count;
        await simulation.PassAsync(TimeSpan.FromMinutes(30));

        Assert.Empty(simulation.Violations);
        Assert.Empty(simulation.Launcher.Violations);
        Assert.Equal(writes, simulation.Cluster.Writes.Count);
        Assert.True(simulation.Status.Restarts <= failures, $"{simulation.Status.Restarts} restarts for {failures} failures");
        var finished = simulation.Is(ConditionTypes.Succeeded) || simulation.Is(ConditionTypes.Failed);
        Assert.True(finished || simulation.Is(ConditionTypes.Running),
            string.Join("; ", simulation.Status.Conditions.Select(c => $"{c.Type}={c.Status}/{c.Reason}: {c.Message}")));
        Assert.Equal(finished ? 0 : 3, simulation.Launcher.Alive.Count + (finished ? 0 : simulation.Status.Workers.Succeeded));
        return true;
    }

    private static Task<int> ExitOneAsync(Simulation simulation, int argument)
    {
        var alive = simulation.Launcher.Alive;
        if (alive.Count == 0)
        {
            return Task.FromResult(0);
        }

        var code = ExitCodes[argument % ExitCodes.Length];
        alive[argument % alive.Count].Exit(code, code == 86 ? Verdicts.LossSpike() : "");
        return Task.FromResult(code == 0 ? 0 : 1);
    }
}
