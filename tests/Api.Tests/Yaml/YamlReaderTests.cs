using System.Text;
using MhcOperator.Api.Manifests;
using MhcOperator.Api.Yaml;

namespace Api.Tests.Yaml;

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
    [InlineData("b?c", "\"b?c\"")]
    [InlineData("['b?', \"c?\"]", "[\"b?\",\"c?\"]")]
    [InlineData("1:30", "\"1:30\"")]
    [InlineData("y", "true")]
    [InlineData("oN", "\"oN\"")]
    [InlineData(".5_0", "0.5")]
    [InlineData(".1_", "\".1_\"")]
    [InlineData("1_", "1")]
    [InlineData("0b-101", "-5")]
    [InlineData("0x", "\"0x\"")]
    [InlineData("0xFFFFFFFFFFFFFFFFF", "\"0xFFFFFFFFFFFFFFFFF\"")]
    [InlineData("-0xFFFFFFFFFFFFFFFF", "\"-0xFFFFFFFFFFFFFFFF\"")]
    [InlineData("07777777777777777777777777", "7.777777777777778E+24")]
    [InlineData("!!float 1_0.5", "10.5")]
    [InlineData("{x: &s 1, v: *s,z: 2}", "{\"x\":1,\"v\":1,\"z\":2}")]
    [InlineData("|+\n  a", "\"a\\n\"")]
    [InlineData("{x: &s, v: *s}", "{\"x\":null,\"v\":null}")]
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
    [InlineData("a: !!int |\n  5\n", "line 1: a: expected a value without the tag tag:yaml.org,2002:int")]
    [InlineData("a: {b: 1, <<: {b: 2}}",
        "line 1: a[<<]: expected << before \"b\": kubectl takes what comes last, so this one would replace the value above")]
    [InlineData("a: &x 1\nb: &x [*x]", "line 2: b[0]: expected YAML, got a syntax error: the alias *x has no anchor before it")]
    [InlineData("a: {b:, c: 1}", "line 1: a.b: expected a blank behind the colon; without one kubectl takes it for a part of the name")]
    [InlineData("on: 1", "line 1: on: expected text as the name of a field, got what kubectl reads as true; put it in quotes")]
    [InlineData("a: 1\n--- # b\nc: 1",
        "line 2: (document): expected a line of --- and nothing else, got a comment behind it: older versions of kubectl drop what follows; put the comment into a line of its own")]
    [InlineData("a: 1\n---\nb: 1\n...\nc: 1",
        "line 5: (document): expected a line of --- before this document; without one kubectl drops it")]
    [InlineData("a: 1\n---\nb: \u0001", "line 3: (document): expected no control characters, got U+0001")]
    [InlineData("{\n\"a\": 1,\n\"b\": x}",
        "line 3: a: expected JSON, got a syntax error: 'x' is an invalid start of a value. A text that begins with { is JSON for kubectl; where it is meant as YAML, begin with a line of ---.")]
    [InlineData("a: 1\n---\n# b\n...\n",
        "line 4: (document): expected no line of ... here, which ends a document, before one has begun; kubectl refuses it")]
    [InlineData("... # a\na: 1",
        "line 1: (document): expected no line of ... here, which ends a document, before one has begun; kubectl refuses it")]
    [InlineData("a: [b?c]", "line 1: a[0]: expected text in quotes, since it has a ?, which ends a text inside braces for kubectl")]
    [InlineData("a: {b?: 1}", "line 1: a[b?]: expected text in quotes, since it has a ?, which ends a text inside braces for kubectl")]
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
        var document = Assert.Single(
            YamlReader.Read("base: &b {x: 1, v: [2]}\nalias: *b\nmerged:\n  <<: *b\n  x: 9\nboth: {<<: [{z: 1}, {z: 2, w: 3}]}"));

        Assert.Empty(document.Errors);
        Assert.Equal(
            "{\"base\":{\"x\":1,\"v\":[2]},\"alias\":{\"x\":1,\"v\":[2]},\"merged\":{\"x\":9,\"v\":[2]},\"both\":{\"z\":1,\"w\":3}}",
            document.Root!.ToJsonString());
    }

    [Fact]
    public void A_billion_laughs_are_an_error_and_no_billion_nodes()
    {
        var text = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 12; i++)
        {
            text.AppendLine(System.Globalization.CultureInfo.InvariantCulture,
                $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]");
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
        Assert.Contains("at most", Assert.Single(Assert.Single(YamlReader.Read(new string('a', YamlReader.MaxLength + 1))).Errors).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Each_document_of_a_file_knows_its_lines_and_may_have_a_byte_order_mark()
    {
        var documents = YamlReader.Read("# first\r\na: 1\r\n---\r\n\ufeffb:\r\n  c: 2\n---\n{\"d\":\n1}");

        Assert.Equal(["{\"a\":1}", "{\"b\":{\"c\":2}}", "{\"d\":1}"], documents.Select(d => d.Root!.ToJsonString()));
        Assert.Equal((2, 5, 7), (documents[0].Lines.Find("a"), documents[1].Lines.Find("b.c"), documents[2].Lines.Find("d")));
    }

    [Fact]
    public void Several_JSON_objects_are_several_documents_with_their_lines()
    {
        var documents = YamlReader.Read("\t{\"a\":\n\t[1.5e3, {\"b\": \"\\/\"}]}\n{\"c\": 12345678901234567890}");

        Assert.Equal(["{\"a\":[1500,{\"b\":\"/\"}]}", "{\"c\":1.2345678901234567E+19}"], documents.Select(d => d.Root!.ToJsonString()));
        Assert.Equal((2, 3), (documents[0].Lines.Find("a[1].b"), documents[1].Lines.Find("c")));
    }

    [Theory]
    [InlineData("nested long names")]
    [InlineData("many items")]
    [InlineData("many wrong values")]
    [InlineData("many leaves")]
    [InlineData("many documents")]
    [InlineData("many repeated names")]
    public void Twice_the_text_costs_twice_the_memory_at_most(string kind)
    {
        var (small, large) = (Hostile(kind, 1), Hostile(kind, 2));
        Allocated(small);

        var (before, after) = (Allocated(small), Allocated(large));

        Assert.InRange(after, 0, (before * 5 / 2) + (1 << 20));
        Assert.InRange(before, 0, 4_000L * small.Length);
    }

    [Fact]
    public void A_path_that_is_too_long_to_be_told_is_an_error()
    {
        var error = Assert.Single(YamlReader.Read(Hostile("nested long names", 1)).SelectMany(d => d.Errors));

        Assert.Contains("at most 1024 characters", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Path.Length, 1, 2048);
    }

    [Fact]
    public void After_a_hundred_errors_there_is_only_one_more()
    {
        var errors = YamlReader.Read(Hostile("many wrong values", 1)).SelectMany(d => d.Errors).ToList();

        Assert.Equal(101, errors.Count);
        Assert.Contains("too much is wrong", errors[^1].Message, StringComparison.Ordinal);
    }

    private static string Hostile(string kind, int size) => kind switch
    {
        "nested long names" => string.Concat(Enumerable.Range(0, 44).Select(i => $"{new string(' ', i)}{new string('k', 1000)}:\n"))
            + new string(' ', 44) + $"[{string.Join(',', Enumerable.Repeat("1", 10_000 * size))}]",
        "many items" => $"kind: List\nitems: [{string.Join(',', Enumerable.Repeat("{}", 8_000 * size))}]",
        "many wrong values" => string.Concat(Enumerable.Range(0, 10_000 * size).Select(i => $"k{i}: .nan\n")),
        "many leaves" => string.Concat(Enumerable.Range(0, 10_000 * size).Select(i => $"k{i}: 1\n")),
        "many documents" => string.Concat(Enumerable.Repeat("a: 1\n---\n", 4_000 * size)),
        _ => string.Concat(Enumerable.Repeat("a: 1\n", 10_000 * size)),
    };

    private static long Allocated(string text)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        JobManifestReader.FromYaml(text, "job.yaml");
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    [Fact]
    public void Every_field_knows_its_line()
    {
        var lines = YamlReader.Read("# comment\na:\n  b: 1\n  c:\n  - x\n  - y: 2\n").Single().Lines;

        Assert.Equal((2, 3, 5, 6, 6),
            (lines.Find("a"), lines.Find("a.b"), lines.Find("a.c[0]"), lines.Find("a.c[1].y"), lines.Find("a.c[1].missing")));
    }
}
