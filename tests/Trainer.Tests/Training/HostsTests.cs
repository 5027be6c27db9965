using System.Diagnostics;
using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Training;

/// <summary>Two ranks on two hosts, which only a wire connects.</summary>
public sealed class HostsTests
{
    private const int Port = 29500; // each host has its own

    private static readonly Lazy<(string Hash, IReadOnlyList<double> Losses)> OnOneHost = new(() =>
    {
        using var job = Job(patience: 60);
        return (job.TrainGang(2)[0].WeightsHash, job.Losses());
    });

    public HostsTests() => Assert.SkipWhen(TwoHosts.Lacking is not null, TwoHosts.Lacking ?? "");

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(20, 0.01, false)]
    [InlineData(0, 0, true)]
    public void Two_hosts_train_to_the_bits_of_one_over_a_wire_that_is_good_or_bad_or_cut_for_a_while(int delayMilliseconds, double loss,
        bool cut)
    {
        using var job = Job(patience: 60);
        using var hosts = new TwoHosts(TimeSpan.FromMilliseconds(delayMilliseconds), loss);

        var (zero, one) = Start(job, hosts);
        if (cut)
        {
            zero.WaitUntil(() => job.Trained().Count >= 3);
            hosts.Cut();
            var watch = Stopwatch.StartNew();
            // TCP asks again after 0.2, 0.4 and 0.8 s.
            zero.WaitUntil(() => watch.Elapsed > TimeSpan.FromSeconds(1.5));
            hosts.Mend();
            Assert.InRange(hosts.Lost, 3, int.MaxValue);
        }

        Assert.Equal(OnOneHost.Value.Hash, Finish(zero, one));
        Assert.Equal(OnOneHost.Value.Losses, job.Losses());
    }

    [Theory]
    [InlineData(Communication.Float32)]
    [InlineData(Communication.Int4)]
    public void What_the_job_says_it_sent_is_what_goes_over_the_wire_but_for_headers(Communication communication)
    {
        using var job = Job(patience: 60);
        job.Configuration.Parallelism.Communication = communication;
        using var hosts = new TwoHosts(TimeSpan.Zero, 0);
        var (zero, one) = Start(job, hosts);
        Finish(zero, one);

        var said = JsonSerializer.Deserialize(job.Termination, ApiJsonContext.Default.TrainerStatus)!.BytesSent!.Value;

        // 52 bytes of every 1,500 are headers, acknowledgements come on top, and gloo says with each message what it is.
        Assert.InRange(hosts.BytesFrom(0) / (double)said, 1, communication == Communication.Float32 ? 1.2 : 1.5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void When_a_host_is_cut_off_both_ranks_give_up_when_their_patience_is_over(bool interfaceDown)
    {
        const int patience = 3;
        using var job = Job(patience);
        job.Configuration.Optimization.Steps = 100_000;
        using var hosts = new TwoHosts(TimeSpan.Zero, 0);
        var (zero, one) = Start(job, hosts);
        using (zero)
        using (one)
        {
            zero.WaitUntil(() => job.Trained().Count >= 3);
            var watch = Stopwatch.StartNew();
            if (interfaceDown)
            {
                hosts.SetLink(1, up: false);
            }
            else
            {
                hosts.Cut();
            }

            Assert.Equal(ExitCode.TryAgain, zero.Wait());
            Assert.Equal(ExitCode.TryAgain, one.Wait());
            Assert.InRange(watch.Elapsed.TotalSeconds, patience - 0.2, patience + 10);
        }

        Assert.All([0, 1], rank => Assert.Contains("\"Peer", job.TerminationOf(rank), StringComparison.Ordinal));
    }

    private static TestJob Job(int patience)
    {
        var job = new TestJob();
        job.Configuration.Optimization.Steps = 8;
        job.Configuration.Checkpoints.IntervalSteps = 4;
        job.Configuration.Parallelism = new ParallelismSpec { Sharding = Sharding.Optimizer, TimeoutSeconds = patience };
        return job;
    }

    private static (TrainerProcess Zero, TrainerProcess One) Start(TestJob job, TwoHosts hosts)
    {
        var address = (TrainerEnvironment.MasterAddress, TwoHosts.FirstAddress);
        return (job.StartOn(hosts.On(0), 0, 2, Port, address), job.StartOn(hosts.On(1), 1, 2, Port, address));
    }

    private static string Finish(TrainerProcess zero, TrainerProcess one)
    {
        using (zero)
        using (one)
        {
            Assert.True(zero.Wait() == ExitCode.Done, zero.Output);
            Assert.True(one.Wait() == ExitCode.Done, one.Output);
            Assert.Equal(zero.WeightsHash, one.WeightsHash);
            return zero.WeightsHash;
        }
    }
}
