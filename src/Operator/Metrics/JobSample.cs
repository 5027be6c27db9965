using System.Text;
using MhcOperator.Api;
using MhcOperator.Api.Manifests;

namespace MhcOperator.Operator.Metrics;

/// <summary>A job as its metrics need it.</summary>
/// <param name="Labels">Its name as labels, without the closing brace.</param>
/// <param name="Spec">Its spec, where that could be read.</param>
/// <param name="Status">Its status, where there is one.</param>
internal sealed record JobSample(byte[] Labels, MhcTrainingJobSpec? Spec, MhcTrainingJobStatus? Status)
{
    /// <remarks>An API server takes no name in which something would have to be escaped.</remarks>
    public static JobSample Of(JobManifest job) => new(
        Encoding.UTF8.GetBytes($"{{namespace=\"{job.Metadata.NamespaceProperty}\",mhcjob=\"{job.Metadata.Name}\""), job.Job?.Spec,
        job.Status ?? job.Job?.Status);
}
