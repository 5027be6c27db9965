using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using k8s.Models;

namespace MhcOperator.Operator.Planning.Gangs;

/// <summary>
/// Names of everything that belongs to a job. A pod's name carries the attempt, so making the same gang twice is a conflict and no second
/// gang; it is the pod's host name too, so that a gang finds its own rank 0, whatever pod of an older one is still there.
/// </summary>
internal static class GangNames
{
    private const int LongestLabel = 63;

    public static string Pod(string job, int attempt, int worker) =>
        string.Create(CultureInfo.InvariantCulture, $"{job}-{attempt}-{worker}");

    /// <summary>Whether a name is one that a pod of the job has, or had.</summary>
    public static bool IsPod(string job, string name) =>
        name.StartsWith(job + "-", StringComparison.Ordinal) && name[(job.Length + 1)..].Split('-') is [var attempt, var worker]
            && IsNumber(attempt) && IsNumber(worker);

    public static string Service(string job) => job;

    public static string ConfigMap(string job) => $"{job}-config";

    public static string NetworkPolicy(string job) => $"{job}-network";

    /// <summary>
    /// Of the pod group of one attempt. It is also the value of a label, so a name that is too long is cut and made unique by a hash of the
    /// job's uid.
    /// </summary>
    public static string PodGroup(V1ObjectMeta job, int attempt)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{job.Name}-{attempt}");
        if (name.Length <= LongestLabel)
        {
            return name;
        }

        var end = string.Create(CultureInfo.InvariantCulture,
            $"-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(job.Uid ?? "")).AsSpan(0, 4))}-{attempt}");
        return job.Name[..(LongestLabel - end.Length)].TrimEnd('-', '.') + end;
    }

    public static string Claim(string job) => $"{job}-checkpoints";

    private static bool IsNumber(string text) => text.Length > 0 && text.All(char.IsAsciiDigit);
}
