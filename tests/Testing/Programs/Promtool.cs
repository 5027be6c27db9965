using System.Diagnostics;

namespace MhcOperator.Testing.Programs;

/// <summary>Prometheus' own check of what is served to it. eng/prometheus.sh fetches it.</summary>
public static class Promtool
{
    private static readonly string Cache = Environment.GetEnvironmentVariable("PROMETHEUS_CACHE") is { Length: > 0 } given
        ? given
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "mhc-operator", "prometheus");

    /// <summary>Fails where it finds anything to say; skips the test where there is no promtool.</summary>
    public static async Task AcceptsAsync(string metrics, CancellationToken cancel)
    {
        var program = ((string[])[Path.Combine(Cache, "root", "usr", "bin", "promtool"), "/usr/bin/promtool"]).FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "there is no promtool: eng/prometheus.sh fetches it");
        using var running = Process.Start(new ProcessStartInfo(program, ["check", "metrics"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var said = running.StandardOutput.ReadToEndAsync(cancel);
        var faults = running.StandardError.ReadToEndAsync(cancel);
        await running.StandardInput.WriteAsync(metrics.AsMemory(), cancel);
        running.StandardInput.Close();
        await running.WaitForExitAsync(cancel);
        Assert.True(running.ExitCode == 0, $"promtool check metrics: {await said}{await faults}");
    }
}
