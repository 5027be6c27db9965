namespace MhcOperator.Operator.Certificates;

/// <summary>Where the webhooks' certificate comes from.</summary>
internal interface ICertificateSource
{
    /// <summary>What is to be served now; null: there is nothing yet.</summary>
    ServedCertificate? Current { get; }

    /// <summary>What is waited for, for people; null: everything is in place.</summary>
    string? WaitingFor { get; }

    /// <summary>Keeps it up to date until cancelled.</summary>
    Task RunAsync(CancellationToken cancel);
}
