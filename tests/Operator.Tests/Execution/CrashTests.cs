using MhcOperator.Api;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;

namespace MhcOperator.Operator.Tests.Execution;

/// <summary>
/// The operator dies at every single write of a scripted life, before and after it; the end must be the same as if it never had.
/// </summary>
public sealed class CrashTests
{
    private const int MoreThanAllWrites = 60;

    public static TheoryData<string> Scripts => ["restart", "rollback", "suspend", "lost", "response"];

    [Theory]
    [MemberData(nameof(Scripts))]
    public async Task Dying_at_any_write_leads_to_the_same_end(string script)
    {
        var undisturbed = await LiveAsync(script, crashAt: 0, afterwards: false);
        var crashes = 0;
        for (var write = 1; write <= MoreThanAllWrites; write++)
        {
            foreach (var afterwards in (bool[])[false, true])
            {
                var disturbed = await LiveAsync(script, write, afterwards);
                crashes += disturbed.Crashes;
                Assert.Empty(disturbed.Violations);
                Assert.Empty(disturbed.Launcher.Violations);
                Assert.Equal(Digest(undisturbed), Digest(disturbed));
            }
        }

        Assert.True(crashes > 20, $"only {crashes} crashes happened: the script is too short to prove anything");
    }

    private static string Digest(Simulation simulation)
    {
        var status = simulation.Status;
        var pods = string.Join(',', simulation.PodNames);
        var conditions = string.Join(',',
            status.Conditions.OrderBy(c => c.Type, StringComparer.Ordinal).Select(c => $"{c.Type}={c.Status}/{c.Reason}"));
        var rollbacks = string.Join(',', status.Rollbacks.Select(r => $"{r.Attempt}>{r.RestoredStep}"));
        return $"{status.Phase} attempt {status.Attempt} restarts {status.Restarts} rollbacks {rollbacks} pods {pods} launches {simulation.Launcher.Launches} {conditions}";
    }

    private static async Task<Simulation> LiveAsync(string script, int crashAt, bool afterwards)
    {
        var simulation = new Simulation(MakeJob().WithWorkers(2)
            .WithResponse(script == "response" ? StabilityResponse.Suspend : StabilityResponse.Rollback));
        simulation.Cluster.CrashAt(crashAt, afterwards);
        await simulation.PassAsync(TimeSpan.FromSeconds(10));
        switch (script)
        {
            case "restart":
                simulation.Launcher.Alive[0].Exit(137);
                break;
            case "lost":
                await simulation.Local.DeletePodAsync(
                    simulation.Local.ListPods(simulation.Key).MinBy(p => p.Metadata.Name, StringComparer.Ordinal)!, null,
                    CancellationToken.None);
                break;
            case "suspend":
                simulation.Local.Update(simulation.Key, s => s with { Suspend = true });
                await simulation.PassAsync(TimeSpan.FromMinutes(1));
                simulation.Local.Update(simulation.Key, s => s with { Suspend = false });
                break;
            default:
                simulation.Launcher.Alive.ToList().ForEach(c => c.Exit(86, Verdicts.LossSpike()));
                break;
        }

        await simulation.PassAsync(TimeSpan.FromMinutes(2));
        if (script == "response")
        {
            simulation.Local.Update(simulation.Key, s => s with { Suspend = false });
            await simulation.PassAsync(TimeSpan.FromMinutes(1));
        }

        foreach (var container in simulation.Launcher.Alive)
        {
            container.Exit(0);
        }

        await simulation.PassAsync(TimeSpan.FromMinutes(1));
        return simulation;
    }
}
