using System.Text;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>Rank 0's status endpoint; the test says at which step it is.</summary>
internal sealed class PlayedTrainer() : PlayedEndpoint(8470)
{
    public volatile int Attempt = 1;

    public volatile int Step;

    public volatile bool OwnsFolder;

    /// <summary>What it says, whatever that is; null: what it should.</summary>
    public volatile string? Words;

    protected override byte[] Answer() => Encoding.UTF8.GetBytes(
        Words ?? $$"""{"attempt":{{Attempt}},"ownsFolder":{{(OwnsFolder ? "true" : "false")}},"step":{{Step}},"totalSteps":100000,"loss":2.5,"tokensPerSecond":1000}""");
}
