using MhcOperator.Api.Schema;

namespace MhcOperator.Api.Manifests;

/// <summary>Kubernetes's ObjectMeta, which a resource definition may not spell out. Without <c>managedFields</c>: nobody here reads them, and they are most of an object.</summary>
internal static class MetadataSchema
{
    private static readonly SchemaNode Text = new() { Type = SchemaType.String };
    private static readonly SchemaNode Time = Text with { Format = "date-time" };
    private static readonly SchemaNode Whole = new() { Type = SchemaType.Integer, Format = "int64" };
    private static readonly SchemaNode Flag = new() { Type = SchemaType.Boolean };
    private static readonly SchemaNode Texts = new() { Type = SchemaType.Object, AdditionalProperties = Text };

    private static readonly SchemaNode Owner = new()
    {
        Type = SchemaType.Object,
        PreserveUnknown = true,
        Properties =
        [
            new("apiVersion", Text), new("kind", Text), new("name", Text), new("uid", Text),
            new("controller", Flag), new("blockOwnerDeletion", Flag),
        ],
    };

    private static readonly Lazy<SchemaNode> LazyServer = new(() => LazyFile!.Value with { Required = [], PreserveUnknown = true });

    private static readonly Lazy<SchemaNode> LazyFile = new(() => new SchemaNode
    {
        Type = SchemaType.Object,
        Required = ["name"],
        Properties =
        [
            new("name", JobSchema.Root.Property("metadata")!.Property("name")!),
            new("generateName", Text),
            new("namespace", Text with { MaxLength = 63, Pattern = JobSchema.Root.Property("metadata")!.Property("name")!.Pattern }),
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

    /// <summary>For objects from the server, which may know more fields than we do.</summary>
    public static SchemaNode Server => LazyServer.Value;

    /// <summary>For files: a name is needed, and an unknown field is somebody's mistake.</summary>
    public static SchemaNode File => LazyFile.Value;
}
