namespace MhcOperator.Operator.Certificates;

/// <summary>Where the certificate comes from.</summary>
/// <param name="Folder">Folder with it; null: the operator makes its own.</param>
/// <param name="Name">Name of the Service, the Secret and the webhook configurations.</param>
/// <param name="Namespace">Namespace of Service and Secret; null: the operator's own.</param>
/// <param name="ForWebhooks">Whether the webhook configurations get its authority.</param>
internal sealed record CertificateSettings(string? Folder, string Name, string? Namespace, bool ForWebhooks);
