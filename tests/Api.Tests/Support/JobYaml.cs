using MhcOperator.Api;
using MhcOperator.Api.Manifests;

namespace Api.Tests.Support;

/// <summary>Manifests of one job, by what follows its header.</summary>
internal static class JobYaml
{
    /// <summary>Four lines, so that <c>spec:</c> of a manifest is on line 5.</summary>
    public const string Header = "apiVersion: training.mhc.dev/v1alpha1\nkind: MhcTrainingJob\nmetadata:\n  name: quickstart\n";

    /// <summary>Reads a manifest whose spec is this YAML in one line, such as <c>model: {heads: 7}</c>.</summary>
    public static JobManifest WithSpec(string spec, string name = "quickstart") =>
        Assert.Single(
            JobManifestReader.FromYaml(Header.Replace("quickstart", name, StringComparison.Ordinal) + $"spec: {{{spec}}}\n", "job.yaml"));

    /// <summary>The spec of a valid manifest.</summary>
    public static MhcTrainingJobSpec Spec(string spec)
    {
        var manifest = WithSpec(spec);
        Assert.Empty(manifest.Errors);
        return manifest.Job!.Spec;
    }

    /// <summary>The findings on a spec, one in a line, without file and line.</summary>
    public static string Errors(string spec, string name = "quickstart") =>
        string.Join('\n', WithSpec(spec, name).Errors.Select(e => $"{e.Path}: {e.Message}"));
}
