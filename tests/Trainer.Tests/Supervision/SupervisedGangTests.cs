using System.Globalization;
using System.Text;
using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Supervision;

/// <summary>Real trainers that supervise themselves.</summary>
public sealed class SupervisedGangTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Ranks_whose_processes_fail_wait_in_their_containers_and_go_on_from_the_checkpoint_when_they_are_ordered_to()
    {
        using var job = new TestJob();
        using var orders = new TemporaryFolder();
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        job.Configuration.Drills = [new DrillSpec { Kind = DrillKind.Crash, Step = 25, Rank = 1 }];
        var order = orders.File("order");
        int[] ports = [TestJob.FreePort(), TestJob.FreePort()];
        var port = TestJob.FreePort();
        using var zero = Start(0);
        using var one = Start(1);

        var first = await EndOfAsync(0, zero);
        var second = await EndOfAsync(1, one);
        Assert.Equal((ExitCode.TryAgain, 137), (first.ExitCode, second.ExitCode));
        Assert.Contains("PeerLost", first.Message, StringComparison.Ordinal);
        orders.Write(
            "next", Encoding.UTF8.GetBytes("MHC_ATTEMPT=2\nMHC_RESUME_STEP=10\nMHC_SKIP_WINDOWS=12-13\nMHC_LEARNING_RATE_FACTOR=0.5\n"));
        File.Move(orders.File("next"), order);

        Assert.Equal((ExitCode.Done, ExitCode.Done), (zero.Wait(), one.Wait()));
        Assert.Contains("training goes on after step 10", zero.Output, StringComparison.Ordinal);
        Assert.Contains("attempt 2 begins in this container", one.Output, StringComparison.Ordinal);
        Assert.Equal([9L, 10L, 11L, 14L],
            job.Trained().Where(t => t.Step is >= 10 and <= 13).TakeLast(3).Select(t => t.DataStep).Prepend(9L));

        TrainerProcess Start(int rank) => job.Start(
            rank, 2, port, (TrainerEnvironment.OrderFile, order),
            (TrainerEnvironment.WorkerPort, ports[rank].ToString(CultureInfo.InvariantCulture)), (TrainerEnvironment.Attempt, "1"));

        async Task<WorkerReport> EndOfAsync(int rank, TrainerProcess process)
        {
            WorkerReport? report = null;
            using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(Deadline);
            while (report?.ExitCode is null)
            {
                await looks.WaitForNextTickAsync(limit.Token);
                try
                {
                    report = JsonSerializer.Deserialize(
                        await http.GetStringAsync(new Uri($"http://127.0.0.1:{ports[rank]}/worker"), limit.Token),
                        ApiJsonContext.Default.WorkerReport);
                }
                catch (HttpRequestException)
                {
                    Assert.False(process.HasEnded, process.Output); // it does not listen yet
                }
            }

            return report;
        }
    }
}
