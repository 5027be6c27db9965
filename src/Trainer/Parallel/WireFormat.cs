using System.Runtime.InteropServices;
using System.Text;
using MhcOperator.Api;

namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// A format that says float32 values in fewer bytes (mhc_collectives.h has its layout). What a message does not say stays behind with the
/// sender, who may add it to the next values: so errors are made up for instead of adding up (error feedback, arXiv 1901.09847).
/// </summary>
internal sealed unsafe class WireFormat
{
    /// <summary>Values that share a scale; blocks of values should be multiples of it.</summary>
    public const int Block = 128;

    private const int ErrorSize = 256;

    private readonly int _code;

    private WireFormat(int code, bool feedback) => (_code, KeepsWhatIsLost) = (code, feedback);

    /// <summary>Whether so much is lost that it must be made up for. Rounding to bfloat16 is not.</summary>
    public bool KeepsWhatIsLost { get; }

    /// <summary>The format of a setting; null: values travel as they are.</summary>
    public static WireFormat? Of(Communication communication) => communication switch
    {
        Communication.Float32 => null,
        Communication.BFloat16 => new WireFormat(0, feedback: false),
        Communication.Int8 => new WireFormat(1, feedback: true),
        _ => new WireFormat(2, feedback: true),
    };

    /// <summary>Bytes of so many values.</summary>
    public int Size(int count)
    {
        var error = stackalloc byte[ErrorSize];
        Check(CollectivesLibrary.WireSize(_code, count, out var bytes, error, ErrorSize), error);
        return checked((int)bytes);
    }

    /// <summary>Writes values down and leaves in their place what was lost.</summary>
    public void Encode(Span<float> values, Span<byte> wire)
    {
        var error = stackalloc byte[ErrorSize];
        fixed (float* from = values)
        fixed (byte* to = wire)
        {
            Check(CollectivesLibrary.WireEncode(_code, from, values.Length, to, error, ErrorSize), error);
        }
    }

    /// <summary>Adds what was written down.</summary>
    public void Add(ReadOnlySpan<byte> wire, Span<float> values)
    {
        var error = stackalloc byte[ErrorSize];
        fixed (byte* from = wire)
        fixed (float* to = values)
        {
            Check(CollectivesLibrary.WireAdd(_code, from, to, values.Length, error, ErrorSize), error);
        }
    }

    private static void Check(int code, byte* error)
    {
        if (code != 0)
        {
            throw new InvalidOperationException(Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(error)));
        }
    }
}
