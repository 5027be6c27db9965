using System.Text.Json.Nodes;

namespace MhcOperator.Operator.Runtime;

/// <summary>Which lease, and how it is kept.</summary>
/// <param name="Namespace">Namespace of the lease.</param>
/// <param name="Name">Name of the lease.</param>
/// <param name="Identity">Unique name of this process.</param>
/// <param name="Duration">A rival takes the lease over when it has not been renewed for this long; whole seconds, at least 3.</param>
internal sealed record LeaseOptions(string Namespace, string Name, string Identity, TimeSpan Duration)
{
    /// <summary>Reference to the object with which a lease goes that is made here; null: none.</summary>
    public JsonObject? Owner { get; init; }

    /// <summary>Without a renewal for this long the holder stops acting; what is left of the duration is the margin for requests on their way.</summary>
    public TimeSpan RenewDeadline => Duration * 2 / 3;

    /// <summary>Between two renewals.</summary>
    public TimeSpan RenewInterval => Duration * 2 / 15;

    /// <summary>Between two looks at a lease that somebody else holds, where it can't be watched.</summary>
    public TimeSpan LookInterval => Duration / 15;

    /// <summary>Limit of one request: a dropped connection must leave time for another try.</summary>
    public TimeSpan RequestLimit => RenewDeadline / 3;
}
