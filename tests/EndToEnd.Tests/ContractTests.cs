using EndToEnd.Tests.Cluster;

namespace EndToEnd.Tests;

/// <summary>
/// Trainers of one's own, here shell scripts, under the real operator: exit codes and termination messages of real containers.
/// </summary>
public sealed class ContractTests(RealCluster cluster)
{
    [Fact]
    public async Task A_verdict_takes_the_gang_back_and_tells_the_next_one_what_to_skip()
    {
        const string script = """
            echo "attempt $MHC_ATTEMPT rank $RANK of $WORLD_SIZE from $MHC_RESUME_STEP without '$MHC_SKIP_WINDOWS'"
            [ "$MHC_ATTEMPT" = 1 ] || exit 0
            echo '{"reason": "LossSpike", "message": "rehearsed", "detectedStep": 12, "onsetStep": 10, "badData": [9, 14], "restoreStep": 8}' > /dev/termination-log
            exit 86
            """;
        await using var space = await cluster.MakeNamespaceAsync();
        await space.ApplyAsync(SmallJob.Script("verdict", script));

        var job = await space.JobAsync("verdict", "the job to end", view => view.HasSucceeded);

        Assert.True(job.HasSucceeded, job.ToString());
        Assert.Equal((2, 0), (job.Attempt, job.Restarts));
        var rollback = Assert.Single(job.Rollbacks);
        Assert.Equal("LossSpike", (string?)rollback["reason"]);
        Assert.Equal("9-14", (string?)rollback["skipped"]);
        Assert.Equal("attempt 2 rank 1 of 2 from 8 without '9-14'", (await space.LogAsync("verdict-2-1")).Trim());
        Assert.Contains("RolledBack", await space.EventReasonsAsync("verdict"), StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_wrong_configuration_ends_the_job_at_once_with_the_trainers_words()
    {
        const string script = """
            echo '{"reason": "ConfigurationInvalid", "message": "model.width 7 does not suit model.heads 2"}' > /dev/termination-log
            exit 78
            """;
        await using var space = await cluster.MakeNamespaceAsync();
        await space.ApplyAsync(SmallJob.Script("wrong", script));

        var job = await space.JobAsync("wrong", "the job to fail", view => view.HasFailed);

        Assert.Equal((1, 0), (job.Attempt, job.Restarts));
        Assert.Contains("model.width 7", job.MessageOf("Failed"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pods_of_a_gang_reach_each_other_by_name()
    {
        // Rank 1 waits for rank 0 by its name of the headless Service and speaks to it.
        const string script = """
            if [ "$RANK" = 0 ]; then echo met | nc -l -p "$MASTER_PORT"; exit $?; fi
            for try in $(seq 60); do
              [ "$(nc "$MASTER_ADDR" "$MASTER_PORT" < /dev/null)" = met ] && exit 0
              sleep 0.5
            done
            exit 1
            """;
        await using var space = await cluster.MakeNamespaceAsync();
        await space.ApplyAsync(SmallJob.Script("meeting", script));

        var job = await space.JobAsync("meeting", "the job to end", view => view.HasSucceeded || view.Restarts > 0);

        Assert.True(job.HasSucceeded, job.ToString());
        Assert.Equal(1, job.Attempt);
    }
}
