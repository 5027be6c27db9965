using System.CommandLine;
using MhcOperator.CommandLine;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Hosting.Checks;

/// <summary>The command line of <c>mhc-operator check</c>.</summary>
internal static class CheckCommand
{
    private static readonly Option<string?> Namespace =
        new("--namespace") { Description = "Namespace in which jobs would be made; nothing is. Default: this pod's own, or default." };
    private static readonly Option<Uri?> Health =
        Address(
        "--health", "Address of the operator's /healthz and /readyz, such as http://mhc-operator:8080. Default: they are not asked.");
    private static readonly Option<Uri?> Metrics =
        Address("--metrics", "Address of its /metrics, such as https://mhc-operator-metrics:8443. Default: they are not asked for.");
    private static readonly Option<string?> MetricsAuthorities =
        new(
        "--metrics-ca")
        { Description = "File with the authorities of its certificate, such as ca.crt of the Secret. Default: those that the system trusts." };
    private static readonly Option<string?> MetricsServerName =
        new(
        "--metrics-server-name")
        { Description = "Name in its certificate, such as mhc-operator-webhook.mhc-system.svc. Default: that of the address." };
    private static readonly Option<int> Patience =
        NumberOption.Whole("--timeout", "Seconds that all checks together wait for what does not hold yet.", 0, 3600, 60);

    /// <summary>Makes the command.</summary>
    /// <param name="kubeconfig">The operator's own options, which mean the same here.</param>
    /// <param name="leaseNamespace">Likewise.</param>
    /// <param name="leaseName">Likewise.</param>
    /// <param name="noLeaderElection">Likewise.</param>
    /// <param name="webhookName">Likewise.</param>
    public static Command Create(
        Option<string?> kubeconfig, Option<string?> leaseNamespace, Option<string> leaseName, Option<bool> noLeaderElection,
        Option<string> webhookName)
    {
        var command = new Command(
            "check",
            "Looks whether an installation works, from inside the cluster: prints a line for each check, and ends with 0 where none failed, else with 1."
            + " It needs the rights to create mhctrainingjobs in --namespace (nothing is stored), to get the lease and the webhook configuration, and those of a scraper.")
        {
            kubeconfig, Namespace, leaseNamespace, leaseName, noLeaderElection, webhookName, Health, Metrics, MetricsAuthorities,
            MetricsServerName, Patience,
        };
        command.SetAction((arguments, cancel) => RunAsync(arguments, new CheckSettings
        {
            Kubeconfig = arguments.GetValue(kubeconfig),
            Namespace = arguments.GetValue(Namespace),
            LeaseNamespace = arguments.GetValue(leaseNamespace),
            LeaseName = arguments.GetValue(leaseName)!,
            LeaderElection = !arguments.GetValue(noLeaderElection),
            WebhookName = arguments.GetValue(webhookName)!,
            Health = arguments.GetValue(Health),
            Metrics = arguments.GetValue(Metrics),
            MetricsAuthorities = arguments.GetValue(MetricsAuthorities),
            MetricsServerName = arguments.GetValue(MetricsServerName),
            Patience = TimeSpan.FromSeconds(arguments.GetValue(Patience)),
        }, cancel));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CheckSettings settings, CancellationToken cancel)
    {
        try
        {
            var access = ClusterAccess.Find(settings.Kubeconfig, "check");
            var (connection, client) = access.Open(TimeProvider.System, new RuntimeMetrics(Prometheus.Metrics.NewCustomRegistry()), null);
            using var owned = client;
            var probe = new EndpointProbe(settings.MetricsAuthorities, settings.MetricsServerName, access.AuthenticateAsync);
            return await new InstallationCheck(settings, connection, probe, TimeProvider.System)
                .RunAsync(arguments.InvocationConfiguration.Output, cancel) ? 0 : 1;
        }
        catch (OperatorStartException e)
        {
            await arguments.InvocationConfiguration.Error.WriteLineAsync($"mhc-operator: {e.Message}");
            return OperatorStartException.ExitCode;
        }
    }

    private static Option<Uri?> Address(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "URL",
        CustomParser = result =>
        {
            var given = result.Tokens[0].Value;
            if (Uri.TryCreate(given, UriKind.Absolute, out var address)
                && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps))
            {
                return address;
            }

            result.AddError($"{name}: '{given}' was given; an address was expected, as http://mhc-operator:8080");
            return null;
        },
    };
}
