using System.Text;
using MhcOperator.Api.Manifests;

namespace Api.Tests.Manifests;

public sealed class YamlReaderTests
{
    [Theory]
    [InlineData("5", "5")]
    [InlineData("-5", "-5")]
    [InlineData("+5", "5")]
    [InlineData("1_000", "1000")]
    [InlineData("0x1F", "31")]
    [InlineData("0o17", "15")]
    [InlineData("017", "15")]
    [InlineData("0b101", "5")]
    [InlineData("089", "89")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("-9223372036854775808", "-9223372036854775808")]
    [InlineData("1e3", "1000")]
    [InlineData("1.50", "1.5")]
    [InlineData(".5", "0.5")]
    [InlineData("6.", "6")]
    [InlineData("true", "true")]
    [InlineData("False", "false")]
    [InlineData("yes", "true")]
    [InlineData("off", "false")]
    [InlineData("null", "null")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("\"5\"", "\"5\"")]
    [InlineData("'true'", "\"true\"")]
    [InlineData("!!str 5", "\"5\"")]
    [InlineData("!!int \"5\"", "5")]
    [InlineData("2026-01-02", "\"2026-01-02\"")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("10Gi", "\"10Gi\"")]
    [InlineData("-", "[null]")]
    [InlineData("1:30", "\"1:30\"")]
    [InlineData("|\n  a\n  b\n", "\"a\\nb\\n\"")]
    public void A_scalar_has_the_type_that_kubectl_gives_it(string yaml, string json)
    {
        var document = Assert.Single(YamlReader.Read($"a: {(yaml == "-" ? "\n- " : yaml)}"));

        Assert.Empty(document.Errors);
        Assert.Equal($"{{\"a\":{json}}}", document.Root!.ToJsonString());
    }

    [Theory]
    [InlineData("a: .nan", "line 1: a: expected a finite number, got .nan")]
    [InlineData("a: 1e999", "line 1: a: expected a finite number, got 1e999")]
    [InlineData("a: !secret x", "line 1: a: expected a value without the tag !secret")]
    [InlineData("a: 1\nb: 2\na: 3", "line 3: a: expected each field once, got it again (first on line 1)")]
    [InlineData("a:\n  b: *x", "line 2: a.b: expected YAML, got a syntax error: the alias *x has no anchor before it")]
    [InlineData("a:\n  <<: 5", "line 2: a[<<]: expected an object or a list of objects to merge")]
    public void What_is_no_YAML_is_an_error_with_field_and_line(string yaml, string expected) =>
        Assert.Equal(expected, string.Join('\n', YamlReader.Read(yaml).SelectMany(d => d.Errors)));

    [Fact]
    public void A_tab_in_the_indentation_is_told_with_its_own_line()
    {
        var error = Assert.Single(YamlReader.Read("a:\n  b: 1\n\tc: 2").SelectMany(d => d.Errors));

        Assert.Equal(("a", 3), (error.Path, error.Line));
        Assert.EndsWith("Indent with spaces, YAML allows no tabs there.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Aliases_and_merge_keys_stand_for_their_anchors()
    {
        var document = Assert.Single(YamlReader.Read("base: &b {x: 1, y: [2]}\nalias: *b\nmerged:\n  <<: *b\n  x: 9\nboth: {<<: [{z: 1}, {z: 2, w: 3}]}"));

        Assert.Empty(document.Errors);
        Assert.Equal("{\"base\":{\"x\":1,\"y\":[2]},\"alias\":{\"x\":1,\"y\":[2]},\"merged\":{\"x\":9,\"y\":[2]},\"both\":{\"z\":1,\"w\":3}}", document.Root!.ToJsonString());
    }

    [Fact]
    public void A_billion_laughs_are_an_error_and_no_billion_nodes()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 12; i++)
        {
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]");
        }

        var error = Assert.Single(YamlReader.Read(text.ToString()).SelectMany(d => d.Errors));

        Assert.Contains("at most 200000 values", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void Deep_nesting_is_an_error_and_no_stack_overflow(char bracket)
    {
        var error = Assert.Single(YamlReader.Read(new string(bracket, 100_000)).SelectMany(d => d.Errors));

        Assert.NotNull(error.Line);
    }

    [Fact]
    public void A_text_that_is_too_long_is_an_error() =>
        Assert.Contains("at most", Assert.Single(Assert.Single(YamlReader.Read(new string('a', YamlReader.MaxLength + 1))).Errors).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_field_knows_its_line()
    {
        var lines = YamlReader.Read("# comment\na:\n  b: 1\n  c:\n  - x\n  - y: 2\n").Single().Lines;

        Assert.Equal((2, 3, 5, 6, 6), (lines.Find("a"), lines.Find("a.b"), lines.Find("a.c[0]"), lines.Find("a.c[1].y"), lines.Find("a.c[1].missing")));
    }
}
