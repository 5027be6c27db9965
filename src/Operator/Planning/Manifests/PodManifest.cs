using System.Globalization;
using System.Text.Json.Nodes;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;

namespace MhcOperator.Operator.Planning.Manifests;

/// <summary>
/// One worker: a pod with one container for each device. It meets the restricted Pod Security Standard as it is; the job's template is laid
/// over it, but cannot change what the operator relies on: names, labels, owner, host name, restart policy and the contract's environment.
/// </summary>
internal static class PodManifest
{
    public const string ConfigurationFolder = "/etc/mhc";
    public const string CheckpointFolder = "/checkpoints";
    public const string DataFolder = "/data";

    private const int User = 65532;

    /// <param name="job">Its job.</param>
    /// <param name="status">Attempt, and from which checkpoint.</param>
    /// <param name="worker">From 0.</param>
    /// <param name="options">The same for all jobs.</param>
    /// <param name="gangs">What the cluster says of the gang scheduling that the job asks for.</param>
    /// <param name="takeOver">Whether a process of an older attempt may still run.</param>
    /// <param name="secret">What the ranks of the gang know each other by; null: nothing.</param>
    public static JsonObject For(
        MhcTrainingJob job, MhcTrainingJobStatus status, int worker, OperatorOptions options, ApiSupport? gangs = null,
        bool takeOver = false, string? secret = null)
    {
        var name = GangNames.Pod(job.Metadata.Name, status.Attempt, worker);
        var devices = job.Spec.Workers.DevicesPerWorker;
        var pod = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = ManifestMetadata.For(job, name),
            ["spec"] = Spec(job, status.Attempt, devices, options),
        };
        if (job.Spec.Workers.Template is { } template)
        {
            LayOver(pod, template, devices);
        }

        Enforce(pod, job, status, worker, takeOver, secret, InPlaceManifest.IsFor(job, options));
        GangMarks.Enforce(pod, job, status.Attempt, gangs ?? ApiSupport.Unknown);
        return pod;
    }

    private static JsonObject Spec(MhcTrainingJob job, int attempt, int devices, OperatorOptions options)
    {
        var scheduling = job.Spec.Scheduling;
        var spec = new JsonObject
        {
            ["automountServiceAccountToken"] = false,
            ["enableServiceLinks"] = false,
            ["terminationGracePeriodSeconds"] = job.Spec.RunPolicy.TerminationTimeoutSeconds,
            ["securityContext"] = new JsonObject
            {
                ["runAsNonRoot"] = true,
                ["runAsUser"] = User,
                ["runAsGroup"] = User,
                // A new volume belongs to root; this lets the trainer write its checkpoints.
                ["fsGroup"] = User,
                ["seccompProfile"] = new JsonObject { ["type"] = "RuntimeDefault" },
            },
            ["containers"] = new JsonArray(
                [.. Enumerable.Range(0, devices).Select(local => Container(job, RankContainers.Name(local, devices), options))]),
            ["volumes"] = PodVolumes.Volumes(job),
        };
        if (scheduling.PriorityClassName is { } priority)
        {
            spec["priorityClassName"] = priority;
        }

        if (scheduling.TopologyKey is { } topology)
        {
            spec["affinity"] = NearItsPeers(job, attempt, topology);
        }

        if (options.ImagePullSecrets is { Count: > 0 } secrets)
        {
            spec["imagePullSecrets"] = new JsonArray([.. secrets.Select(name => new JsonObject { ["name"] = name })]);
        }

        GangMarks.Propose(spec, scheduling);
        return spec;
    }

    private static JsonObject Container(MhcTrainingJob job, string name, OperatorOptions options)
    {
        var trainer = job.Spec.Trainer;
        var container = new JsonObject
        {
            ["name"] = name,
            ["image"] = trainer.Image ?? options.TrainerImage,
            ["imagePullPolicy"] = "IfNotPresent",
            ["terminationMessagePath"] = TerminationMessage.DefaultPath,
            ["terminationMessagePolicy"] = "File",
            ["securityContext"] = new JsonObject
            {
                ["allowPrivilegeEscalation"] = false,
                ["capabilities"] = new JsonObject { ["drop"] = JsonText.Array(["ALL"]) },
            },
            ["volumeMounts"] = PodVolumes.Mounts(job),
        };
        if (trainer.Command is { Count: > 0 } command)
        {
            container["command"] = JsonText.Array(command.Select(VariableReferences.Escape));
        }

        if (trainer.Args is { Count: > 0 } args)
        {
            container["args"] = JsonText.Array(args.Select(VariableReferences.Escape));
        }

        if (job.Spec.Workers.Device == Device.Cuda)
        {
            container["resources"] = new JsonObject { ["limits"] = new JsonObject { [job.Spec.Workers.ResourceName] = "1" } };
        }

        return container;
    }

    // Peers of this attempt only: a pod that is still leaving must not hold the new gang in its old domain. The first pod of a gang finds
    // no peer, and goes wherever it fits: Kubernetes lets a pod through that its own term selects.
    private static JsonObject NearItsPeers(MhcTrainingJob job, int attempt, string topology)
    {
        var term = new JsonObject
        {
            ["topologyKey"] = topology,
            ["labelSelector"] = new JsonObject
            {
                ["matchLabels"] = new JsonObject
                {
                    [Labels.Job] = job.Metadata.Name,
                    [Labels.Attempt] = attempt.ToString(CultureInfo.InvariantCulture)
                },
            },
        };
        return new JsonObject
        {
            ["podAffinity"] = job.Spec.Scheduling.Topology == TopologyMode.Required
                ? new JsonObject { ["requiredDuringSchedulingIgnoredDuringExecution"] = new JsonArray(term) }
                : new JsonObject
                {
                    ["preferredDuringSchedulingIgnoredDuringExecution"] = new JsonArray(
                    new JsonObject { ["weight"] = 100, ["podAffinityTerm"] = term })
                },
        };
    }

    private static void LayOver(JsonObject pod, JsonObject template, int devices)
    {
        var overrides = (JsonObject)template.DeepClone();
        if (devices > 1 && overrides["spec"] is JsonObject spec && spec["containers"] is JsonArray containers
            && containers.OfType<JsonObject>().FirstOrDefault(c => (string?)c["name"] == RankContainers.Single) is { } forAll)
        {
            containers.Remove(forAll);
            for (var local = 0; local < devices; local++)
            {
                var copy = (JsonObject)forAll.DeepClone();
                copy["name"] = RankContainers.Name(local, devices);
                // First, so that what is said about one rank's container wins.
                containers.Insert(0, copy);
            }
        }

        ManifestMerge.Into(pod, overrides);
    }

    private static void Enforce(JsonObject pod, MhcTrainingJob job, MhcTrainingJobStatus status, int worker, bool takeOver, string? secret,
        bool inPlace)
    {
        var name = job.Metadata.Name;
        var devices = job.Spec.Workers.DevicesPerWorker;
        ManifestMerge.Into(pod, new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject
            {
                ["name"] = GangNames.Pod(name, status.Attempt, worker),
                ["namespace"] = job.Metadata.NamespaceProperty,
                ["labels"] = new JsonObject
                {
                    [Labels.Job] = name,
                    [Labels.Attempt] = status.Attempt.ToString(CultureInfo.InvariantCulture),
                    [Labels.Rank] = (worker * devices).ToString(CultureInfo.InvariantCulture),
                    [Labels.Role] = "worker",
                },
                ["ownerReferences"] = ManifestMetadata.OwnerReferences(job),
            },
            ["spec"] = new JsonObject
            {
                ["restartPolicy"] = "Never",
                ["hostname"] = GangNames.Pod(name, status.Attempt, worker),
                ["subdomain"] = GangNames.Service(name),
            },
        });
        if (job.Metadata.Generation is { } generation)
        {
            pod["metadata"]!["labels"]![Labels.Generation] = generation.ToString(CultureInfo.InvariantCulture);
        }

        if (secret is not null)
        {
            ManifestMerge.Into(
                pod, new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Annotations.GangSecret] = secret } } });
        }

        foreach (var container in Containers(pod))
        {
            PutUnderTheStandard(container);
        }

        foreach (var container in pod["spec"]!["containers"]!.AsArray().OfType<JsonObject>())
        {
            if (LocalRankOf((string?)container["name"], devices) is not { } local)
            {
                continue;
            }

            var contract = new JsonObject { ["env"] = GangEnvironment.For(job, status, worker, local, takeOver, secret) };
            if (worker == 0 && local == 0)
            {
                contract["ports"] = new JsonArray(Port(TrainerPorts.RendezvousName, TrainerPorts.Rendezvous),
                    Port(TrainerPorts.StatusName, TrainerPorts.Status));
            }

            ManifestMerge.Into(container, contract);
            if (inPlace)
            {
                InPlaceManifest.AddTo(container, local);
            }
        }

        if (inPlace)
        {
            InPlaceManifest.AddTo(pod["spec"]!.AsObject());
        }
    }

    private static IEnumerable<JsonObject> Containers(JsonObject pod) =>
        ((JsonArray[])[pod["spec"]!["containers"] as JsonArray ?? [], pod["spec"]!["initContainers"] as JsonArray ?? []]).SelectMany(
            list => list.OfType<JsonObject>());

    /// <summary>A container that the template adds says nothing of security, as a rule; what it does say was checked.</summary>
    private static void PutUnderTheStandard(JsonObject container)
    {
        if (container["securityContext"] is not JsonObject security)
        {
            container["securityContext"] = security = [];
        }

        if (security["privileged"]?.GetValueKind() != System.Text.Json.JsonValueKind.True)
        {
            security["allowPrivilegeEscalation"] ??= false;
        }

        // A container that leaves no last words of its own fails without a word else.
        container["terminationMessagePolicy"] ??= "FallbackToLogsOnError";
        security["capabilities"] ??= new JsonObject { ["drop"] = JsonText.Array(["ALL"]) };
    }

    private static int? LocalRankOf(string? container, int devices) =>
        Enumerable.Range(0, devices).Where(local => RankContainers.Name(local, devices) == container).Select(local => (int?)local)
            .FirstOrDefault();

    private static JsonObject Port(string name, int port) => new() { ["name"] = name, ["containerPort"] = port, ["protocol"] = "TCP" };
}
