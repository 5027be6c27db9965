using MhcOperator.Operator.Metrics;
using Microsoft.AspNetCore.Http;
using Prometheus;

namespace MhcOperator.Operator.Serving;

/// <summary>
/// Writes all metrics, for two at a time: an answer is held in memory until it is read, megabytes where there are thousands of jobs.
/// </summary>
internal sealed class MetricsEndpoint(CollectorRegistry registry, JobMetrics jobs) : IDisposable
{
    private readonly SemaphoreSlim _places = new(2); // enough for two of Prometheus

    /// <summary>
    /// Whoever finds both places taken waits so long, and is then told to come again. Prometheus gives up after ten seconds by default.
    /// </summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromSeconds(5);

    public async Task AnswerAsync(HttpContext context)
    {
        if (!await _places.WaitAsync(LongestWait, context.RequestAborted))
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            await context.Response.WriteAsync("too many scrapes at once\n", context.RequestAborted);
            return;
        }

        try
        {
            context.Response.ContentType = PrometheusConstants.TextContentTypeWithVersionAndEncoding;
            await registry.CollectAndExportAsTextAsync(context.Response.Body, context.RequestAborted);
            jobs.Write(context.Response.BodyWriter);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();
}
