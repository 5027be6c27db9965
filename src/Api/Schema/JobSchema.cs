using System.Text.Json.Nodes;
using MhcOperator.Api.Yaml;

namespace MhcOperator.Api.Schema;

/// <summary>The resource definition that comes with this assembly, the one list of structural rules.</summary>
public static class JobSchema
{
    /// <summary>Path of the pod template, whose fields the definition does not list.</summary>
    internal const string PodTemplate = "spec.workers.template";

    private static readonly Lazy<SchemaNode> LazyRoot = new(LoadRoot);

    /// <summary>Text of the CustomResourceDefinition, as in <c>crds/cel/</c>.</summary>
    public static string CrdYaml
    {
        get
        {
            using var stream = typeof(JobSchema).Assembly.GetManifestResourceStream("crd.yaml")!;
            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
    }

    /// <summary>The CustomResourceDefinition as JSON, a new copy on each call.</summary>
    public static JsonObject CrdJson() => YamlReader.Read(CrdYaml)[0].Root!.AsObject();

    internal static SchemaNode Root => LazyRoot.Value;

    internal static SchemaNode Spec => Root.Property("spec")!;

    internal static SchemaNode Status => Root.Property("status")!;

    private static SchemaNode LoadRoot() =>
        SchemaReader.Read(CrdJson()["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject());
}
