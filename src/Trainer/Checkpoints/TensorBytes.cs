using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.State;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>Moves a tensor's exact bytes, in blocks, since a span holds no more than 2 GiB.</summary>
internal static unsafe class TensorBytes
{
    private const long BlockBytes = 16 << 20;

    /// <summary>Takes a block of a tensor's bytes.</summary>
    public delegate void Sink(ReadOnlySpan<byte> block);

    /// <summary>Fills a block of a tensor's bytes.</summary>
    public delegate void Source(Span<byte> block);

    /// <summary>Hands out the bytes of a contiguous CPU tensor, first to last.</summary>
    public static void Read(Tensor tensor, Sink sink)
    {
        var data = Data(tensor);
        var size = new NamedTensor("", tensor).Bytes;
        for (long at = 0; at < size; at += BlockBytes)
        {
            sink(new ReadOnlySpan<byte>(data + at, (int)Math.Min(BlockBytes, size - at)));
        }

        GC.KeepAlive(tensor);
    }

    /// <summary>Takes in the bytes of a contiguous CPU tensor, first to last.</summary>
    public static void Write(Tensor tensor, Source source)
    {
        var data = Data(tensor);
        var size = new NamedTensor("", tensor).Bytes;
        for (long at = 0; at < size; at += BlockBytes)
        {
            source(new Span<byte>(data + at, (int)Math.Min(BlockBytes, size - at)));
        }

        GC.KeepAlive(tensor);
    }

    /// <summary>Copies all bytes to a tensor of the same size; both contiguous, on the CPU.</summary>
    public static void Copy(Tensor from, Tensor to)
    {
        var bytes = new NamedTensor("", from).Bytes;
        Buffer.MemoryCopy(Data(from), Data(to), new NamedTensor("", to).Bytes, bytes);
        GC.KeepAlive(from);
        GC.KeepAlive(to);
    }

    private static byte* Data(Tensor tensor) => tensor.is_contiguous()
        ? tensor.numel() == 0 ? null : (byte*)TensorMemory.Pointer(tensor)
        : throw new ArgumentException("The tensor must be contiguous.", nameof(tensor));
}
