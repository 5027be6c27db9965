using System.Reflection;
using System.Text;
using MhcOperator.Operator.Metrics;

namespace MhcOperator.Operator.Tests.Metrics;

public sealed class ProcessMetricsTests
{
    [Fact]
    public async Task What_is_built_is_told_by_its_versions_and_no_label_is_empty()
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        _ = new ProcessMetrics(registry);
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text, TestContext.Current.CancellationToken);

        var version = typeof(ProcessMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        var line = Assert.Single(Encoding.UTF8.GetString(text.ToArray()).Split('\n'),
            line => line.StartsWith("mhc_operator_build_info", StringComparison.Ordinal));

        Assert.Equal($"mhc_operator_build_info{{version=\"{version}\",dotnet=\"{Environment.Version}\"}} 1", line);
    }
}
