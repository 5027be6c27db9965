namespace MhcOperator.Operator.Clusters;

/// <summary>What a cluster says of an <see cref="ApiFeature"/>.</summary>
public sealed record ApiSupport
{
    private ApiSupport()
    {
    }

    /// <summary>It has not answered yet; the job is looked at again when it has.</summary>
    public static ApiSupport Unknown { get; } = new();

    /// <summary>Nothing of the kind is needed where pods are processes of one machine.</summary>
    public static ApiSupport NotNeeded { get; } = new() { IsNotNeeded = true };

    /// <summary>Group and version, such as <c>scheduling.volcano.sh/v1beta1</c>; null: not there.</summary>
    public string? ApiVersion { get; private init; }

    /// <summary>Kind of the objects; null: not there.</summary>
    public string? Kind { get; private init; }

    /// <summary>What is missing, and how to get it; null: nothing.</summary>
    public string? Missing { get; private init; }

    /// <summary>Whether the feature comes without any object.</summary>
    public bool IsNotNeeded { get; private init; }

    /// <summary>Whether the cluster has it.</summary>
    public bool IsThere => IsNotNeeded || ApiVersion is not null;

    /// <summary>The cluster has it.</summary>
    public static ApiSupport Of(string apiVersion, string kind) => new() { ApiVersion = apiVersion, Kind = kind };

    /// <summary>The cluster does not have it.</summary>
    /// <param name="missing">What is missing, and how to get it.</param>
    public static ApiSupport Without(string missing) => new() { Missing = missing };
}
