using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>The kinds that the operator reads or writes.</summary>
internal static class ResourceTypes
{
    public static readonly ResourceType<JobManifest> Jobs =
        new(MhcTrainingJob.Group, MhcTrainingJob.Version, MhcTrainingJob.KindName, MhcTrainingJob.Plural, ReadJob);
    public static readonly ResourceType<V1Pod> Pods = Core("Pod", "pods", SourceGenerationContext.Default.V1Pod, PodTransform.Trim);
    public static readonly ResourceType<V1Service> Services =
        Core("Service", "services", SourceGenerationContext.Default.V1Service, service => (service.Spec, service.Status) = (null, null));
    public static readonly ResourceType<V1ConfigMap> ConfigMaps =
        Core("ConfigMap", "configmaps", SourceGenerationContext.Default.V1ConfigMap);
    public static readonly ResourceType<V1PersistentVolumeClaim> Claims =
        Core("PersistentVolumeClaim", "persistentvolumeclaims", SourceGenerationContext.Default.V1PersistentVolumeClaim,
        claim => (claim.Spec, claim.Status) = (null, null));
    public static readonly ResourceType<JobNetworkPolicy> NetworkPolicies =
        new("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", ReadNetworkPolicy);
    public static readonly ResourceType<V1Node> Nodes = Core("Node", "nodes", SourceGenerationContext.Default.V1Node);
    public static readonly ResourceType<V1Secret> Secrets = Core("Secret", "secrets", SourceGenerationContext.Default.V1Secret);
    public static readonly ResourceType<WrittenObject> Events =
        new("", "v1", "Event", "events", WrittenObject.Read) { Accept = WrittenObject.Form };
    public static readonly ResourceType<PodWarning> Warnings = new("", "v1", "Event", "events", PodWarning.Read);
    public static readonly ResourceType<V1Lease> Leases =
        new("coordination.k8s.io", "v1", "Lease", "leases", json => json.Deserialize(SourceGenerationContext.Default.V1Lease)!);

    private static ResourceType<T> Core<T>(string kind, string plural, JsonTypeInfo<T> type, Action<T>? trim = null)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        new("", "v1", kind, plural, json =>
        {
            var item = json.Deserialize(type)!;
            item.Metadata.ManagedFields = null; // nobody looks at it, and it is a third of a pod
            trim?.Invoke(item);
            return item;
        });

    private static JobNetworkPolicy ReadNetworkPolicy(JsonElement json)
    {
        var metadata = json.GetProperty("metadata").Deserialize(SourceGenerationContext.Default.V1ObjectMeta)!;
        metadata.ManagedFields = null;
        var spec = json.TryGetProperty("spec", out var stored) ? JsonObject.Create(stored.Clone())! : new JsonObject();
        return new JobNetworkPolicy(spec) { Metadata = metadata };
    }

    /// <summary>A job that can't be read is kept all the same, so that its status can say what is wrong with it.</summary>
    private static JobManifest ReadJob(JsonElement json)
    {
        var manifest = JobManifestReader.FromJson(JsonObject.Create(json)!);
        if (string.IsNullOrEmpty(manifest.Metadata.Name))
        {
            var metadata = JsonObject.Create(json.GetProperty("metadata"))!;
            metadata.Remove("managedFields"); // as deep as the object
            manifest = manifest with { Metadata = metadata.Deserialize(SourceGenerationContext.Default.V1ObjectMeta)! };
        }

        manifest.Metadata.ManagedFields = null;
        return manifest;
    }
}
