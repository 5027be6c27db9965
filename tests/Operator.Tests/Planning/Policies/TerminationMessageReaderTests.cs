using FsCheck;
using FsCheck.Fluent;
using MhcOperator.Operator.Planning.Policies;
using MhcOperator.Operator.Tests.Building;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class TerminationMessageReaderTests
{
    [Fact]
    public void The_last_line_is_read() =>
        Assert.Equal("PeerLost", TerminationMessageReader.Read("Unhandled exception\n{\"reason\":\"PeerLost\",\"message\":\"rank 1 is gone\"}\n\n")!.Reason);

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("plain text")]
    [InlineData("{}")]
    [InlineData("{\"reason\":null,\"message\":null}")]
    [InlineData("{\"reason\":\"X\"}")]
    [InlineData("{\"reason\":{}}")]
    [InlineData("null")]
    public void Anything_else_is_nothing(string message)
    {
        Assert.Null(TerminationMessageReader.Read(message));
        Assert.Null(TerminationMessageReader.ReadVerdict(message));
    }

    [Fact]
    public void A_verdict_is_read_with_its_window()
    {
        var verdict = TerminationMessageReader.ReadVerdict(Verdicts.LossSpike(bad: new(5, 9)))!;
        Assert.Equal((120, 115, 100), (verdict.DetectedStep, verdict.OnsetStep, verdict.RestoreStep));
        Assert.Equal(new(5, 9), verdict.BadData);
    }

    [Fact]
    public void Any_text_at_all_is_survived() => Prop
        .ForAll<string>(text =>
        {
            _ = TerminationMessageReader.Read(text ?? "");
            _ = TerminationMessageReader.ReadVerdict("{" + text);
            return true;
        })
        .Check(Config.QuickThrowOnFailure);
}
