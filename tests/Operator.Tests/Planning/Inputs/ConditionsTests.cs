using k8s.Models;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Tests.Building;

namespace MhcOperator.Operator.Tests.Planning.Inputs;

public sealed class ConditionsTests
{
    private static V1Condition Make(string status, string reason = "R", double at = 0, string message = "", long generation = 1) => new()
    {
        Type = "Running",
        Status = status,
        Reason = reason,
        Message = message,
        ObservedGeneration = generation,
        LastTransitionTime = Clock.After(at).UtcDateTime,
    };

    [Fact]
    public void A_new_condition_is_added() => Assert.Single(Conditions.Set([], Make("True")));

    [Fact]
    public void The_transition_time_moves_when_the_status_does() =>
        Assert.Equal(Clock.After(9).UtcDateTime, Conditions.Set([Make("False")], Make("True", at: 9))[0].LastTransitionTime);

    [Theory]
    [InlineData("Other", "", 1)]
    [InlineData("R", "other", 1)]
    [InlineData("R", "", 2)]
    public void Another_reason_message_or_generation_leaves_it(string reason, string message, long generation)
    {
        var changed = Conditions.Set([Make("True")], Make("True", reason, at: 9, message, generation))[0];
        Assert.Equal(Clock.Start.UtcDateTime, changed.LastTransitionTime);
        Assert.Equal((reason, message, generation), (changed.Reason, changed.Message, changed.ObservedGeneration));
    }

    [Fact]
    public void The_same_again_is_the_same_list()
    {
        IReadOnlyList<V1Condition> list = [Make("True")];
        Assert.Same(list, Conditions.Set(list, Make("True", at: 9)));
    }

    [Fact]
    public void What_was_read_is_not_changed()
    {
        var old = Make("False");
        Conditions.Set([old], Make("True", at: 9));
        Assert.Equal("False", old.Status);
    }

    [Theory]
    [InlineData("LossSpike", "LossSpike")]
    [InlineData("loss spike!", "lossspike")]
    [InlineData("42 is bad", "isbad")]
    [InlineData("", "Unknown")]
    [InlineData(null, "Unknown")]
    [InlineData("§§", "Unknown")]
    public void Any_text_becomes_a_reason_that_the_server_takes(string? text, string expected) =>
        Assert.Equal(expected, ConditionText.Reason(text));

    [Fact]
    public void A_message_without_end_is_cut() => Assert.Equal(4096, ConditionText.Message(new string('x', 100_000)).Length);
}
