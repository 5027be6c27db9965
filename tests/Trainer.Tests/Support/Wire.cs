using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MhcOperator.Trainer.Tests.Support;

/// <summary>
/// A wire between two network namespaces: an interface in each, whose packets this process carries over, late, with losses, or not at all.
/// It is what <c>tc netem</c> does, for kernels that do not have it too.
/// </summary>
internal sealed partial class Wire : IDisposable
{
    private const int LongestPacket = 1 << 16;
    private const int NewNetwork = 0x40000000; // CLONE_NEWNET
    private const uint SetInterface = 0x400454CA; // TUNSETIFF
    private const short PacketsOnly = 0x1001; // IFF_TUN | IFF_NO_PI
    private const short Readable = 1; // POLLIN

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly TimeSpan _delay;
    private readonly double _loss;
    private readonly SafeFileHandle[] _ends;
    private readonly List<Thread> _threads = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly long[] _bytes = new long[2];
    private int _lost;

    /// <param name="first">Path of a namespace.</param>
    /// <param name="second">Path of the other one.</param>
    /// <param name="name">Of the interface in both.</param>
    /// <param name="delay">On the way.</param>
    /// <param name="loss">Share of packets that get lost.</param>
    public Wire(string first, string second, string name, TimeSpan delay, double loss)
    {
        (_delay, _loss) = (delay, loss);
        _ends = [Open(first, name), Open(second, name)];
        Carry(0, 1, new Random(1));
        Carry(1, 0, new Random(2));
    }

    /// <summary>Whether nothing arrives.</summary>
    public bool IsCut { get; set; }

    /// <summary>Packets that came while it was cut.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>Bytes that an end has sent so far, IP's and TCP's headers included.</summary>
    public long BytesFrom(int end) => Volatile.Read(ref _bytes[end]);

    public void Dispose()
    {
        _stop.Cancel();
        _threads.ForEach(t => t.Join());
        _stop.Dispose();
        Array.ForEach(_ends, e => e.Dispose());
    }

    /// <summary>Makes the interface on a thread that goes to the namespace and ends there.</summary>
    private static SafeFileHandle Open(string network, string name)
    {
        SafeFileHandle? end = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var there = File.OpenHandle(network);
                Check(SetNamespace(there, NewNetwork));
                end = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
                Span<byte> request = stackalloc byte[40];
                request.Clear();
                Encoding.ASCII.GetBytes(name, request);
                BitConverter.TryWriteBytes(request[16..], PacketsOnly);
                Check(Control(end, SetInterface, request));
            }
            catch (IOException e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return failure is null ? end! : throw failure;
    }

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw new IOException(Marshal.GetLastPInvokeErrorMessage());
        }
    }

    private void Carry(int sender, int receiver, Random random)
    {
        var (from, to) = (_ends[sender], _ends[receiver]);
        var underWay = new BlockingCollection<(byte[] Packet, long Arrives)>();
        Run(() =>
        {
            var buffer = new byte[LongestPacket];
            while (!_stop.IsCancellationRequested)
            {
                var question = new Poll { Descriptor = (int)from.DangerousGetHandle(), Events = Readable };
                if (Wait(ref question, 1, (int)Look.TotalMilliseconds) <= 0)
                {
                    continue;
                }

                // An interface that is down gives nothing and takes nothing.
                var length = Read(from, buffer, buffer.Length);
                Interlocked.Add(ref _bytes[sender], Math.Max(0, length));
                if (length > 0 && IsCut)
                {
                    Interlocked.Increment(ref _lost);
                }
                else if (length > 0 && random.NextDouble() >= _loss)
                {
                    underWay.Add(
                        (buffer.AsSpan(0, (int)length).ToArray(),
                            Stopwatch.GetTimestamp() + (long)(_delay.TotalSeconds * Stopwatch.Frequency)));
                }
            }

            underWay.CompleteAdding();
        });
        Run(() =>
        {
            foreach (var (packet, arrives) in underWay.GetConsumingEnumerable())
            {
                var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), arrives);
                if (early > TimeSpan.Zero)
                {
                    Thread.Sleep(early);
                }

                _ = Write(to, packet, packet.Length);
            }

            underWay.Dispose();
        });
    }

    private void Run(Action work)
    {
        var thread = new Thread(() => work()) { IsBackground = true };
        _threads.Add(thread);
        thread.Start();
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle network, int kind);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, nuint request, Span<byte> argument);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Wait(ref Poll question, nuint count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle file, Span<byte> buffer, nint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle file, ReadOnlySpan<byte> buffer, nint length);

    [StructLayout(LayoutKind.Sequential)]
    private struct Poll
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
