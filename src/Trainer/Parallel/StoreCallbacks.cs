using System.Runtime.InteropServices;

namespace MhcOperator.Trainer.Parallel;

/// <summary>gloo's key-value store, answered by a <see cref="RendezvousClient"/>. An exception must not cross into native code.</summary>
internal static unsafe class StoreCallbacks
{
    /// <summary>The C ABI's mhc_store_set; <paramref name="user"/> is a GCHandle of the client.</summary>
    [UnmanagedCallersOnly]
    public static int Set(nint user, byte* key, void* data, long size)
    {
        try
        {
            Client(user).Set(Text(key), new ReadOnlySpan<byte>(data, checked((int)size)).ToArray());
            return 0;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OverflowException)
        {
            return -1;
        }
    }

    /// <summary>The C ABI's mhc_store_get.</summary>
    [UnmanagedCallersOnly]
    public static long Get(nint user, byte* key, void* buffer, long capacity, int timeoutMilliseconds)
    {
        try
        {
            if (Client(user).Get(Text(key), timeoutMilliseconds) is not { } value)
            {
                return -1;
            }

            if (value.Length <= capacity)
            {
                value.CopyTo(new Span<byte>(buffer, checked((int)capacity)));
            }

            return value.Length;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OverflowException)
        {
            return -1;
        }
    }

    private static RendezvousClient Client(nint user) => (RendezvousClient)GCHandle.FromIntPtr(user).Target!;

    private static string Text(byte* key) => Marshal.PtrToStringUTF8((nint)key) ?? "";
}
