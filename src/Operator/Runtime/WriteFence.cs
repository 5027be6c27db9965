namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Lets writes out only while the lease is certainly ours. Time counts from the moment at which the last successful
/// renewal was sent: a rival starts counting later than that, when it sees the renewal, so our time ends first.
/// </summary>
internal sealed class WriteFence(TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _from;
    private TimeSpan _length = TimeSpan.Zero;

    /// <summary>Time left; zero or less: nothing may be written.</summary>
    public TimeSpan Remaining
    {
        get
        {
            lock (_gate)
            {
                return _length == TimeSpan.Zero ? TimeSpan.Zero : _length - time.GetElapsedTime(_from);
            }
        }
    }

    /// <summary>Opens the fence for a time that began when the renewal was sent.</summary>
    /// <param name="sentAt">Timestamp of the time provider.</param>
    /// <param name="validFor">How long from then.</param>
    public void Open(long sentAt, TimeSpan validFor)
    {
        lock (_gate)
        {
            (_from, _length) = (sentAt, validFor);
        }
    }

    /// <summary>Nothing may be written from now on.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _length = TimeSpan.Zero;
        }
    }
}

/// <summary>A write was held back because another operator may hold the lease by now.</summary>
internal sealed class LeaseExpiredException() : Exception(
    "the lease was not renewed in time, so another operator may be acting: nothing is written");
