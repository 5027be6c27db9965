using System.Security.Cryptography;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Training;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Trainer.Tests.Training;

public sealed class ConfigurationArrivalTests : IDisposable
{
    private static readonly string New = Convert.ToHexStringLower(SHA256.HashData("new"u8));
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _said = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Where_no_hash_is_given_nothing_is_waited_for(string? hash) => Assert.True(Wait("/nowhere", hash).IsCompletedSuccessfully);

    [Fact]
    public async Task A_file_of_before_is_waited_out()
    {
        var path = _folder.Write("trainer.json", "old"u8);
        var waiting = Wait(path, New);
        _time.Advance(TimeSpan.FromSeconds(90));
        Assert.False(waiting.IsCompleted);
        _folder.Write("trainer.json", "new"u8);

        Eventually.Holds(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                return waiting.IsCompleted;
            },
            Deadline,
            () => "it does not end");
        await waiting;
        Assert.Contains("waiting for the configuration", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_configuration_that_does_not_come_asks_for_another_try()
    {
        var waiting = Wait(_folder.File("never"), New);
        Eventually.Holds(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(10));
                return waiting.IsCompleted;
            },
            Deadline,
            () => "it does not end");

        var error = await Assert.ThrowsAsync<TrainerException>(() => waiting);
        Assert.Equal((ExitCode.TryAgain, "ConfigurationNotArrived"), (error.ExitCode, error.Reason));
    }

    private Task Wait(string path, string? hash) => ConfigurationArrival.WaitAsync(path, hash, _said.Add, _time, CancellationToken.None);
}
