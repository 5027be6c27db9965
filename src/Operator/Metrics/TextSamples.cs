using System.Buffers;
using System.Globalization;
using System.Text;

namespace MhcOperator.Operator.Metrics;

/// <summary>Writes samples of one metric.</summary>
/// <param name="output">Gets UTF-8.</param>
/// <param name="name">The metric.</param>
internal sealed class TextSamples(IBufferWriter<byte> output, string name)
{
    private const int LongestNumber = 32;

    /// <summary>One sample.</summary>
    /// <param name="job">The job's labels.</param>
    /// <param name="further">Further ones, each with a comma before it.</param>
    /// <param name="value">Value.</param>
    public void Write(ReadOnlySpan<byte> job, string further, double value)
    {
        var line = output.GetSpan(name.Length + job.Length + further.Length + LongestNumber);
        var length = Encoding.UTF8.GetBytes(name, line);
        job.CopyTo(line[length..]);
        length += job.Length;
        length += Encoding.UTF8.GetBytes(further, line[length..]);
        "} "u8.CopyTo(line[length..]);
        length += 2;
        value.TryFormat(line[length..], out var digits, default, CultureInfo.InvariantCulture);
        length += digits;
        line[length] = (byte)'\n';
        output.Advance(length + 1);
    }

    /// <summary>Text as it is.</summary>
    public void Line(string text) => output.Write(Encoding.UTF8.GetBytes(text));
}
