using MhcOperator.Testing.Programs;

namespace Api.Tests.Packages;

/// <summary><c>make audit</c>, with real sources of NuGet's in the place of the public one, whose word changes.</summary>
public sealed class AuditTests
{
    private const string Advisories =
        """{"fractions":[{"severity":0,"url":"https://example.org/advisories/1","versions":"(, 100.0.0)"}]}""";

    [Fact]
    public async Task A_known_vulnerability_of_a_package_that_another_brings_fails_with_its_advisory()
    {
        using var source = new AdvisorySource(Advisories);

        var answer = await PackagesScript.RunAsync(source.Address, "audit", "src/Api");

        Assert.Equal(1, answer.ExitCode);
        Assert.Matches(@"^Fractions \S+ has a known vulnerability: Low, https://example.org/advisories/1\n$", answer.Said);
    }

    [Fact]
    public async Task A_source_that_says_nothing_of_vulnerabilities_is_told_in_one_line()
    {
        using var source = new AdvisorySource(advisories: null);

        var answer = await PackagesScript.RunAsync(source.Address, "audit", "src/Api");

        Assert.Equal(0, answer.ExitCode);
        Assert.Equal(
            $"skipped: known vulnerabilities of packages: Audit source '{source.Address}' did not provide any vulnerability data.\n",
            answer.Said);
    }

    [Fact]
    public async Task A_source_that_does_not_answer_is_told_in_one_line()
    {
        var address = $"http://127.0.0.1:{FreePort.Take()}/index.json";

        var answer = await PackagesScript.RunAsync(address, "audit", "src/Api");

        Assert.Equal(0, answer.ExitCode);
        Assert.Matches($"^skipped: known vulnerabilities of packages: Unable to load the service index for source {address}.*\n$",
            answer.Said);
    }

    [Fact]
    public async Task One_source_that_answers_is_enough_and_the_other_is_named()
    {
        using var knowing = new AdvisorySource("{}");
        using var silent = new AdvisorySource(advisories: null);

        var answer = await PackagesScript.RunAsync($"{knowing.Address} {silent.Address}", "audit", "src/Api");

        Assert.Equal(0, answer.ExitCode);
        Assert.Equal(
            $"Audit source '{silent.Address}' did not provide any vulnerability data.\nno package of 1 projects has a known vulnerability\n", answer.Said);
    }

    [Fact]
    public async Task A_project_that_was_not_restored_fails_rather_than_passes()
    {
        using var source = new AdvisorySource("{}");
        using var project = new ProjectCopy();

        var answer = await PackagesScript.RunAsync(source.Address, "audit", project.Path);

        Assert.Equal(1, answer.ExitCode);
        Assert.Contains("restore", answer.Said, StringComparison.Ordinal);
    }
}
