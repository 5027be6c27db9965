using Api.Tests.Documentation;

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
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(RepositoryFile.Root(), folder), "*.cs", SearchOption.AllDirectories))
            .Where(path => !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal))
            .SelectMany(path => File.ReadLines(path).Select((text, at) => (Path: path, Number: at + 1, text.Length)))
            .ToList();
        var longer = lines.Where(line => line.Length > Longest).ToList();

        Assert.True(
            longer.Count < lines.Count * Share,
            $"{longer.Count} of {lines.Count} lines; the longest are {string.Join(", ", longer.OrderByDescending(line => line.Length).Take(20))}");
    }
}
