using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Vectors;

/// <summary>How far one computed quantity of one file is from the stored one.</summary>
/// <param name="File">name of the vector file</param>
/// <param name="Quantity">field of the file</param>
/// <param name="Path">what computed it</param>
/// <param name="Error">largest absolute difference over the largest stored magnitude</param>
/// <param name="Tolerance">largest error that is right</param>
internal sealed record VectorResult(string File, string Quantity, KernelKind Path, double Error, double Tolerance)
{
    /// <summary>False for NaN too.</summary>
    public bool Passes => Error <= Tolerance;
}
