using System.Text.RegularExpressions;
using MhcOperator.Api.Schema;
using MhcOperator.Api.Validation.Rules;

namespace MhcOperator.Api.Manifests;

/// <summary>
/// Kubernetes's ObjectMeta, which a resource definition may not spell out. Without <c>managedFields</c>: nobody here reads them, and they
/// are most of an object.
/// </summary>
internal static class MetadataSchema
{
    private static readonly SchemaNode Text = new() { Type = SchemaType.String };
    private static readonly SchemaNode Time = Text with { Format = "date-time" };
    private static readonly SchemaNode Whole = new() { Type = SchemaType.Integer, Format = "int64" };
    private static readonly SchemaNode Flag = new() { Type = SchemaType.Boolean };
    private static readonly SchemaNode Texts = new() { Type = SchemaType.Object, AdditionalProperties = Text };

    // Without backtracking, as the patterns of the resource definition.
    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;
    private static readonly Regex NamespaceName = new("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", Options);
    private static readonly Regex GeneratedBeginning = new("^([a-z][-a-z0-9]*)?$", Options);

    private static readonly SchemaNode Owner = new()
    {
        Type = SchemaType.Object,
        PreserveUnknown = true,
        Required = ["apiVersion", "kind", "name", "uid"],
        Properties =
        [
            new("apiVersion", Text), new("kind", Text), new("name", Text), new("uid", Text),
            new("controller", Flag), new("blockOwnerDeletion", Flag),
        ],
    };

    private static int LongestName => JobSchema.Root.Property("metadata")!.Property("name")!.MaxLength!.Value;

    private static readonly Lazy<SchemaNode> LazyServer = new(() => LazyFile!.Value with
    {
        PreserveUnknown = true,
        Properties =
        [
            .. LazyFile.Value.Properties.Select(p => p.Key is "namespace" or "generateName" ? KeyValuePair.Create(p.Key, Text) : p),
        ],
    });

    private static readonly Lazy<SchemaNode> LazyFile = new(() => new SchemaNode
    {
        Type = SchemaType.Object,
        Properties =
        [
            new("name", JobSchema.Root.Property("metadata")!.Property("name")!),
            new("generateName", Text with { MaxLength = LongestName - KubernetesNames.GeneratedEnd, Pattern = GeneratedBeginning }),
            new("namespace", Text with { MaxLength = 63, Pattern = NamespaceName }),
            new("labels", Texts),
            new("annotations", Texts),
            new("finalizers", new() { Type = SchemaType.Array, Items = Text }),
            new("ownerReferences", new() { Type = SchemaType.Array, Items = Owner }),
            new("uid", Text),
            new("resourceVersion", Text),
            new("generation", Whole),
            new("creationTimestamp", Time),
            new("deletionTimestamp", Time),
            new("deletionGracePeriodSeconds", Whole),
            new("selfLink", Text),
        ],
    });

    /// <summary>For objects from the server, which may know more fields than we do, and which judges names by its own rules.</summary>
    public static SchemaNode Server => LazyServer.Value;

    /// <summary>For files: an unknown field is somebody's mistake.</summary>
    public static SchemaNode File => LazyFile.Value;
}
