namespace Api.Tests.Suites;

/// <summary>What a second <c>make test</c> in the same clone leaves out: eng/test.sh with suites that end at once.</summary>
public sealed class SuiteMemoryTests : IDisposable
{
    private static readonly string[] All = SuiteRepository.All;

    // A source of packages is asked each time, and so is a cluster that somebody names.
    private static readonly string[] Always = ["packages", "Operator.IntegrationTests", "EndToEnd.Tests"];

    private readonly SuiteRepository _repository = new();

    [Fact]
    public async Task A_suite_that_passed_is_left_out_until_something_that_it_sees_changes()
    {
        Assert.Equal(All, (await _repository.TestAsync()).Run);

        var second = await _repository.TestAsync();
        Assert.Equal((0, All.Length + 3), (second.ExitCode, second.Passed)); // each native suite has two tests, every other one
        Assert.Equal(Always, second.Run);

        _repository.Write("docs/page.md", "other");
        string[] blind = ["native", "native-older", "native-sanitize", "native-operator"];
        Assert.Equal(All.Except(blind), (await _repository.TestAsync()).Run);

        _repository.Write("tests/Cli.Tests/Case.cs", "other");
        Assert.Equal(["format", "shell", "packages", "Api.Tests", "Cli.Tests", .. Always[1..]], (await _repository.TestAsync()).Run);
    }

    [Fact]
    public async Task A_suite_that_failed_or_was_named_runs_again()
    {
        _repository.Suite("Cli.Tests", failed: 1);
        Assert.Equal(1, (await _repository.TestAsync()).ExitCode);

        _repository.Suite("Cli.Tests", failed: 0);
        Assert.Equal(["packages", "Cli.Tests", .. Always[1..]], (await _repository.TestAsync()).Run);
        Assert.Equal(["Cli.Tests"], (await _repository.TestAsync("Cli.Tests")).Run);
    }

    [Fact]
    public async Task What_changed_during_the_run_was_not_built_so_that_nothing_that_sees_it_is_remembered()
    {
        _repository.Write("Makefile", ".PHONY: build\nbuild:\n\t[ -e src/Late.cs ] || (mkdir -p src && touch src/Late.cs)\n");
        await _repository.TestAsync();

        Assert.Equal(All.Except(["native", "native-older", "native-sanitize"]), (await _repository.TestAsync()).Run);
    }

    public void Dispose() => _repository.Dispose();
}
