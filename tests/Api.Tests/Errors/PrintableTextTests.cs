using MhcOperator.Api.Errors;
using MhcOperator.Api.Manifests;

namespace Api.Tests.Errors;

public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("plain, ä, 漢字, 🙂", "plain, ä, 漢字, 🙂")]
    [InlineData("\u001b]0;owned\u0007", "\\u001b]0;owned\\u0007")]
    [InlineData("a\u009b31mb", "a\\u009b31mb")]
    [InlineData("a\u202eb\u2066c\u200fd", "a\\u202eb\\u2066c\\u200fd")]
    [InlineData("a\nb\tc\rd", "a\\u000ab\\u0009c\\u000dd")]
    [InlineData("a\u2028b\u0085c\u007fd", "a\\u2028b\\u0085c\\u007fd")]
    [InlineData("\U000e0041", "\\udb40\\udc41")]
    [InlineData("", "")]
    public void What_a_terminal_would_obey_is_shown_as_its_code(string text, string line) => Assert.Equal(line, PrintableText.Line(text));

    [Fact]
    public void Lines_keeps_line_breaks_and_sentence_makes_spaces_of_them()
    {
        Assert.Equal("a\n\tb\\u001b", PrintableText.Lines("a\n\tb\u001b"));
        Assert.Equal("a b\\u001b c", PrintableText.Sentence("a\r\n\tb\u001b\nc\n"));
    }

    [Fact]
    public void No_character_that_is_hidden_comes_through()
    {
        for (var c = 0; c <= char.MaxValue; c++)
        {
            Assert.All(PrintableText.Line($"a{(char)c}b"), shown => Assert.False(char.IsControl(shown) || char.IsSurrogate(shown)
                || char.GetUnicodeCategory(shown) is System.Globalization.UnicodeCategory.Format
                    or System.Globalization.UnicodeCategory.LineSeparator));
        }
    }

    [Theory]
    [InlineData("\"\\e]0;owned\\a\": 1")]
    [InlineData("model: {\"\\u202ex\": 1}")]
    [InlineData("trainer: {image: [\"\\e[31m\"]}")]
    [InlineData("workers: {device: \"\\e[31m\"}")]
    [InlineData("workers: {template: {metadata: {labels: {\"\\e[31m\": \"\\n\"}}}}")]
    [InlineData("workers: {template: {spec: {containers: [{name: \"\\e[31m\", image: \"\\u202e\"}]}}}")]
    [InlineData("trainer: {env: [{name: A}, {name: A}], \"\\e\": 1}")]
    public void No_finding_brings_a_manifests_own_codes_to_a_terminal(string spec)
    {
        var manifest = JobManifestReader.FromYaml(
            $"apiVersion: training.mhc.dev/v1alpha1\nkind: MhcTrainingJob\nmetadata: {{name: a}}\nspec: {{{spec}}}\n", "a\u001b.yaml")[0];
        Assert.NotEmpty(manifest.Errors);
        Assert.All(manifest.Errors, e => Assert.Equal(PrintableText.Line(e.ToString()), e.ToString()));
    }
}
