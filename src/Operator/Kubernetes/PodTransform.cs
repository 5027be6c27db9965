using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>
/// Leaves of a pod only what is looked at again, and of what many pods say the same one copy: a large cluster's pods are most of what the
/// operator holds in memory.
/// </summary>
internal static class PodTransform
{
    private static readonly StringInterner Texts = new(most: 16_384);

    public static void Trim(V1Pod pod)
    {
        Trim(pod.Metadata);
        if (pod.Spec is { } spec)
        {
            pod.Spec = new V1PodSpec
            {
                NodeName = Texts.Share(spec.NodeName),
                SchedulingGates = spec.SchedulingGates,
                ActiveDeadlineSeconds = spec.ActiveDeadlineSeconds,
                Containers = [.. spec.Containers.Select(container => Trimmed(container))],
                InitContainers = spec.InitContainers is { Count: > 0 } first ? [.. first.Select(container => Named(container))] : null,
            };
        }

        if (pod.Status is { } status)
        {
            pod.Status = new V1PodStatus
            {
                Phase = Texts.Share(status.Phase),
                Reason = Texts.Share(status.Reason),
                Message = Texts.Share(status.Message),
                PodIP = status.PodIP,
                Conditions = status.Conditions is { } conditions ? [.. conditions.Select(condition => Trimmed(condition))] : null,
                InitContainerStatuses = Trimmed(status.InitContainerStatuses),
                ContainerStatuses = Trimmed(status.ContainerStatuses),
            };
        }
    }

    private static void Trim(V1ObjectMeta metadata)
    {
        var kept = metadata.Annotations?.Where(a => a.Key is Annotations.Order or Annotations.OrderCount or Annotations.GangSecret);
        metadata.Annotations = kept?.ToDictionary(StringComparer.Ordinal) is { Count: > 0 } ours ? ours : null;
        metadata.SelfLink = null;
        metadata.NamespaceProperty = Texts.Share(metadata.NamespaceProperty);
        if (metadata.Labels is { } labels)
        {
            var shared = new Dictionary<string, string>(labels.Count, StringComparer.Ordinal);
            foreach (var (name, value) in labels)
            {
                shared[Texts.Share(name)!] = Texts.Share(value)!;
            }

            metadata.Labels = shared;
        }

        foreach (var owner in metadata.OwnerReferences ?? [])
        {
            owner.ApiVersion = Texts.Share(owner.ApiVersion);
            owner.Kind = Texts.Share(owner.Kind);
            owner.Name = Texts.Share(owner.Name);
            owner.Uid = Texts.Share(owner.Uid);
        }
    }

    private static V1Container Trimmed(V1Container container)
    {
        foreach (var port in container.Ports ?? [])
        {
            port.Name = Texts.Share(port.Name);
            port.Protocol = Texts.Share(port.Protocol);
        }

        var trimmed = Named(container);
        (trimmed.Image, trimmed.Command, trimmed.Ports) = (Texts.Share(container.Image), container.Command, container.Ports);
        return trimmed;
    }

    private static V1Container Named(V1Container container) =>
        new() { Name = Texts.Share(container.Name), RestartPolicy = Texts.Share(container.RestartPolicy) };

    private static V1PodCondition Trimmed(V1PodCondition condition) => new()
    {
        Type = Texts.Share(condition.Type),
        Status = Texts.Share(condition.Status),
        Reason = Texts.Share(condition.Reason),
        Message = Texts.Share(condition.Message),
        LastTransitionTime = condition.LastTransitionTime,
    };

    private static List<V1ContainerStatus>? Trimmed(IList<V1ContainerStatus>? statuses)
    {
        foreach (var status in statuses ?? [])
        {
            status.Name = Texts.Share(status.Name);
            status.Image = null;
            status.ImageID = null;
            status.ContainerID = null;
        }

        return statuses?.ToList();
    }
}
