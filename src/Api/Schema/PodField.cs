namespace MhcOperator.Api.Schema;

/// <summary>A field of an object in a pod.</summary>
/// <param name="Shape">One value, a list or a map of them.</param>
/// <param name="Kind">Type of a value: a scalar's, or the name of an object's.</param>
/// <param name="Object">What the values are, where they are objects.</param>
internal sealed record PodField(PodFieldShape Shape, string Kind, PodType? Object);
