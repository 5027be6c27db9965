using System.Numerics;

namespace MhcOperator.Trainer.Kernels;

/// <summary>
/// eˣ of vectors in single precision; <see cref="Vector.Exp(Vector{float})"/> computes in double and takes three times as long.
/// </summary>
internal static class Exponential
{
    private const float Least = -87; // whose result is no subnormal number
    private const float Most = 88;
    private const float Log2E = 1.44269504088896341f;
    private const float Log2High = 0.693359375f; // ln 2 in two parts, the first with so few bits that its multiples are exact
    private const float Log2Low = -2.12194440054690583e-4f;
    private const float Rounder = 12582912; // 1.5 · 2²³: added to a number it leaves the nearest integer in the low bits
    private const int Bias = 127;
    private const int Mantissa = 23;

    /// <summary>eˣ within a few units in the last place from −87 to 88, and these bounds' beyond them; not a number stays so.</summary>
    public static Vector<float> Of(Vector<float> x)
    {
        x = Vector.ConditionalSelect(Vector.LessThan(x, new Vector<float>(Least)), new Vector<float>(Least), x);
        x = Vector.ConditionalSelect(Vector.GreaterThan(x, new Vector<float>(Most)), new Vector<float>(Most), x);
        var shifted = Vector.MultiplyAddEstimate(x, new Vector<float>(Log2E), new Vector<float>(Rounder));
        var whole = shifted - new Vector<float>(Rounder);
        var rest = x - (whole * Log2High) - (whole * Log2Low);

        // Taylor's series: what follows is below a tenth of the rounding where |rest| ≤ ln(2) / 2.
        var e = Term(Term(Term(new Vector<float>(1f / 5040), rest, 1f / 720), rest, 1f / 120), rest, 1f / 24);
        e = Term(Term(Term(Term(e, rest, 1f / 6), rest, 0.5f), rest, 1), rest, 1);
        return e * Vector.AsVectorSingle(Vector.ShiftLeft(Vector.AsVectorInt32(shifted) + new Vector<int>(Bias), Mantissa));
    }

    private static Vector<float> Term(Vector<float> sum, Vector<float> rest, float next) =>
        Vector.MultiplyAddEstimate(sum, rest, new Vector<float>(next));
}
