using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Checkpoints;

/// <summary>SHA-256 over all weights: in ordinal order of their names, name, element type, shape and bytes of each.</summary>
internal static class WeightsHash
{
    /// <summary>The hash in lower-case hexadecimal digits.</summary>
    public static string Compute(IEnumerable<NamedTensor> weights)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in weights.OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            hash.AppendData(
                Encoding.UTF8.GetBytes(
                    string.Create(CultureInfo.InvariantCulture,
                        $"{tensor.Name}\0{TensorFormat.NameOf(tensor.Value.dtype)}[{string.Join(',', tensor.Value.shape)}]\0")));
            TensorBytes.Read(tensor.Value, hash.AppendData);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
