using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>The kinds that the operator reads or writes.</summary>
internal static class ResourceTypes
{
    public static readonly ResourceType<JobManifest> Jobs = new(MhcTrainingJob.Group, MhcTrainingJob.Version, MhcTrainingJob.KindName, MhcTrainingJob.Plural, ReadJob);
    public static readonly ResourceType<V1Pod> Pods = Core("Pod", "pods", SourceGenerationContext.Default.V1Pod, Trim);
    public static readonly ResourceType<V1Service> Services = Core("Service", "services", SourceGenerationContext.Default.V1Service);
    public static readonly ResourceType<V1ConfigMap> ConfigMaps = Core("ConfigMap", "configmaps", SourceGenerationContext.Default.V1ConfigMap);
    public static readonly ResourceType<V1PersistentVolumeClaim> Claims = Core("PersistentVolumeClaim", "persistentvolumeclaims", SourceGenerationContext.Default.V1PersistentVolumeClaim);
    public static readonly ResourceType<V1Node> Nodes = Core("Node", "nodes", SourceGenerationContext.Default.V1Node);
    public static readonly ResourceType<V1Secret> Secrets = Core("Secret", "secrets", SourceGenerationContext.Default.V1Secret);
    public static readonly ResourceType<Corev1Event> Events = Core("Event", "events", SourceGenerationContext.Default.Corev1Event);
    public static readonly ResourceType<V1Lease> Leases = new("coordination.k8s.io", "v1", "Lease", "leases", json => json.Deserialize(SourceGenerationContext.Default.V1Lease)!);

    private static ResourceType<T> Core<T>(string kind, string plural, JsonTypeInfo<T> type, Action<T>? trim = null)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        new("", "v1", kind, plural, json =>
        {
            var item = json.Deserialize(type)!;
            item.Metadata.ManagedFields = null; // nobody looks at it, and it is a third of a pod
            trim?.Invoke(item);
            return item;
        });

    /// <summary>Of what a pod's author wrote only what is looked at again: a large cluster's pods are most of what the operator holds in memory.</summary>
    private static void Trim(V1Pod pod)
    {
        pod.Metadata.Annotations = pod.Metadata.Annotations?.TryGetValue(Annotations.Order, out var order) == true ? new Dictionary<string, string>(1, StringComparer.Ordinal) { [Annotations.Order] = order } : null;
        if (pod.Spec is { } spec)
        {
            pod.Spec = new V1PodSpec
            {
                NodeName = spec.NodeName,
                SchedulingGates = spec.SchedulingGates,
                Containers = [.. spec.Containers.Select(container => new V1Container { Name = container.Name, Ports = container.Ports })],
            };
        }
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
