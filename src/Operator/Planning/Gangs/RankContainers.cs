using System.Globalization;
using k8s.Models;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>
/// Which containers of a pod run ranks. Only these speak for the trainer: what its template adds (containers beside it, init containers,
/// sidecars) decides no success, no verdict and no permanent failure, whatever its name begins with and whatever code it ends with.
/// </summary>
internal static class RankContainers
{
    /// <summary>Container of a worker with one device; the template of that name holds for every rank's container.</summary>
    public const string Single = "trainer";

    /// <summary>Name of the container of a worker's rank.</summary>
    public static string Name(int local, int devices) => devices == 1 ? Single : Numbered(local);

    /// <summary>Those among a pod's containers, the lowest rank first. The job's number of devices may have changed since.</summary>
    /// <param name="names">Of all its containers.</param>
    /// <param name="devices">Devices of a worker; null: not known.</param>
    public static IReadOnlyList<string> Among(IEnumerable<string?> names, int? devices = null)
    {
        var there = names.ToList();
        if (there.Contains(Single, StringComparer.Ordinal))
        {
            return [Single];
        }

        var most = devices is > 1 and { } many ? many : there.Count;
        return [.. Enumerable.Range(0, most).Select(Numbered).TakeWhile(name => there.Contains(name, StringComparer.Ordinal))];
    }

    /// <inheritdoc cref="Among"/>
    public static IReadOnlyList<string> Of(V1Pod pod, int? devices = null) =>
        Among((pod.Spec?.Containers ?? []).Select(c => c.Name), devices);

    private static string Numbered(int local) => string.Create(CultureInfo.InvariantCulture, $"{Single}-{local}");
}
