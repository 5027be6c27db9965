using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Serving;
using MhcOperator.Operator.Webhooks;
using Microsoft.Extensions.Logging.Abstractions;
using Prometheus;

namespace MhcOperator.Operator.Tests.Webhooks;

/// <summary>The server over TLS, with a certificate in a folder.</summary>
public sealed class WebhookServerTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-webhook-").FullName;
    private readonly CollectorRegistry _registry = Prometheus.Metrics.NewCustomRegistry();
    private HttpHost _server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Write(CertificateSet.Issue(["localhost", "127.0.0.1"], DateTimeOffset.UtcNow, null));
        var metrics = new AdmissionMetrics(_registry);
        _server = await new WebhookServer(new JobAdmission(new TemplateRules()),
            new CertificateFolder(_folder, new CertificateMetrics(_registry), NullLogger.Instance), metrics, NullLogger.Instance)
                .StartAsync("127.0.0.1", 0, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_review_is_answered_with_its_uid_and_counted()
    {
        using var http = Client();
        var (code, body) = await PostAsync(http, "validate",
            Review("CREATE", """{"metadata":{"name":"a"},"spec":{"model":{"heads":7}}}"""));
        Assert.Equal((HttpStatusCode.OK, "u-1", false),
            (code, (string?)JsonNode.Parse(body)!["response"]!["uid"], (bool?)JsonNode.Parse(body)!["response"]!["allowed"]));
        (_, body) = await PostAsync(http, "default", Review("CREATE", """{"metadata":{"name":"a"},"spec":{}}"""));
        var patch = JsonNode.Parse(Convert.FromBase64String((string)JsonNode.Parse(body)!["response"]!["patch"]!))!.AsArray();
        Assert.Contains(patch, step => ((string?)step!["op"], (string?)step["path"]) == ("add", "/spec/model"));
        using var stream = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(stream, Cancel);
        var metrics = Encoding.UTF8.GetString(stream.ToArray());
        Assert.Contains("mhc_operator_admission_requests_total{webhook=\"validate\",verdict=\"refused\"} 1", metrics,
            StringComparison.Ordinal);
        Assert.Contains("mhc_operator_admission_requests_total{webhook=\"default\",verdict=\"allowed\"} 1", metrics,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "expected JSON")]
    [InlineData("{", "expected JSON")]
    [InlineData("[]", "expected an AdmissionReview of admission.k8s.io/v1, got no JSON object")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview"}""",
        "expected an AdmissionReview of admission.k8s.io/v1, got AdmissionReview of admission.k8s.io/v1beta1")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}""", "request: expected an object")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{}}""", "request.uid: expected text")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE"}}""",
        "request.kind: expected an object")]
    [InlineData(
        """{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE","kind":{},"object":5}}""",
        "request.object: expected an object")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","uid":"v"}}""", "expected JSON")]
    [InlineData("""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"\ud800"}}""", "expected JSON")]
    public async Task A_request_that_is_no_review_gets_400_and_says_what_was_expected(string request, string expected)
    {
        using var http = Client();
        foreach (var path in new[] { "validate", "default" })
        {
            var (code, body) = await PostAsync(http, path, request);
            Assert.Equal(HttpStatusCode.BadRequest, code);
            Assert.StartsWith(expected, body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Other_methods_and_bodies_that_are_too_large_are_refused()
    {
        using var http = Client();
        using var get = await http.GetAsync("validate", Cancel);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
        using var large = new HttpRequestMessage(HttpMethod.Post,
            "validate")
        { Content = new StringContent(new string(' ', (8 * 1024 * 1024) + 1)) };
        large.Headers.ExpectContinue = true; // refused by its length, before it is sent
        using var refused = await http.SendAsync(large, Cancel);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
    }

    [Theory]
    [InlineData(45, "spec.workers.template: expected at most 40 levels of nesting")]
    [InlineData(9000, "spec.workers.template: expected at most 65,536 bytes and 5,000 values, got ")]
    public async Task A_template_that_is_nested_too_deep_is_refused(int levels, string expected)
    {
        using var http = Client();
        var template = string.Concat(Enumerable.Repeat("{\"a\":", levels)) + "1" + new string('}', levels);
        var (code, body) = await PostAsync(http, "validate",
            Review("CREATE", """{"metadata":{"name":"a"},"spec":{"workers":{"template":{"spec":""" + template + "}}}}"));
        Assert.Equal(HttpStatusCode.OK, code);
        Assert.StartsWith(expected, (string?)JsonNode.Parse(body)!["response"]!["status"]!["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task So_many_reviews_are_read_at_a_time_and_the_next_is_told_to_come_again()
    {
        using var http = Client();
        var slow = Enumerable.Range(0, 8).Select(_ => new SlowBody()).ToList();
        var reading = slow.ConvertAll(body => http.PostAsync("validate", new StreamContent(body), Cancel));
        var code = HttpStatusCode.OK;
        await Eventually.HappensAsync(() => reading.TrueForAll(r => !r.IsCompleted) && slow.TrueForAll(b => b.IsHeld),
            "all places are taken");
        var said = "";
        while (code != HttpStatusCode.ServiceUnavailable)
        {
            // what is sent has not come to all places yet
            (code, said) = await PostAsync(http, "validate", Review("CREATE", """{"metadata":{"name":"a"},"spec":{}}"""));
        }

        Assert.Equal("too many reviews at once\n", said);
        slow.ForEach(b => b.Release());
        await Task.WhenAll(reading);
        (code, _) = await PostAsync(http, "validate", Review("CREATE", """{"metadata":{"name":"a"},"spec":{}}"""));
        Assert.Equal(HttpStatusCode.OK, code);
    }

    [Fact]
    public async Task A_new_certificate_in_the_folder_is_served_at_once_and_a_broken_one_is_not()
    {
        var first = await ThumbprintAsync();
        Assert.Equal(first, await ThumbprintAsync());
        var other = CertificateSet.Issue(["localhost"], DateTimeOffset.UtcNow, null);
        await File.WriteAllTextAsync(Path.Combine(_folder, "tls.crt"), other.Certificate, Cancel); // its key is not there yet
        Assert.Equal(first, await ThumbprintAsync());
        Write(other);
        Assert.Equal(other.Serving(DateTimeOffset.UtcNow).Leaf.Thumbprint, await ThumbprintAsync());
    }

    [Fact]
    public void A_folder_without_a_certificate_is_an_error_of_the_command_line()
    {
        File.Delete(Path.Combine(_folder, "tls.key"));
        var error = Assert.Throws<OperatorStartException>(
            () => new CertificateFolder(_folder, new CertificateMetrics(Prometheus.Metrics.NewCustomRegistry()), NullLogger.Instance));
        Assert.StartsWith($"--webhook-cert-dir {_folder}: expected tls.crt and tls.key", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A body whose end does not come before it is released.</summary>
    private sealed class SlowBody : Stream
    {
        private const long Sent = 2 * 1024 * 1024;

        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _sent;

        public bool IsHeld { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public void Release() => _released.TrySetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if ((_sent += buffer.Length) < Sent)
            {
                buffer.Span.Fill((byte)' '); // enough at once not to be cut off for being slow
                return buffer.Length;
            }

            IsHeld = true;
            await _released.Task.WaitAsync(cancellationToken);
            return 0;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    private void Write(CertificateSet set)
    {
        File.WriteAllText(Path.Combine(_folder, "tls.crt"), set.Certificate);
        File.WriteAllText(Path.Combine(_folder, "tls.key"), set.Key);
    }

    private static string Review(string operation, string job) =>
        $$"""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","operation":"{{operation}}","kind":{"group":"training.mhc.dev","version":"v1alpha1","kind":"MhcTrainingJob"},"object":""" + job + "}}";

    private static async Task<(HttpStatusCode Code, string Body)> PostAsync(HttpClient http, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse("application/json"));
        using var answer = await http.PostAsync(path, content, Cancel);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }

    private async Task<string> ThumbprintAsync()
    {
        var seen = "";
        using var http = Client(presented => seen = presented.Thumbprint);
        using var answer = await http.GetAsync("healthz", Cancel);
        Assert.Equal("ok\n", await answer.Content.ReadAsStringAsync(Cancel));
        return seen;
    }

    private HttpClient Client(Action<X509Certificate2>? see = null)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) =>
        {
            see?.Invoke((X509Certificate2)presented!);
            return _server.Address.IsLoopback; // what it trusts is tested elsewhere
        };
        return new HttpClient(handler) { BaseAddress = _server.Address };
    }
}
