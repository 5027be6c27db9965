namespace Api.Tests.Documentation;

/// <summary>The pages of the documentation, against <see cref="PageStyle"/>.</summary>
public sealed class PageStyleTests
{
    private static readonly string Root = Repository.Root;

    public static TheoryData<string> Pages() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file))
            .Concat(["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "charts/mhc-operator/README.md"])
            .Order(StringComparer.Ordinal),
    ];

    [Theory, MemberData(nameof(Pages))]
    public void A_page_has_one_title_one_sentence_a_line_short_sentences_and_links_that_lead_somewhere(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Root, page))!;
        var faults = PageStyle.Faults(File.ReadAllText(Path.Combine(Root, page)), path => Find(Path.Combine(folder, path)));

        Assert.True(!faults.Any(), string.Join('\n', faults));
    }

    [Theory]
    [InlineData("# A\n\nIt is so. It is not.\n", "line 3: more than one sentence")]
    [InlineData("# A\n\n- `mhc` is so.\n  (It is.) **It** is not.\n", "line 4: more than one sentence")]
    [InlineData("# A\n\n**Why.** It is so.\n**Cost.** It is. It is not.\n", "line 4: more than one sentence")]
    [InlineData("# A\n\nIt is so and\nso on.\n", "line 3: the sentence goes on in the next line")]
    [InlineData("# A\n\n## B\n\n#### C\n", "line 5: a heading of level 4 follows one of level 2")]
    [InlineData("# A\n\n# B\n", "a page begins with its one title")]
    [InlineData("## A\n", "a page begins with its one title")]
    [InlineData("# A\n\n```\ncode\n", "a block of code does not end")]
    [InlineData("# A\n\n[b](b.md) is not there.\n", "line 3: there is no b.md")]
    [InlineData("# A\n\n| [b](#b) |\n|---|\n", "line 3: #b has no such heading")]
    [InlineData("# A\n\n[c](other.md#d) has no d.\n", "line 3: other.md#d has no such heading")]
    public void A_page_that_is_written_otherwise_is_found_out(string text, string fault) => Assert.Equal([fault], Faults(text));

    [Theory]
    [InlineData(36, "1 of 2 sentences in lines have more than 35 words: lines 4")]
    [InlineData(35, null)]
    public void A_sentence_has_35_words_at_most(int words, string? fault) =>
        Assert.Equal(
            fault is null ? [] : [fault],
            Faults($"# A\n\nIt is so.\nIt {string.Concat(Enumerable.Repeat("so ", words - 2))}is.\n"));

    [Fact]
    public void A_line_has_240_characters_at_most_but_in_a_table_and_in_code()
    {
        var text = new string('a', 241);

        Assert.Equal(["line 3: 241 characters are more than 240"], Faults($"# A\n\n{text}\n"));
        Assert.Empty(Faults($"# A\n\n| {text} |\n|---|\n\n    {text}. B. C\n\n```\n{text}. B. C\n```\n"));
    }

    [Fact]
    public void A_link_leads_to_a_page_to_a_heading_or_to_the_web() =>
        Assert.Empty(Faults(
            "# The `a` of it, in all\n\n[a](#the-a-of-it-in-all), [c](other.md#c), [d](other.md);\n"
            + "[web](https://a.example/b#c);\n`[no](link)`.\n"));

    private static IEnumerable<string> Faults(string text) =>
        PageStyle.Faults(text, path => path == "other.md" ? new MarkdownPage("# C\n") : null);

    private static MarkdownPage? Find(string path) =>
        File.Exists(path) ? new MarkdownPage(File.ReadAllText(path)) : Directory.Exists(path) ? new MarkdownPage("") : null;
}
