using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using MhcOperator.CommandLine;
using MhcOperator.Operator.Hosting.Checks;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Hosting;

/// <summary>The command line of mhc-operator.</summary>
internal static class OperatorCommand
{
    private static readonly Option<string?> Kubeconfig =
        new(
        "--kubeconfig")
        { Description = "File with the cluster's address and credentials. Default: KUBECONFIG, the pod's service account, ~/.kube/config." };
    private static readonly Option<string[]> Namespaces =
        NamesOption.Labels("--namespace", "Serve the jobs of this namespace only; may be given several times. Default: all namespaces.");
    private static readonly Option<string> Image =
        new("--default-trainer-image") { Description = "Image of jobs that name none.", DefaultValueFactory = _ => "mhc-trainer" };
    private static readonly Option<string[]> PullSecrets =
        NamesOption.Subdomains("--image-pull-secret",
        "Secret, in the namespace of each job, with which the images of its pods are pulled; may be given several times.");
    private static readonly Option<bool> AllowPrivileged =
        new(
        "--allow-privileged-templates")
        { Description = "Accept pod templates with hostPath, privileged containers, host namespaces, other service accounts and whatever else the restricted Pod Security Standard refuses." };
    private static readonly Option<bool> ForbidSecrets =
        new(
        "--forbid-secrets-in-templates")
        { Description = "Refuse pod templates that name a Secret: to mount it, in variables, or to pull images." };
    private static readonly Option<string[]> AllowedSecrets = NamesOption.Subdomains("--allow-secret-in-templates",
        "Secret that pod templates may name, and no other; may be given several times. Default: they may name any, unless --forbid-secrets-in-templates is given.");
    private static readonly Option<bool> NetworkPolicy =
        new(
        "--network-policy")
        { Description = "Make a NetworkPolicy for each job: its own pods, the operator and those who collect metrics may connect to its pods, and nobody else." };
    private static readonly Option<IReadOnlyDictionary<string, string>?> OperatorPods = LabelsOption.Create("--network-policy-operator",
        "Labels of the operator's own pods, for these policies. Default: app.kubernetes.io/name=mhc-operator.");
    private static readonly Option<IReadOnlyDictionary<string, string>?> OperatorNamespace =
        LabelsOption.Create("--network-policy-operator-namespace",
        "Labels of their namespace. Default: kubernetes.io/metadata.name=NAMESPACE, which servers before 1.21 do not set.");
    private static readonly Option<IReadOnlyDictionary<string, string>?> Scrapers = LabelsOption.Create("--network-policy-scrapers",
        "Labels of the namespaces from which the trainers' metrics are collected. Default: from none.");
    private static readonly Option<string> BindAddress = new("--bind-address")
    {
        Description = "Address on which /healthz, /readyz and /metrics, and the webhooks, are served; :: is all of both families of IP.",
        DefaultValueFactory = _ => Everywhere,
    };

    private static readonly Option<int> MetricsPort = NumberOption.Whole("--metrics-port",
        "Port for them; 0: a free one, which the log names.", 0, 65535, 8080);
    private static readonly Option<int?> SecureMetricsPort = NumberOption.Whole("--secure-metrics-port",
        "Port of /metrics over TLS, with the certificate of the webhooks, for whoever has a token with the right to get /metrics; 0: a free one, which the log names. They are then not on --metrics-port. Default: none.", 0, 65535);
    private static readonly Option<bool> NoMetricsAuthorization =
        new("--no-metrics-authorization") { Description = "Give the metrics on --secure-metrics-port to everyone, without a token." };
    private static readonly Option<int?> WebhookPort = NumberOption.Whole("--webhook-port",
        "Port of the admission webhooks, over TLS; 0: a free one, which the log names. Default: no webhooks.", 0, 65535);
    private static readonly Option<string?> WebhookCertificates =
        new(
        "--webhook-cert-dir")
        { Description = "Folder with their certificate (tls.crt, tls.key; ca.crt where the readiness check is to use it), read again when it changes. Default: the operator makes its own." };
    private static readonly Option<string> WebhookName =
        new(
        "--webhook-name")
        { Description = "Name of their Service, and of the Secret and the webhook configurations that the operator keeps up to date.", DefaultValueFactory = _ => "mhc-operator-webhook" };
    private static readonly Option<bool> NoLeaderElection =
        new("--no-leader-election") { Description = "Act without a lease. Only where no second operator can run." };
    private static readonly Option<string?> LeaseNamespace =
        new(
        "--lease-namespace")
        { Description = "Namespace of the lease, and of the webhooks' Service and Secret. Default: the operator's own, or default outside a pod." };
    private static readonly Option<string> LeaseName =
        new("--lease-name") { Description = "Name of the lease.", DefaultValueFactory = _ => "mhc-operator" };
    private static readonly Option<int> LeaseDuration = NumberOption.Whole("--lease-duration",
        "Seconds without a renewal after which another operator takes over; at least 3.", 3, 3600, 12);
    private static readonly Option<int> Workers = NumberOption.Whole("--workers", "Jobs reconciled at a time.", 1, 1000, 8);
    private static readonly Option<double> RequestsPerSecond = NumberOption.Real("--kube-api-qps",
        "Requests to the API server in a second, those for the lease and the webhooks left out; 0: as many as the server takes.", 0,
        1_000_000, 0, "0, or a number from 0.1 to 1000000,", rate => rate is 0 or >= 0.1);
    private static readonly Option<int?> RequestBurst = NumberOption.Whole("--kube-api-burst",
        "Requests that may go at once after a time without any, where --kube-api-qps sets a limit. Default: twice that.", 1, 1_000_000);
    private static readonly Option<double> PollInterval = NumberOption.Real("--poll-interval",
        "Seconds between two looks at a running trainer's status.", 0.1, 3600, 5);
    private static readonly Option<bool> NoRehearsal =
        new(
        "--no-rehearsal")
        { Description = "Begin without having run a small job in memory: the process starts a second or two sooner, and its first job that much later." };
    private static readonly Option<LogLevel> Verbosity = ChoiceOption.Create<LogLevel>("--log-level", "Least level that is logged.");

    /// <summary>
    /// A pod may have addresses of either family of IP, or of both; where the machine knows no IPv6, there is one to listen on.
    /// </summary>
    private static string Everywhere => Socket.OSSupportsIPv6 ? "::" : "0.0.0.0";

    public static RootCommand Create()
    {
        Verbosity.DefaultValueFactory = _ => LogLevel.Information;
        var command = new RootCommand("Runs MhcTrainingJobs on a Kubernetes cluster.")
        {
            Kubeconfig, Namespaces, Image, PullSecrets, AllowPrivileged, ForbidSecrets, AllowedSecrets, NetworkPolicy, OperatorPods,
            OperatorNamespace, Scrapers, BindAddress, MetricsPort, SecureMetricsPort, NoMetricsAuthorization, WebhookPort,
            WebhookCertificates, WebhookName, NoLeaderElection, LeaseNamespace, LeaseName, LeaseDuration, Workers, RequestsPerSecond,
            RequestBurst, PollInterval, NoRehearsal, Verbosity,
        };
        command.SetAction(RunAsync);
        command.Subcommands.Add(CheckCommand.Create(Kubeconfig, LeaseNamespace, LeaseName, NoLeaderElection, WebhookName));
        return command;
    }

    /// <summary>What a parsed command line says.</summary>
    internal static OperatorSettings Read(ParseResult arguments) => new()
    {
        Kubeconfig = arguments.GetValue(Kubeconfig),
        Namespaces = arguments.GetValue(Namespaces)!,
        DefaultTrainerImage = arguments.GetValue(Image)!,
        ImagePullSecrets = arguments.GetValue(PullSecrets)!,
        AllowPrivilegedTemplates = arguments.GetValue(AllowPrivileged),
        SecretsInTemplates = arguments.GetValue(AllowedSecrets) is { Length: > 0 } named ? named : arguments.GetValue(ForbidSecrets)
            ? [] : null,
        JobNetwork = arguments.GetValue(NetworkPolicy) ? ReadNetwork(arguments) : null,
        BindAddress = arguments.GetValue(BindAddress)!,
        MetricsPort = arguments.GetValue(MetricsPort),
        SecureMetricsPort = arguments.GetValue(SecureMetricsPort),
        MetricsAuthorization = !arguments.GetValue(NoMetricsAuthorization),
        WebhookPort = arguments.GetValue(WebhookPort),
        WebhookCertificateFolder = arguments.GetValue(WebhookCertificates),
        WebhookName = arguments.GetValue(WebhookName)!,
        LeaderElection = !arguments.GetValue(NoLeaderElection),
        LeaseNamespace = arguments.GetValue(LeaseNamespace),
        LeaseName = arguments.GetValue(LeaseName)!,
        LeaseDurationSeconds = arguments.GetValue(LeaseDuration),
        Workers = arguments.GetValue(Workers),
        RequestsPerSecond = arguments.GetValue(RequestsPerSecond),
        RequestBurst = arguments.GetValue(RequestBurst) ?? (int)Math.Max(1, 2 * arguments.GetValue(RequestsPerSecond)),
        PollInterval = TimeSpan.FromSeconds(arguments.GetValue(PollInterval)),
        Rehearses = !arguments.GetValue(NoRehearsal),
    };

    private static JobNetworkOptions ReadNetwork(ParseResult arguments) => new()
    {
        OperatorPods = arguments.GetValue(OperatorPods) ?? Label("app.kubernetes.io/name", "mhc-operator"),
        OperatorNamespace = arguments.GetValue(OperatorNamespace)
            ?? Label("kubernetes.io/metadata.name", ClusterAccess.HomeNamespace(arguments.GetValue(LeaseNamespace))),
        Scrapers = arguments.GetValue(Scrapers),
    };

    private static Dictionary<string, string> Label(string key, string value) => new(StringComparer.Ordinal) { [key] = value };

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancel)
    {
        var settings = Read(arguments);
        using var logs = LoggerFactory.Create(builder => builder
            .SetMinimumLevel(arguments.GetValue(Verbosity))
            .AddSimpleConsole(options =>
            {
                options.SingleLine = true;
                options.UseUtcTimestamp = true;
                options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            }));
        var log = logs.CreateLogger("mhc-operator");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var terminate = OnSignal(PosixSignal.SIGTERM, stop, log);
        using var interrupt = OnSignal(PosixSignal.SIGINT, stop, log);
        try
        {
            await new OperatorProcess(settings, TimeProvider.System, logs).RunAsync(stop.Token);
            return 0;
        }
        catch (OperatorStartException e)
        {
            await Console.Error.WriteLineAsync($"mhc-operator: {e.Message}");
            return OperatorStartException.ExitCode;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return 0;
        }
        catch (OperationCanceledException e)
        {
            log.LogCritical(e, "ended by a cancellation that nobody asked for"); // the command line would end without a word
            return 1;
        }
    }

    /// <summary>The first signal asks to stop, the second ends the process at once.</summary>
    private static PosixSignalRegistration OnSignal(PosixSignal signal, CancellationTokenSource stop, ILogger log) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = !stop.IsCancellationRequested;
            log.LogInformation("{Signal}: stopping", signal);
            stop.Cancel();
        });
}
