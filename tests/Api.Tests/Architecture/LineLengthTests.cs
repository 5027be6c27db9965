namespace Api.Tests.Architecture;

public sealed class LineLengthTests
{
    private const int Longest = 140;

    /// <summary>A message for people is one string, and may be longer than a line.</summary>
    private const double Share = 0.005;

    [Fact]
    public void Lines_of_code_have_at_most_140_characters_but_for_one_in_two_hundred()
    {
        var lines = new[] { "src", "tests" }
            .SelectMany(SourceFile.Below)
            .SelectMany(file => file.Text.Split('\n').Select((text, at) => (file.Path, Number: at + 1, text.Length)))
            .ToList();
        var longer = lines.Where(line => line.Length > Longest).ToList();

        Assert.True(
            longer.Count < lines.Count * Share,
            $"{longer.Count} of {lines.Count} lines; the longest are {string.Join(", ", longer.OrderByDescending(line => line.Length).Take(20))}");
    }
}
