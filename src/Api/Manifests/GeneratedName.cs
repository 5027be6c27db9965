using k8s.Models;
using MhcOperator.Api.Validation.Rules;

namespace MhcOperator.Api.Manifests;

/// <summary>Names that the server would make of <c>metadata.generateName</c>.</summary>
public static class GeneratedName
{
    // The server's own letters: no vowels, so that no word comes out.
    private const string Letters = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>The manifest with a name: its own, else one that is made of its <c>generateName</c>.</summary>
    /// <param name="manifest">A valid job.</param>
    /// <param name="random">Makes the end.</param>
    public static JobManifest Give(JobManifest manifest, Random random)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(random);
        if (!string.IsNullOrEmpty(manifest.Metadata.Name))
        {
            return manifest;
        }

        var metadata = new V1ObjectMeta
        {
            Name = manifest.Metadata.GenerateName + string.Concat(random.GetItems<char>(Letters, KubernetesNames.GeneratedEnd)),
            GenerateName = manifest.Metadata.GenerateName,
            NamespaceProperty = manifest.Metadata.NamespaceProperty,
            Labels = manifest.Metadata.Labels,
            Annotations = manifest.Metadata.Annotations,
        };
        return manifest with { Metadata = metadata, Job = manifest.Job is { } job ? job with { Metadata = metadata } : null };
    }
}
