using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MhcOperator.Operator.Hosting.Checks;

/// <summary>Asks an operator for its health and its metrics.</summary>
/// <param name="authorityFile">PEM of the authorities of its certificate; null: those that the system trusts.</param>
/// <param name="serverName">Name in its certificate; null: that of the address.</param>
/// <param name="authenticate">Adds a token to a request; it goes over TLS only.</param>
internal sealed class EndpointProbe(string? authorityFile, string? serverName,
    Func<HttpRequestMessage, CancellationToken, Task> authenticate)
{
    private const string Sample = "mhc_operator_leader";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public async Task<CheckResult> AskHealthAsync(Uri address, CancellationToken cancel)
    {
        foreach (var path in (string[])["healthz", "readyz"])
        {
            var (status, body) = await GetAsync(new Uri(address, path), cancel);
            if (status != 200)
            {
                return Fails(address, path, status, body, "Look at the operator's pods: its log says more");
            }
        }

        return CheckResult.Holds($"by {address.GetLeftPart(UriPartial.Authority)}, which is ready");
    }

    public async Task<CheckResult> AskMetricsAsync(Uri address, CancellationToken cancel)
    {
        var (status, body) = await GetAsync(new Uri(address, "metrics"), cancel);
        return status switch
        {
            200 when body.Contains(Sample, StringComparison.Ordinal) =>
                CheckResult.Holds($"by {address.GetLeftPart(UriPartial.Authority)}"),
            200 => Fails(address, "metrics", status, $"without {Sample}", "Look whether the address is the operator's"),
            401 => Fails(address, "metrics", status, body,
                "Look whether this account has a token, and whether the address begins with https"),
            403 => Fails(address, "metrics", status, body,
                "Bind this account to a ClusterRole with nonResourceURLs [/metrics], verbs [get]"),
            503 => Fails(address, "metrics", status, body, "Look whether the operator may create tokenreviews and subjectaccessreviews"),
            _ => Fails(address, "metrics", status, body,
                "Look whether the address is that of --secure-metrics-port or, without it, of --metrics-port"),
        };
    }

    private static CheckResult Fails(Uri address, string path, int status, string said, string act)
    {
        var answer = status == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{status} ");
        var first = said.Trim().Split('\n')[0];
        return CheckResult.Fails($"{new Uri(address, path)}: {answer}{first}", act);
    }

    /// <summary>Asks.</summary>
    /// <returns>Status, 0 where there was no answer; and what was said, or why there was none.</returns>
    private async Task<(int Status, string Body)> GetAsync(Uri address, CancellationToken cancel)
    {
        try
        {
            using var http = Client();
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Host = serverName; // by which .NET checks the certificate
            if (address.Scheme == Uri.UriSchemeHttps)
            {
                await authenticate(request, cancel);
                request.Headers.Authorization = request.Headers.Authorization is { Scheme: "Bearer" } token ? token : null;
            }

            using var answer = await http.SendAsync(request, cancel);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or CryptographicException or UnauthorizedAccessException)
        {
            return (0, e.InnerException is System.Security.Authentication.AuthenticationException why ? $"{e.Message} {why.Message}"
                : e.Message);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (0, "no answer in time");
        }
    }

    private HttpClient Client()
    {
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false };
        if (authorityFile is not null)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck
            };
            policy.CustomTrustStore.ImportFromPemFile(authorityFile); // read each time: it may be renewed
            handler.SslOptions.CertificateChainPolicy = policy;
        }

        return new HttpClient(handler, disposeHandler: true) { Timeout = Limit };
    }
}
