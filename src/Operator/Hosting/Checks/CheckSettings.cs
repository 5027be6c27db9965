namespace MhcOperator.Operator.Hosting.Checks;

/// <summary>What the command line of <c>mhc-operator check</c> says.</summary>
internal sealed record CheckSettings
{
    /// <summary>As for the operator.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>Namespace in which the jobs would be made; null: this pod's own.</summary>
    public string? Namespace { get; init; }

    /// <summary>Namespace of the lease; null: this pod's own.</summary>
    public string? LeaseNamespace { get; init; }

    /// <summary>Name of the lease.</summary>
    public required string LeaseName { get; init; }

    /// <summary>Whether there is a lease.</summary>
    public bool LeaderElection { get; init; } = true;

    /// <summary>Name of both webhook configurations.</summary>
    public required string WebhookName { get; init; }

    /// <summary>Where health is served; null: it is not asked.</summary>
    public Uri? Health { get; init; }

    /// <summary>Where metrics are served; null: they are not asked for.</summary>
    public Uri? Metrics { get; init; }

    /// <summary>File with the authorities of their certificate; null: those that the system trusts.</summary>
    public string? MetricsAuthorities { get; init; }

    /// <summary>Name in their certificate; null: that of the address.</summary>
    public string? MetricsServerName { get; init; }

    /// <summary>How long all checks together wait for what does not hold yet.</summary>
    public required TimeSpan Patience { get; init; }
}
