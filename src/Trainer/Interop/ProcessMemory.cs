using System.Globalization;

namespace MhcOperator.Trainer.Interop;

/// <summary>What the kernel says of a process's memory.</summary>
internal static class ProcessMemory
{
    /// <summary>Bytes, from a line such as "VmRSS:   1234 kB" of a file in /proc/PROCESS.</summary>
    /// <exception cref="IOException">This system has no such file, or no such process.</exception>
    public static long Bytes(string file, string field, string process = "self")
    {
        var line = File.ReadLines($"/proc/{process}/{file}").First(l => l.StartsWith(field, StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
