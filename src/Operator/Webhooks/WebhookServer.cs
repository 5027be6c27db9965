using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Webhooks;

/// <summary>Serves /validate and /default over TLS, and /healthz, which answers when a valid job is found valid.</summary>
/// <param name="admission">The rules.</param>
/// <param name="certificates">Asked at each handshake, so that a new certificate needs no new start.</param>
/// <param name="metrics">Counts the answers.</param>
/// <param name="log">Log.</param>
internal sealed class WebhookServer(JobAdmission admission, ICertificateSource certificates, AdmissionMetrics metrics, ILogger log)
{
    /// <summary>Two objects of the largest size that an API server takes (3 MiB), and room for the rest.</summary>
    private const long LongestReview = 8 * 1024 * 1024;

    /// <summary>Reviews whose body is read at a time, and those that are looked at: parsed, a byte can take twenty.</summary>
    private const int Readers = 8;
    private const int Reviews = 2;

    /// <summary>
    /// Whoever finds all places taken waits so long; an API server waits some seconds, and goes on without an answer where it may.
    /// </summary>
    private static readonly TimeSpan PlaceLimit = TimeSpan.FromSeconds(1);

    private static readonly JsonDocumentOptions Options = ApiConnection.Json with { AllowDuplicateProperties = false };

    private readonly Channel<bool> _readers = Channel.CreateBounded<bool>(Readers); // one for each place that is taken
    private readonly Channel<bool> _reviews = Channel.CreateBounded<bool>(Reviews);

    /// <summary>Starts it.</summary>
    /// <exception cref="OperatorStartException">The address can't be listened on.</exception>
    public Task<HttpHost> StartAsync(string address, int port, CancellationToken cancel) => HttpHost.StartAsync(
        address,
        port,
        "--webhook-port",
        listen => listen.UseCertificate(certificates),
        server =>
        {
            server.Map("/validate", branch => branch.Run(context => TimeAsync(context, "validate", admission.Validate)));
            server.Map("/default", branch => branch.Run(context => TimeAsync(context, "default", JobAdmission.Default)));
            server.Map("/healthz", branch => branch.Run(AnswerHealthAsync));
        },
        cancel);

    private async Task TimeAsync(HttpContext context, string webhook, Func<AdmissionRequest, AdmissionAnswer> decide)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await AnswerAsync(context, webhook, decide);
        }
        finally
        {
            metrics.Took(webhook, Stopwatch.GetElapsedTime(began));
        }
    }

    private async Task AnswerAsync(HttpContext context, string webhook, Func<AdmissionRequest, AdmissionAnswer> decide)
    {
        if (!HttpMethods.IsPost(context.Request.Method))
        {
            await RefuseAsync(context, webhook, StatusCodes.Status405MethodNotAllowed,
                $"expected POST with an AdmissionReview, got {context.Request.Method}");
            return;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(PlaceLimit);
        try
        {
            await _readers.Writer.WriteAsync(true, patience.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await RefuseAsync(context, webhook, StatusCodes.Status503ServiceUnavailable, "too many reviews at once");
            return;
        }

        try
        {
            await ReviewAsync(context, webhook, decide);
        }
        finally
        {
            _readers.Reader.TryRead(out _);
        }
    }

    private async Task ReviewAsync(HttpContext context, string webhook, Func<AdmissionRequest, AdmissionAnswer> decide)
    {
        AdmissionRequest request;
        AdmissionAnswer answer;
        try
        {
            context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = LongestReview;
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            await _reviews.Writer.WriteAsync(true, context.RequestAborted);
            try
            {
                request = AdmissionRequest.Of(JsonNode.Parse(body.GetBuffer().AsSpan(0, (int)body.Length), null, Options));
                answer = decide(request);
            }
            finally
            {
                _reviews.Reader.TryRead(out _);
            }
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or ArgumentException)
        {
            // Half a surrogate pair is valid JSON; that it is no text shows only when it is read.
            await RefuseAsync(context, webhook, StatusCodes.Status400BadRequest,
                e is FormatException ? e.Message : $"expected JSON: {e.Message}");
            return;
        }
        catch (BadHttpRequestException e)
        {
            await RefuseAsync(context, webhook, e.StatusCode, e.Message);
            return;
        }

        metrics.Answered(webhook, answer.Allowed);
        if (!answer.Allowed)
        {
            log.LogInformation("refused {Operation} of {Name}: {Reason}", request.Operation, (string?)answer.Status!["details"]!["name"],
                (string?)answer.Status["message"]);
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.Review(request.Uid).ToJsonString(), context.RequestAborted);
    }

    private Task RefuseAsync(HttpContext context, string webhook, int status, string reason)
    {
        metrics.Malformed(webhook);
        log.LogWarning("/{Webhook}: {Reason}", webhook, reason);
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(reason + "\n", context.RequestAborted);
    }

    private Task AnswerHealthAsync(HttpContext context)
    {
        var sample = new JsonObject { ["metadata"] = new JsonObject { ["name"] = "sample" }, ["spec"] = new JsonObject() };
        var answer = admission.Validate(new AdmissionRequest("sample", "CREATE", null, sample, null));
        context.Response.StatusCode = answer.Allowed ? StatusCodes.Status200OK : StatusCodes.Status500InternalServerError;
        return context.Response.WriteAsync(answer.Allowed ? "ok\n" : $"a valid job is refused: {(string?)answer.Status!["message"]}\n",
            context.RequestAborted);
    }
}
