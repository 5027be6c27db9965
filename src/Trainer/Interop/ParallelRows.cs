using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Interop;

/// <summary>Runs a loop over rows on libtorch's own threads, so that managed kernels and libtorch's do not fight for the cores.</summary>
internal static unsafe class ParallelRows
{
    private static readonly delegate* unmanaged<long, long, long, delegate* unmanaged<long, long, void*, void>, void*, int> Loop =
        (delegate* unmanaged<long, long, long, delegate* unmanaged<long, long, void*, void>, void*, int>)TorchShim.ParallelFor;

    /// <summary>
    /// Calls <paramref name="body"/> on ranges [begin, end) that cover all rows, at once on several threads, and rethrows what it threw.
    /// </summary>
    /// <param name="rows">number of rows</param>
    /// <param name="grain">fewest rows that are worth a thread</param>
    /// <param name="body">must not depend on how the rows are cut up</param>
    public static void Run(long rows, long grain, Action<long, long> body)
    {
        if (rows <= grain || get_num_threads() == 1)
        {
            body(0, rows);
            return;
        }

        var call = new Call(body);
        var handle = GCHandle.Alloc(call);
        try
        {
            if (Loop(0, rows, grain, &Invoke, (void*)GCHandle.ToIntPtr(handle)) != 0)
            {
                throw new InvalidOperationException("libtorch's parallel loop failed.");
            }
        }
        finally
        {
            handle.Free();
        }

        call.Fault?.Throw();
    }

    [UnmanagedCallersOnly]
    private static void Invoke(long begin, long end, void* context)
    {
        var call = (Call)GCHandle.FromIntPtr((nint)context).Target!;
        try
        {
            call.Body(begin, end);
        }
        catch (Exception exception)
        {
            // No exception may cross libtorch's frames.
            call.Fault = ExceptionDispatchInfo.Capture(exception);
        }
    }

    private sealed class Call(Action<long, long> body)
    {
        public Action<long, long> Body { get; } = body;

        public ExceptionDispatchInfo? Fault { get; set; }
    }
}
