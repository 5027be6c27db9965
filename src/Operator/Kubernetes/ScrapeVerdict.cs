namespace MhcOperator.Operator.Kubernetes;

/// <summary>What whoever asks for metrics is told.</summary>
/// <param name="Status">200: they are given; 401, 403: not to this one; 503: it is not known whether to this one.</param>
/// <param name="Reason">Why not, for people.</param>
internal readonly record struct ScrapeVerdict(int Status, string Reason)
{
    public bool IsAllowed => Status == 200;
}
