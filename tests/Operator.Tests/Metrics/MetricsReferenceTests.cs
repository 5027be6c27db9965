using MhcOperator.Testing.Programs;

namespace MhcOperator.Operator.Tests.Metrics;

public sealed class MetricsReferenceTests
{
    [Fact]
    public async Task The_reference_is_the_one_that_the_operators_metrics_make() =>
        Repository.HoldUpToDate("docs/metrics.md", await MetricsReference.WriteAsync(TestContext.Current.CancellationToken));

    [Fact]
    public async Task Prometheus_own_check_has_nothing_to_say_about_what_is_served() =>
        await Promtool.AcceptsAsync(await MetricsReference.TextAsync(TestContext.Current.CancellationToken),
            TestContext.Current.CancellationToken);
}
