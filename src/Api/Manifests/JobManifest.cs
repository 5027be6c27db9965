using k8s.Models;
using MhcOperator.Api.Errors;

namespace MhcOperator.Api.Manifests;

/// <summary>
/// A job as it was given, good or bad: what every part of the project works on in place of an object that might not parse.
/// </summary>
public sealed record JobManifest : IMetadata<V1ObjectMeta>
{
    /// <summary>Name, namespace, uid and so on; empty where the manifest has none.</summary>
    public V1ObjectMeta Metadata { get; set; } = new();

    /// <summary>
    /// The job with all defaults; null where it could not be read at all. With <see cref="Errors"/> it must not be acted on, but its status
    /// can be kept.
    /// </summary>
    public MhcTrainingJob? Job { get; init; }

    /// <summary>Its status, where that could be read; there may be one although <see cref="Job"/> is null.</summary>
    public MhcTrainingJobStatus? Status { get; init; }

    /// <summary>Everything that is wrong, in the order of the fields; empty: the job is valid.</summary>
    public IReadOnlyList<FieldError> Errors { get; init; } = [];

    /// <summary>What may not be what was meant; of a file only.</summary>
    public IReadOnlyList<FieldError> Warnings { get; init; } = [];
}
