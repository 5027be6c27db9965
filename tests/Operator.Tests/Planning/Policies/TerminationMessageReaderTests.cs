using FsCheck;
using FsCheck.Fluent;
using MhcOperator.Api;
using MhcOperator.Operator.Planning.Policies;
using MhcOperator.Operator.Tests.Building;

namespace MhcOperator.Operator.Tests.Planning.Policies;

public sealed class TerminationMessageReaderTests
{
    [Fact]
    public void The_last_line_is_read() =>
        Assert.Equal("PeerLost",
            TerminationMessageReader.Read("Unhandled exception\n{\"reason\":\"PeerLost\",\"message\":\"rank 1 is gone\"}\n\n")!.Reason);

    private static readonly MhcTrainingJobSpec Job = new() { Optimization = new OptimizationSpec { Steps = 1000 } };

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
        Assert.Null(TerminationMessageReader.ReadVerdict(message, Job));
    }

    [Fact]
    public void A_verdict_is_read_with_its_window()
    {
        var verdict = TerminationMessageReader.ReadVerdict(Verdicts.LossSpike(bad: new(5, 9)), Job)!;
        Assert.Equal((120, 115, 100), (verdict.DetectedStep, verdict.OnsetStep, verdict.RestoreStep));
        Assert.Equal(new(5, 9), verdict.BadData);
    }

    [Theory]
    [InlineData(1001, 1000, 0)]
    [InlineData(2_000_000_000, 2_000_000_000, 0)]
    public void A_verdict_on_steps_that_the_job_does_not_have_is_none(int detected, int onset, int restore) =>
        Assert.Null(TerminationMessageReader.ReadVerdict(Verdicts.LossSpike(detected, onset, restore), Job));

    [Fact]
    public void A_window_larger_than_all_the_data_of_the_job_is_left_out() =>
        Assert.Null(TerminationMessageReader.ReadVerdict(Verdicts.LossSpike(bad: new(0, long.MaxValue)), Job)!.BadData);

    [Fact]
    public void What_escapes_stand_for_is_cleaned_too()
    {
        var told = TerminationMessageReader.Read("""{"reason":"Peer\u001b]0;LostX","message":"a\u0007b\u202ec"}""")!;
        Assert.Equal(("Peer0LostX", "a\\u0007b\\u202ec"), (told.Reason, told.Message));
        Assert.DoesNotContain('\u001b',
            TerminationMessageReader.ReadVerdict("""{"reason":"X","message":"\u001b[2J","detectedStep":2,"onsetStep":1,"restoreStep":0}""",
                Job)!.Message);
    }

    [Fact]
    public void Any_text_at_all_is_survived() => Prop
        .ForAll<string>(text =>
        {
            _ = TerminationMessageReader.Read(text ?? "");
            _ = TerminationMessageReader.ReadVerdict("{" + text, Job);
            _ = TerminationMessageReader.ReadStatus("{" + text);
            return true;
        })
        .Check(Config.QuickThrowOnFailure);
}
