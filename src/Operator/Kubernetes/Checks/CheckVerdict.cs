namespace MhcOperator.Operator.Kubernetes.Checks;

/// <summary>Whether something holds.</summary>
internal enum CheckVerdict
{
    /// <summary>It does.</summary>
    Ok,

    /// <summary>It is not there, which is nobody's fault.</summary>
    Skipped,

    /// <summary>It does not.</summary>
    Failed,
}
