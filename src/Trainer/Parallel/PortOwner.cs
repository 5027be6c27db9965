using System.Globalization;

namespace MhcOperator.Trainer.Parallel;

/// <summary>Which process listens on a TCP port of this machine, as far as this one may know.</summary>
internal static class PortOwner
{
    private const int LocalAddress = 1;
    private const int State = 3;
    private const int Inode = 9;
    private const string Listens = "0A";

    /// <summary>For people: <c> (process 4711, nginx, listens there)</c>; empty where it is not known.</summary>
    public static string Describe(int port)
    {
        try
        {
            var sockets = ((string[])["/proc/net/tcp", "/proc/net/tcp6"])
                .Where(File.Exists)
                .SelectMany(kind => File.ReadLines(kind).Skip(1))
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields.Length > Inode && fields[State] == Listens && PortOf(fields[LocalAddress]) == port)
                .Select(fields => $"socket:[{fields[Inode]}]")
                .ToHashSet(StringComparer.Ordinal);
            var owner = sockets.Count == 0 ? null : Directory.EnumerateDirectories("/proc")
                .FirstOrDefault(p => Path.GetFileName(p).All(char.IsAsciiDigit) && Holds(p, sockets));
            return owner is null ? ""
                : $" (process {Path.GetFileName(owner)}, {File.ReadAllText(Path.Combine(owner, "comm")).Trim()}, listens there)";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static int PortOf(string address) =>
        int.TryParse(address.AsSpan(address.LastIndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var port)
            ? port : -1;

    private static bool Holds(string process, HashSet<string> sockets)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd"))
                .Any(f => new FileInfo(f).LinkTarget is { } target && sockets.Contains(target));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // somebody else's, or gone
        }
    }
}
