using k8s.Models;

namespace MhcOperator.Operator.Planning.Inputs;

/// <summary>Conditions by the Kubernetes conventions: one of a type, and the transition time moves only when the status does.</summary>
internal static class Conditions
{
    public const string True = "True";
    public const string False = "False";
    public const string Unknown = "Unknown";

    public static V1Condition? Find(IEnumerable<V1Condition> conditions, string type) =>
        conditions.FirstOrDefault(c => string.Equals(c.Type, type, StringComparison.Ordinal));

    public static bool IsTrue(IEnumerable<V1Condition> conditions, string type) => Find(conditions, type)?.Status == True;

    /// <summary>The list with that condition set; the same list where nothing differs.</summary>
    public static IReadOnlyList<V1Condition> Set(IReadOnlyList<V1Condition> conditions, V1Condition wanted)
    {
        var old = Find(conditions, wanted.Type);
        if (old is null)
        {
            return [.. conditions, wanted];
        }

        if (old.Status == wanted.Status && old.Reason == wanted.Reason && old.Message == wanted.Message
            && old.ObservedGeneration == wanted.ObservedGeneration)
        {
            return conditions;
        }

        var changed = new V1Condition
        {
            Type = wanted.Type,
            Status = wanted.Status,
            Reason = wanted.Reason,
            Message = wanted.Message,
            ObservedGeneration = wanted.ObservedGeneration,
            LastTransitionTime = old.Status == wanted.Status ? old.LastTransitionTime : wanted.LastTransitionTime,
        };
        return [.. conditions.Select(c => ReferenceEquals(c, old) ? changed : c)];
    }
}
