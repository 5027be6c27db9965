using System.Diagnostics;
using System.Globalization;

namespace MhcOperator.Trainer.Tests.Support;

/// <summary>
/// Two hosts with a network of their own each, and a <see cref="Wire"/> between them. A host lasts as long as a process that holds it,
/// whose input ends with the test: whatever happens to the test, nothing of them is left.
/// </summary>
internal sealed class TwoHosts : IDisposable
{
    /// <summary>Where rank 0 is found.</summary>
    public const string FirstAddress = "10.77.0.1";

    private const string Interface = "wire0";
    private static readonly string[] Programs = ["ip", "nsenter", "unshare"];

    private readonly List<Process> _holders = [];
    private readonly Wire _wire;

    /// <param name="delay">On the way from one to the other.</param>
    /// <param name="loss">Share of the packets that get lost.</param>
    public TwoHosts(TimeSpan delay, double loss)
    {
        try
        {
            for (var host = 0; host < 2; host++)
            {
                _holders.Add(Hold());
            }

            _wire = new Wire(Namespace(0), Namespace(1), Interface, delay, loss);
            for (var host = 0; host < 2; host++)
            {
                Run(host, "ip", "address", "add", string.Create(CultureInfo.InvariantCulture, $"10.77.0.{host + 1}/24"), "dev", Interface);
                Run(host, "ip", "link", "set", "dev", "lo", "up");
                SetLink(host, up: true);
            }
        }
        catch
        {
            _holders.ForEach(End);
            throw;
        }
    }

    /// <summary>What this machine lacks for it; null: nothing.</summary>
    public static string? Lacking { get; } = FindLacking();

    /// <summary>Packets that were lost because the wire was cut.</summary>
    public int Lost => _wire.Lost;

    /// <summary>Bytes that a host has sent, IP's and TCP's headers included.</summary>
    public long BytesFrom(int host) => _wire.BytesFrom(host);

    /// <summary>The beginning of a command that runs on a host.</summary>
    public string[] On(int host) => ["nsenter", $"--net={Namespace(host)}"];

    /// <summary>Nothing arrives any more, and no host notices.</summary>
    public void Cut() => _wire.IsCut = true;

    /// <summary>Packets arrive again.</summary>
    public void Mend() => _wire.IsCut = false;

    /// <summary>A host's own interface goes down or comes up.</summary>
    public void SetLink(int host, bool up) => Run(host, "ip", "link", "set", "dev", Interface, up ? "up" : "down");

    public void Dispose()
    {
        _wire.Dispose();
        _holders.ForEach(End);
    }

    private static string? FindLacking()
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        if (!Environment.IsPrivilegedProcess)
        {
            return "hosts of their own (network namespaces) need root";
        }

        if (Array.Find(Programs, p => !path.Any(f => File.Exists(Path.Combine(f, p)))) is { } program)
        {
            return $"the program {program} is missing";
        }

        if (!File.Exists("/dev/net/tun"))
        {
            return "this machine has no /dev/net/tun for a wire between hosts";
        }

        using var trial = TrainerProcess.Start("unshare", ["--net", "true"], new Dictionary<string, string>(StringComparer.Ordinal));
        return trial.Wait() == 0 ? null : $"network namespaces cannot be made here: {trial.Output.Trim()}";
    }

    private static Process Hold()
    {
        var start = new ProcessStartInfo("unshare")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true
        };
        foreach (var argument in (string[])["--net", "sh", "-c", "echo ready && exec cat"])
        {
            start.ArgumentList.Add(argument);
        }

        var holder = Process.Start(start)!;
        Assert.Equal("ready", holder.StandardOutput.ReadLine());
        return holder;
    }

    private static void End(Process holder)
    {
        holder.StandardInput.Dispose();
        holder.WaitForExit();
        holder.Dispose();
    }

    private string Namespace(int host) => string.Create(CultureInfo.InvariantCulture, $"/proc/{_holders[host].Id}/ns/net");

    private void Run(int host, params ReadOnlySpan<string> command)
    {
        var on = On(host);
        using var process = TrainerProcess.Start(on[0], [.. on.AsSpan(1), .. command],
            new Dictionary<string, string>(StringComparer.Ordinal));
        Assert.True(process.Wait() == 0, process.Output);
    }
}
