using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Prometheus;

namespace MhcOperator.Operator.Metrics;

/// <summary>
/// What is built here and what the process takes, under the names that Prometheus' own libraries give. Read at each scrape, from Linux.
/// </summary>
internal sealed class ProcessMetrics
{
    private readonly Counter _cpu;
    private readonly Gauge _resident;
    private readonly Gauge _virtualSize;
    private readonly Gauge _open;
    private readonly Gauge _mostOpen;
    private readonly Counter _collections;
    private readonly Counter _pauses;
    private readonly Gauge _heap;

    public ProcessMetrics(CollectorRegistry registry)
    {
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        _cpu = factory.CreateCounter("process_cpu_seconds_total", "Processor time taken, user and system.");
        _resident = factory.CreateGauge("process_resident_memory_bytes", "Resident memory.");
        _virtualSize = factory.CreateGauge("process_virtual_memory_bytes", "Virtual memory.");
        _open = factory.CreateGauge("process_open_fds", "Open file descriptors.");
        _mostOpen = factory.CreateGauge("process_max_fds", "Most file descriptors that may be open.");
        using var process = Process.GetCurrentProcess();
        factory.CreateGauge("process_start_time_seconds", "When the process began, in seconds since 1970.")
            .Set((process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds);
        _collections = factory.CreateCounter("dotnet_gc_collections_total",
            "Garbage collections, those of older generations counted in younger ones too.", "generation");
        _pauses = factory.CreateCounter("dotnet_gc_pause_seconds_total", "Time that the process stood still for them.");
        _heap = factory.CreateGauge("dotnet_gc_heap_bytes", "Managed memory that is allocated.");
        var version = typeof(ProcessMetrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        factory.CreateGauge("mhc_operator_build_info", "1; versions of the operator and of .NET.", "version", "dotnet")
            .WithLabels(version, Environment.Version.ToString()).Set(1);
        registry.AddBeforeCollectCallback(Read);
    }

    private void Read()
    {
        _cpu.IncTo(Environment.CpuUsage.TotalTime.TotalSeconds);
        _resident.Set(Environment.WorkingSet);
        _heap.Set(GC.GetTotalMemory(forceFullCollection: false));
        _pauses.IncTo(GC.GetTotalPauseDuration().TotalSeconds);
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            _collections.WithLabels(generation.ToString(CultureInfo.InvariantCulture)).IncTo(GC.CollectionCount(generation));
        }

        try
        {
            _virtualSize.Set(
                double.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[0],
                    CultureInfo.InvariantCulture) * Environment.SystemPageSize);
            _open.Set(Directory.EnumerateFileSystemEntries("/proc/self/fd").Count());
            var limit = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal))
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)[3];
            _mostOpen.Set(double.TryParse(limit, CultureInfo.InvariantCulture, out var most) ? most : double.PositiveInfinity);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or InvalidOperationException)
        {
            // A machine without /proc has no such figures, and the others are as good.
            _ = e;
        }
    }
}
