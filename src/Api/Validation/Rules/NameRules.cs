using System.Globalization;

namespace MhcOperator.Api.Validation.Rules;

/// <summary>Names that are made of the job's name.</summary>
internal static class NameRules
{
    // A host name is one DNS label (RFC 1035).
    private const int LongestLabel = 63;

    // In NAME-ATTEMPT-WORKER: the two dashes, and attempts up to 99999.
    private const int AttemptLength = 7;

    public static IReadOnlyList<Rule> All { get; } =
    [
        Rule.ForField(
            "metadata.name",
            ("size(self.metadata.name) + 7 + size(string(self.spec.workers.replicas - 1)) <= 63",
                "host names NAME-ATTEMPT-WORKER must fit into 63 characters"),
            ["spec.workers.replicas"],
            job =>
            {
                var last = (job.Spec.Workers.Replicas - 1).ToString(CultureInfo.InvariantCulture);
                var limit = LongestLabel - AttemptLength - last.Length;
                var length = job.Metadata.Name?.Length
                    ?? (job.Metadata.GenerateName is { } beginning ? beginning.Length + KubernetesNames.GeneratedEnd : 0);
                return length <= limit
                    ? null
                    : FormattableString.Invariant(
                        $"expected at most {limit} characters, so that the host name NAME-ATTEMPT-{last} fits into {LongestLabel}, got {length}");
            }),
    ];
}
