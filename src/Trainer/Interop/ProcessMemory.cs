using System.Globalization;

namespace MhcOperator.Trainer.Interop;

/// <summary>What the kernel says of this process's memory.</summary>
internal static class ProcessMemory
{
    /// <summary>Bytes, from a line such as "VmRSS:   1234 kB" of /proc/self/status.</summary>
    /// <exception cref="IOException">This system has no such file.</exception>
    public static long Bytes(string field)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
