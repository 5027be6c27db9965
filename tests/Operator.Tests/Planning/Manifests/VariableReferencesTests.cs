using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Tests.Planning.Manifests;

public sealed class VariableReferencesTests
{
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal) { ["A"] = "1", ["EMPTY"] = "", ["B"] = "$(A)" };

    /// <summary>The cases of Kubernetes' own third_party/forked/golang/expansion.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("$(A)", "1")]
    [InlineData("x$(A)y$(A)", "x1y1")]
    [InlineData("$(EMPTY)", "")]
    [InlineData("$(NOT_THERE)", "$(NOT_THERE)")]
    [InlineData("$(B)", "$(A)")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$$$(A)", "$1")]
    [InlineData("$$$$(A)", "$$(A)")]
    [InlineData("${A} $A", "${A} $A")]
    [InlineData("pa$$word", "pa$word")]
    [InlineData("open $(A", "open $(A")]
    [InlineData("end $", "end $")]
    [InlineData("$()", "$()")]
    [InlineData("$(A$(A))", "$(A$(A))")]
    public void A_text_is_read_as_the_kubelet_reads_it(string text, string read) =>
        Assert.Equal(read, VariableReferences.Expand(text, Known.GetValueOrDefault));

    [Theory]
    [InlineData("pa$$word")]
    [InlineData("x$(A)y")]
    [InlineData("$")]
    [InlineData("$$$(A)$")]
    [InlineData("${A}$A\\$")]
    public void A_text_that_was_escaped_is_read_as_itself(string text) =>
        Assert.Equal(text, VariableReferences.Expand(VariableReferences.Escape(text), Known.GetValueOrDefault));
}
