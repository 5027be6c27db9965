namespace MhcOperator.Api.Validation.Rules;

/// <summary>Where the data is.</summary>
internal static class DataRules
{
    private const string Source = "spec.data.source";

    public static IReadOnlyList<Rule> All { get; } =
    [
        Rule.ForField(
            Source,
            ("!has(self.data.source.persistentVolumeClaim) || !has(self.data.source.configMap)",
                "expected at most one of persistentVolumeClaim and configMap"),
            [],
            job => job.Spec.Data.Source is { PersistentVolumeClaim: not null, ConfigMap: not null }
                ? "expected at most one of persistentVolumeClaim and configMap, got both"
                : null),
        Rule.ForField(
            $"{Source}.path",
            ("!has(self.data.source.path) || !(has(self.data.source.persistentVolumeClaim) || has(self.data.source.configMap)) || !self.data.source.path.matches('(^/|(^|/)[.][.](/|$))')",
                "expected a path inside the volume, relative and without \"..\""),
            [$"{Source}.persistentVolumeClaim", $"{Source}.configMap"],
            job => job.Spec.Data.Source is { Path: { } path } source
                && (source.PersistentVolumeClaim is not null || source.ConfigMap is not null)
                && (path.StartsWith('/') || path.Split('/').Contains("..", StringComparer.Ordinal))
                ? $"expected a path inside the volume, relative and without \"..\", got \"{path}\""
                : null),
    ];
}
