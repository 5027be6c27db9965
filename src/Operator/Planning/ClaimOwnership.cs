using k8s.Models;

namespace MhcOperator.Operator.Planning;

/// <summary>Whether a claim goes with the job.</summary>
/// <param name="Claim">The claim; only this uid.</param>
/// <param name="IsOwned">It does.</param>
internal sealed record ClaimOwnership(V1PersistentVolumeClaim Claim, bool IsOwned);
