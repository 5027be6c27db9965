using MhcOperator.Trainer.Interop;

namespace MhcOperator.Trainer.Telemetry;

/// <summary>
/// The most memory that this process has used since a moment, over what it had then: resident by Linux's own count, what the allocator
/// keeps back between its pieces included, and in use by the allocator's, at the moments of <see cref="Look"/>.
/// </summary>
internal sealed class PeakMemory
{
    private const string ForgetPeak = "5"; // proc_pid_clear_refs(5)

    private readonly long _residentBefore;
    private readonly long _inUseBefore;
    private long _inUse;

    private PeakMemory() => (_residentBefore, _inUseBefore) = (Status("VmRSS:"), Allocator.BytesInUse);

    /// <summary>Bytes.</summary>
    public long Resident => Status("VmHWM:") - _residentBefore;

    /// <summary>Bytes.</summary>
    public long InUse => _inUse - _inUseBefore;

    /// <summary>Most resident memory of this process so far, in bytes; null where the system does not say.</summary>
    public static long? OfProcess()
    {
        try
        {
            return Status("VmHWM:");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Gives back all memory that nobody uses, and begins to watch.</summary>
    /// <exception cref="IOException">This system does not say how much memory is in use.</exception>
    public static PeakMemory Begin()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Allocator.GiveBack();
        File.WriteAllText("/proc/self/clear_refs", ForgetPeak);
        return new PeakMemory();
    }

    /// <summary>Sees how much is in use now.</summary>
    public void Look() => _inUse = Math.Max(_inUse, Allocator.BytesInUse);

    private static long Status(string field) => ProcessMemory.Bytes(field);
}
