using System.Globalization;

namespace MhcOperator.Api.Validation.Rules;

/// <summary>Names that are made of the job's name.</summary>
internal static class NameRules
{
    // A host name is one DNS label (RFC 1035).
    private const int LongestLabel = 63;

    public static IReadOnlyList<Rule> All { get; } =
    [
        Rule.ForField(
            "metadata.name",
            ("size(self.metadata.name) + 1 + size(string(self.spec.workers.replicas - 1)) <= 63",
                "host names NAME-RANK must fit into 63 characters"),
            ["spec.workers.replicas"],
            job =>
            {
                var last = (job.Spec.Workers.Replicas - 1).ToString(CultureInfo.InvariantCulture);
                var limit = LongestLabel - 1 - last.Length;
                var length = job.Metadata.Name?.Length ?? 0;
                return length <= limit
                    ? null
                    : FormattableString.Invariant($"expected at most {limit} characters, so that the host name NAME-{last} fits into {LongestLabel}, got {length}");
            }),
    ];
}
