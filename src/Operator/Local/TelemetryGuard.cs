namespace MhcOperator.Operator.Local;

/// <summary>Does what is done for people only: that it fails is counted and said once, and ends nothing.</summary>
/// <param name="say">Takes the words, once.</param>
internal sealed class TelemetryGuard(Action<string> say)
{
    private int _failed;

    /// <summary>How often it failed.</summary>
    public int Failed => _failed;

    public void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            if (Interlocked.Increment(ref _failed) == 1)
            {
                say($"{e.Message}; the run goes on, and this is not said again");
            }
        }
    }
}
