using System.Globalization;
using System.Text;
using MhcOperator.Testing.Programs;

namespace Api.Tests.Suites;

/// <summary>A repository with the real eng/test.sh, whose suites and other scripts do nothing.</summary>
internal sealed class SuiteRepository : IDisposable
{
    public static readonly string[] All =
    [
        "format", "shell", "packages", "native", "native-older", "native-sanitize",
        "Api.Tests", "Operator.Tests", "Cli.Tests", "Chart.Tests", "Monitoring.Tests", "Trainer.Tests", "native-operator", "Images.Tests", "Operator.IntegrationTests", "EndToEnd.Tests",
    ];

    private readonly TemporaryFolder _folder = new();

    public SuiteRepository()
    {
        foreach (var script in (string[])["test.sh", "test-suites.sh", "test-memory.sh"])
        {
            Write($"eng/{script}", File.ReadAllText(Repository.PathOf($"eng/{script}")));
        }

        foreach (var script in (string[])["setup", "format", "packages", "publish-operator", "images", "prometheus", "cluster"])
        {
            Write($"eng/{script}.sh", "#!/bin/bash\n");
        }

        Write("eng/build-native.sh", "#!/bin/bash\necho 'native: 2 passed, 0 failed'\n");
        Write("programs/shellcheck", "#!/bin/bash\n");
        Write("Makefile", ".PHONY: build\nbuild:\n");
        Write(".gitignore", "bin/\nbuild/\nartifacts/\n");
        Write("docs/page.md", "one");
        foreach (var name in All.Where(name => name.EndsWith("Tests", StringComparison.Ordinal)))
        {
            Write($"tests/{name}/{name}.csproj", "<Project />");
            Suite(name, failed: 0);
        }
    }

    /// <summary>What a run of test.sh did.</summary>
    /// <param name="ExitCode">Of it.</param>
    /// <param name="Passed">Tests, those too that were left out.</param>
    /// <param name="Run">Suites that were run, in the order of the list of all.</param>
    public sealed record Outcome(int ExitCode, int Passed, IReadOnlyList<string> Run);

    public void Write(string file, string text) => _folder.Write(file, Encoding.UTF8.GetBytes(text));

    /// <summary>A test project's program.</summary>
    public void Suite(string name, int failed) =>
        Write(
            $"tests/{name}/bin/Release/net10.0/linux-x64/{name}",
            $$$"""
            #!/bin/bash
            while [ $# -gt 1 ]; do
              [ "$1" != --results-directory ] || folder=$2
              [ "$1" != --report-ctrf-filename ] || file=$2
              shift
            done
            echo '{"results": {"summary": {"passed": 1, "failed": {{{failed}}}, "skipped": 0}, "tests": []}}' > "$folder/$file"
            exit {{{failed}}}

            """);

    public async Task<Outcome> TestAsync(params string[] suites)
    {
        await External.RunAsync("chmod", ["-R", "u+x", _folder.Path]);
        await External.RunAsync("git", ["init", "--quiet", _folder.Path]);
        var answer = await External.RunAsync(
            "env", ["--chdir", _folder.Path, _folder.File("eng/test.sh"), .. suites],
            ("PATH", $"{_folder.File("programs")}:{Environment.GetEnvironmentVariable("PATH")}"), ("KUBECONFIG_E2E", "/dev/null"),
            ("KUBEBUILDER_ASSETS", "/"), ("CONFIGURATION", "Release"), ("MHC_TEST_SIGNALS", ""));
        var lines = File.ReadAllLines(_folder.File("artifacts/test-logs/results")).Select(line => line.Split(' ', 6)).ToList();
        Assert.True(lines.Count > 0, answer.Said);
        var run = lines.Where(line => !line[5].StartsWith("not run again", StringComparison.Ordinal)).Select(line => line[0])
            .ToHashSet(StringComparer.Ordinal);
        Assert.Subset(All.ToHashSet(StringComparer.Ordinal), run);
        return new Outcome(
            answer.ExitCode, lines.Sum(line => int.Parse(line[1], CultureInfo.InvariantCulture)), [.. All.Where(run.Contains)]);
    }

    public void Dispose() => _folder.Dispose();
}
