using System.Globalization;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>Names of everything that belongs to a job. A pod's name carries the attempt, so making the same gang twice is a conflict and no second gang.</summary>
internal static class GangNames
{
    public const int RendezvousPort = 29500;
    public const int StatusPort = 8470;

    public static string Pod(string job, int attempt, int worker) => string.Create(CultureInfo.InvariantCulture, $"{job}-{attempt}-{worker}");

    public static string Host(string job, int worker) => string.Create(CultureInfo.InvariantCulture, $"{job}-{worker}");

    public static string Service(string job) => job;

    public static string ConfigMap(string job) => $"{job}-config";

    public static string Claim(string job) => $"{job}-checkpoints";
}
