using System.Net;
using System.Net.Sockets;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Parallel;
using MhcOperator.Trainer.Tests.Support;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Parallel;

public sealed class GangTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void Three_ranks_over_gloo_add_gather_and_meet()
    {
        var port = FreePort();
        var results = Together(3, rank =>
        {
            using var gang = GangFactory.Create(new GangIdentity("default/job", 1, rank, 3), "127.0.0.1", port, Patience, _ => { }, CancellationToken.None);
            float[] values = [rank, 10 * rank, 0.1f];
            gang.Sum(values);
            var gathered = gang.Gather(new byte[rank]);
            gang.Barrier();
            return (values, lengths: gathered.Select(g => g.Length).ToArray());
        });

        Assert.All(results, r => Assert.Equal([3, 30, 0.3f], r.values.Select(v => MathF.Round(v, 5))));
        Assert.All(results, r => Assert.Equal([0, 1, 2], r.lengths));
    }

    [Fact]
    public void Gradients_and_numbers_become_their_means_and_absent_gradients_stay_absent()
    {
        var means = ThreadGang.Run(2, gang =>
        {
            using var scope = NewDisposeScope();
            var trained = Parameter("trained", gang.Rank);
            var idle = Parameter("idle", null);
            float[] numbers = [gang.Rank, 4];
            new GradientAverager(gang, [trained, idle], numbers.Length).Average(numbers);
            Assert.Null(idle.Value.grad);
            return (gradient: trained.Value.grad!.data<float>().ToArray(), numbers);
        });

        Assert.All(means, m => Assert.Equal([0.5f, 0.5f, 0.5f], m.gradient));
        Assert.All(means, m => Assert.Equal([0.5f, 4f], m.numbers));
    }

    [Fact]
    public void A_gang_of_one_leaves_gradients_alone()
    {
        using var scope = NewDisposeScope();
        var parameter = Parameter("w", 3);
        float[] numbers = [2];

        new GradientAverager(new SoloGang(), [parameter], 1).Average(numbers);

        Assert.Equal([3f, 3f, 3f], parameter.Value.grad!.data<float>().ToArray());
        Assert.Equal([2f], numbers);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("localhost", true)]
    [InlineData("job-0.job", false)]
    [InlineData("10.0.0.3", false)]
    public void A_gang_on_one_machine_listens_to_that_machine_only(string host, bool loopback) =>
        Assert.Equal(loopback ? IPAddress.Loopback : IPAddress.Any, GangFactory.BindAddress(host));

    private static NamedParameter Parameter(string name, float? gradient)
    {
        var parameter = new Parameter(zeros(3));
        if (gradient is { } value)
        {
            parameter.grad = full(3, value);
        }

        return new NamedParameter(name, parameter, Decays: false);
    }

    private static T[] Together<T>(int size, Func<int, T> rank) => Task.WhenAll(Enumerable.Range(0, size).Select(r =>
        Task.Factory.StartNew(() => rank(r), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))).GetAwaiter().GetResult();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
