using MhcOperator.Api;
using MhcOperator.Testing.Fuzzing;
using MhcOperator.Operator.Planning.Policies;

namespace MhcOperator.Operator.Tests.Planning;

/// <summary>What a trainer, ours or another, leaves as its last words.</summary>
public sealed class TerminationMessageFuzzTests
{
    [Fact]
    public void No_message_is_an_exception_and_every_verdict_has_steps_in_their_order() => Fuzzer.Run("messages", 16 << 20, text =>
    {
        _ = TerminationMessageReader.Read(text);
        _ = TerminationMessageReader.ReadStatus(text);
        if (TerminationMessageReader.ReadVerdict(text, new MhcTrainingJobSpec()) is { } verdict)
        {
            Assert.True(0 <= verdict.RestoreStep && verdict.RestoreStep <= verdict.OnsetStep && verdict.OnsetStep <= verdict.DetectedStep);
        }
    });
}
