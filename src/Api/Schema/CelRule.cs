namespace MhcOperator.Api.Schema;

/// <summary>One entry of <c>x-kubernetes-validations</c>.</summary>
/// <param name="Rule">CEL expression over <c>self</c> and, in a transition rule, <c>oldSelf</c>.</param>
/// <param name="Message">What the server says where it does not hold.</param>
/// <param name="FieldPath">Field that is blamed, relative to <c>self</c>; null: <c>self</c>.</param>
internal sealed record CelRule(string Rule, string Message, string? FieldPath);
