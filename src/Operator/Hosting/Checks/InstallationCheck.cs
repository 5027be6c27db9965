using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Hosting.Checks;

/// <summary>
/// Looks whether an installation works, as a user of it would: jobs are taken and refused as they should be (nothing is stored), a replica
/// acts, and health and metrics are answered. What does not hold yet is looked at again until the patience is over.
/// </summary>
/// <param name="settings">Command line.</param>
/// <param name="connection">Server.</param>
/// <param name="probe">Asks health and metrics.</param>
/// <param name="time">Clock.</param>
internal sealed class InstallationCheck(CheckSettings settings, ApiConnection connection, EndpointProbe probe, TimeProvider time)
{
    private const string Name = "mhc-operator-check";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private DateTime? _seenRenewal;

    private string Namespace => ClusterAccess.HomeNamespace(settings.Namespace);

    private string LeaseNamespace => ClusterAccess.HomeNamespace(settings.LeaseNamespace);

    /// <summary>Makes all checks, and writes a line for each.</summary>
    /// <returns>Whether none has failed.</returns>
    public async Task<bool> RunAsync(TextWriter output, CancellationToken cancel)
    {
        (string Name, Func<CancellationToken, Task<CheckResult>> Look)[] checks =
        [
            ("a good job is taken", TakeGoodAsync),
            ("a bad job is refused", RefuseBadAsync),
            ("a replica acts", FindLeaderAsync),
            ("health is answered", AskHealthAsync),
            ("metrics are answered", AskMetricsAsync),
        ];
        var end = time.GetUtcNow() + settings.Patience;
        var holds = true;
        foreach (var (name, look) in checks)
        {
            var result = await UntilAsync(look, end, cancel);
            var word = result.Verdict switch { CheckVerdict.Ok => "ok  ", CheckVerdict.Skipped => "skip", _ => "FAIL" };
            await output.WriteLineAsync($"{word}  {name}: {result.Text}");
            holds &= result.Verdict != CheckVerdict.Failed;
        }

        return holds;
    }

    private async Task<CheckResult> UntilAsync(Func<CancellationToken, Task<CheckResult>> look, DateTimeOffset end,
        CancellationToken cancel)
    {
        while (true)
        {
            var result = await LookAsync(look, cancel);
            if (result.Verdict != CheckVerdict.Failed || time.GetUtcNow() + Interval > end)
            {
                return result;
            }

            await Task.Delay(Interval, time, cancel);
        }
    }

    private static async Task<CheckResult> LookAsync(Func<CancellationToken, Task<CheckResult>> look, CancellationToken cancel)
    {
        try
        {
            return await look(cancel);
        }
        catch (Exception e) when (e is ApiException or HttpRequestException or IOException or TimeoutException or JsonException)
        {
            return CheckResult.Fails(e.Message, "Look whether the API server can be reached from here, and with these credentials");
        }
    }

    private async Task<CheckResult> TakeGoodAsync(CancellationToken cancel)
    {
        var (status, job, message) = await RehearseAsync(new JsonObject(), cancel);
        if (job is not null)
        {
            return job["spec"]?["optimization"]?["steps"] is { } steps
                ? CheckResult.Holds($"and has its defaults, such as {steps.ToJsonString()} optimization.steps")
                : CheckResult.Fails("it is taken without its defaults", "Bring the definition up to date: kubectl apply -f crds/");
        }

        return status switch
        {
            HttpStatusCode.NotFound => CheckResult.Fails(
                message, $"Install the definition (kubectl apply -f crds/, or crds.install of the chart), and look whether the namespace {Namespace} is there"),
            HttpStatusCode.Forbidden =>
                CheckResult.Fails(message, $"Grant this account create of {MhcTrainingJob.Plural}.{MhcTrainingJob.Group} in {Namespace}"),
            _ => CheckResult.Fails(message,
                "The definition or the webhooks are of another version than this program: bring all of them up to date"),
        };
    }

    /// <summary>
    /// Heads that do not divide the width break a rule between fields, which the definition alone does not know where it has no CEL.
    /// </summary>
    private async Task<CheckResult> RefuseBadAsync(CancellationToken cancel)
    {
        const string Field = "spec.model.heads";
        var (status, job, message) = await RehearseAsync(new JsonObject { ["model"] = new JsonObject { ["heads"] = 7 } }, cancel);
        if (job is null)
        {
            return message.Contains(Field, StringComparison.Ordinal) ? CheckResult.Holds($"with {Field}")
                : status == HttpStatusCode.Forbidden
                ? CheckResult.Fails(message, $"Grant this account create of {MhcTrainingJob.Plural}.{MhcTrainingJob.Group} in {Namespace}")
                : CheckResult.Fails($"it is refused, but not for {Field}: {message}", "See the line above");
        }

        return await HasWebhooksAsync(cancel)
            ? CheckResult.Fails(
                "it is taken, so that the API server has no answer of the webhooks",
                $"Look at /readyz of the operator's pods, at the Service {settings.WebhookName} and its endpoints, at namespaceSelector of the webhook configurations,"
                + " and whether a network policy keeps API servers out")
            : CheckResult.Skipped(
                $"there is no webhook configuration {settings.WebhookName}: it is taken, and the operator says afterwards what is wrong with it");
    }

    private async Task<bool> HasWebhooksAsync(CancellationToken cancel)
    {
        try
        {
            return await new ResourceClient<WebhookConfiguration>(connection, WebhookConfiguration.Validating)
                .FindAsync(null, settings.WebhookName, cancel) is not null;
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            throw new ApiException(e.Status, $"{e.Message} (grant this account get of that configuration)");
        }
    }

    /// <summary>A job that is looked at as if it were to be stored, and is not.</summary>
    private async Task<(HttpStatusCode Status, JsonObject? Job, string Message)> RehearseAsync(JsonObject spec, CancellationToken cancel)
    {
        var body = new JsonObject
        {
            ["apiVersion"] = $"{MhcTrainingJob.Group}/{MhcTrainingJob.Version}",
            ["kind"] = MhcTrainingJob.KindName,
            ["metadata"] = new JsonObject { ["name"] = Name, ["namespace"] = Namespace },
            ["spec"] = spec,
        };
        var path = $"{ResourceTypes.Jobs.Path(Namespace)}?dryRun=All&fieldManager={Name}";
        try
        {
            using var answer = await connection.SendAsync(
                new ApiRequest("create", MhcTrainingJob.Plural, HttpMethod.Post, path, body.ToJsonString()), cancel);
            return (HttpStatusCode.Created, JsonObject.Create(answer.RootElement.Clone()), "");
        }
        catch (ApiException e)
        {
            return (e.Status, null, e.Message);
        }
    }

    private async Task<CheckResult> FindLeaderAsync(CancellationToken cancel)
    {
        if (!settings.LeaderElection)
        {
            return CheckResult.Skipped("there is no lease");
        }

        var (ns, name) = (LeaseNamespace, settings.LeaseName);
        V1Lease? lease;
        try
        {
            lease = await new ResourceClient<V1Lease>(connection, ResourceTypes.Leases).FindAsync(ns, name, cancel);
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.Forbidden)
        {
            return CheckResult.Fails(e.Message, "Grant this account get of that lease");
        }

        if (lease?.Spec is not { HolderIdentity: { Length: > 0 } holder, RenewTime: { } renewed, LeaseDurationSeconds: { } seconds })
        {
            return CheckResult.Fails(
                lease is null ? $"there is no lease {ns}/{name}" : $"nobody holds the lease {ns}/{name}",
                "Look at the operator's pods: /readyz and the log say what it waits for");
        }

        // The clocks of two machines: a lease that moves while it is looked at is held, whatever they say.
        var age = time.GetUtcNow() - new DateTimeOffset(renewed.ToUniversalTime());
        var isFresh = age.Duration() <= TimeSpan.FromSeconds(seconds) || (_seenRenewal is { } before && before != renewed);
        _seenRenewal = renewed;
        return isFresh
            ? CheckResult.Holds($"{holder} holds the lease {ns}/{name}")
            : CheckResult.Fails(
                string.Create(CultureInfo.InvariantCulture, $"{holder} has not renewed the lease {ns}/{name} since {renewed:u}"),
                "Look whether the operator's pods run, and whether they reach the API server");
    }

    private Task<CheckResult> AskHealthAsync(CancellationToken cancel) => settings.Health is { } address
        ? probe.AskHealthAsync(address, cancel)
        : Task.FromResult(CheckResult.Skipped("no --health was given"));

    private Task<CheckResult> AskMetricsAsync(CancellationToken cancel) => settings.Metrics is { } address
        ? probe.AskMetricsAsync(address, cancel)
        : Task.FromResult(CheckResult.Skipped("no --metrics was given"));
}
