using MhcOperator.Scraping.Tests;

namespace MhcOperator.Operator.Tests.Metrics;

public sealed class MetricsReferenceTests
{
    [Fact]
    public async Task The_reference_is_the_one_that_the_operators_metrics_make()
    {
        var path = Path.Combine(Root(), "docs", "metrics.md");
        var expected = await MetricsReference.WriteAsync(TestContext.Current.CancellationToken);
        if (Environment.GetEnvironmentVariable("MHC_REGENERATE") == "1")
        {
            await File.WriteAllTextAsync(path, expected, TestContext.Current.CancellationToken);
        }

        Assert.True(
            File.Exists(path) && await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken) == expected,
            "docs/metrics.md is out of date: run the tests with MHC_REGENERATE=1 and commit it");
    }

    [Fact]
    public async Task Prometheus_own_check_has_nothing_to_say_about_what_is_served() =>
        await Promtool.AcceptsAsync(await MetricsReference.TextAsync(TestContext.Current.CancellationToken),
            TestContext.Current.CancellationToken);

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MhcOperator.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not in the repository");
        }

        return folder.FullName;
    }
}
