using k8s;
using k8s.Models;

namespace MhcOperator.Api;

/// <summary>A training job of an mHC transformer on a gang of pods.</summary>
public sealed record MhcTrainingJob : IKubernetesObject<V1ObjectMeta>
{
    /// <summary>API group.</summary>
    public const string Group = "training.mhc.dev";

    /// <summary>Version in the group.</summary>
    public const string Version = "v1alpha1";

    /// <summary>Kind.</summary>
    public const string KindName = "MhcTrainingJob";

    /// <summary>Plural, as in the API's paths.</summary>
    public const string Plural = "mhctrainingjobs";

    /// <summary>Value of <c>spec.managedBy</c> on which this operator acts.</summary>
    public const string ManagedByThisOperator = "training.mhc.dev/operator";

    /// <summary><c>training.mhc.dev/v1alpha1</c>.</summary>
    public string ApiVersion { get; set; } = $"{Group}/{Version}";

    /// <summary><c>MhcTrainingJob</c>.</summary>
    public string Kind { get; set; } = KindName;

    /// <summary>Name, namespace, labels and so on.</summary>
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>What a person asks for.</summary>
    public MhcTrainingJobSpec Spec { get; set; } = new();

    /// <summary>What is known of it; written by the operator only.</summary>
    public MhcTrainingJobStatus? Status { get; set; }
}
