using System.Globalization;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// The memory that this process can have at most: the machine's, swap included, or less where its control group allows less.
/// </summary>
internal static class MachineMemory
{
    private static readonly string[] Limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

    /// <summary>In bytes; null where the system does not say.</summary>
    /// <param name="read">Reads a file; null where there is none.</param>
    public static long? Bytes(Func<string, string?> read)
    {
        var total = Field("MemTotal") + Field("SwapTotal");
        var limits = Limits.Select(read)
            .Select(
                text => long.TryParse(text?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit : (long?)null);
        return limits.Append(total).Min();

        long? Field(string name) =>
            (read("/proc/meminfo") ?? "").Split('\n').FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.Ordinal)) is { } line
            && long.TryParse(line[(name.Length + 1)..].Replace("kB", "", StringComparison.Ordinal).Trim(), NumberStyles.None,
                CultureInfo.InvariantCulture, out var kibibytes)
            ? kibibytes * 1024 : null;
    }

    /// <summary>Of the system.</summary>
    public static long? Bytes() => Bytes(path =>
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    });
}
