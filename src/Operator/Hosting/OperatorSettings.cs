using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Hosting;

/// <summary>What the command line says.</summary>
internal sealed record OperatorSettings
{
    /// <summary>File with the cluster's address and credentials; null: KUBECONFIG, the pod's own account, or ~/.kube/config.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>Namespaces whose jobs are served; none: all of them.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>Image of jobs that name none.</summary>
    public required string DefaultTrainerImage { get; init; }

    /// <summary>Secrets with which the images of every job are pulled, each from the job's own namespace.</summary>
    public IReadOnlyList<string> ImagePullSecrets { get; init; } = [];

    /// <summary>Whether a job's pod template may leave the restricted Pod Security Standard or use another service account.</summary>
    public bool AllowPrivilegedTemplates { get; init; }

    /// <summary>Names of the Secrets that a job's pod template may name; null: any.</summary>
    public IReadOnlyList<string>? SecretsInTemplates { get; init; }

    /// <summary>The last two.</summary>
    public TemplateRules TemplateRules => new(AllowPrivilegedTemplates, SecretsInTemplates);

    /// <summary>Who may connect to the pods of each job; null: no network policies are made.</summary>
    public JobNetworkOptions? JobNetwork { get; init; }

    /// <summary>Address on which all ports are.</summary>
    public required string BindAddress { get; init; }

    /// <summary>Port of health, and of metrics where they are not served over TLS; 0: a free one, which the log names.</summary>
    public required int MetricsPort { get; init; }

    /// <summary>Port of metrics over TLS; 0: a free one, which the log names; null: they are on <see cref="MetricsPort"/>.</summary>
    public int? SecureMetricsPort { get; init; }

    /// <summary>Whether whoever asks for metrics over TLS needs a token with the right to get them.</summary>
    public bool MetricsAuthorization { get; init; } = true;

    /// <summary>Port of the webhooks; 0: a free one, which the log names; null: there are none.</summary>
    public int? WebhookPort { get; init; }

    /// <summary>Folder with the certificate of all that is served over TLS; null: the operator makes its own.</summary>
    public string? WebhookCertificateFolder { get; init; }

    /// <summary>
    /// Name of the webhooks' Service, and of the Secret and the webhook configurations that the operator keeps up to date.
    /// </summary>
    public string WebhookName { get; init; } = "mhc-operator-webhook";

    /// <summary>The same three, for whom they are.</summary>
    public CertificateSettings Certificate => new(WebhookCertificateFolder, WebhookName, LeaseNamespace, WebhookPort is not null);

    /// <summary>Whether a lease decides which of several operators acts.</summary>
    public required bool LeaderElection { get; init; }

    /// <summary>Namespace of the lease and of the webhooks' Service and Secret; null: the operator's own.</summary>
    public string? LeaseNamespace { get; init; }

    /// <summary>Name of the lease.</summary>
    public required string LeaseName { get; init; }

    /// <summary>A rival takes the lease over when it has not been renewed for this many seconds.</summary>
    public required int LeaseDurationSeconds { get; init; }

    /// <summary>Jobs reconciled at a time.</summary>
    public required int Workers { get; init; }

    /// <summary>
    /// Requests that the one that acts may send to the API server in a second, those for its lease left out; 0: as many as the server
    /// takes.
    /// </summary>
    public double RequestsPerSecond { get; init; }

    /// <summary>Requests that may go at once after a time without any, where there is a limit.</summary>
    public int RequestBurst { get; init; } = 1;

    /// <summary>Between two looks at a running trainer's status, and between two writes of it.</summary>
    public required TimeSpan PollInterval { get; init; }

    /// <summary>Whether a small job is run in memory before the first real one.</summary>
    public bool Rehearses { get; init; } = true;
}
