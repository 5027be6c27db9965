using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using MhcOperator.Operator.Certificates;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Tests.Kubernetes;

/// <summary>A server over TLS that is reached by another name than the one in its certificate, as through a tunnel.</summary>
public sealed class ClusterAccessTests
{
    private const string Name = "api.cluster.example";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_server_is_known_by_the_name_that_the_kubeconfig_gives_it()
    {
        await using var server = await StartAsync(out var authorities);

        using var answer = await AskAsync(server, authorities, $"tls-server-name: {Name}");

        Assert.Equal((Name, "Bearer secret"),
            (answer.RootElement.GetProperty("host").GetString(), answer.RootElement.GetProperty("token").GetString()));
    }

    [Fact]
    public async Task Without_that_it_is_asked_nothing_since_its_certificate_is_for_another_name()
    {
        await using var server = await StartAsync(out var authorities);

        var thrown = await Assert.ThrowsAnyAsync<Exception>(() => AskAsync(server, authorities, ""));

        Assert.Contains("RemoteCertificateNameMismatch", thrown.ToString(), StringComparison.Ordinal);
    }

    private static async Task<JsonDocument> AskAsync(WebApplication server, string authorities, string more)
    {
        var kubeconfig = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(kubeconfig, $$"""
                apiVersion: v1
                kind: Config
                current-context: it
                contexts: [{name: it, context: {cluster: it, user: me} }]
                users: [{name: me, user: {token: secret} }]
                clusters:
                - name: it
                  cluster:
                    server: {{server.Urls.Single()}}
                    certificate-authority-data: {{Convert.ToBase64String(Encoding.UTF8.GetBytes(authorities))}}
                    {{more}}
                """, Cancel);
            var access = ClusterAccess.Find(kubeconfig, "test");
            var (connection, client) =
                access.Open(TimeProvider.System, new RuntimeMetrics(Prometheus.Metrics.NewCustomRegistry()), fence: null);
            using var owned = client;
            return await connection.SendAsync(new ApiRequest("get", "version", HttpMethod.Get, "version"), Cancel);
        }
        finally
        {
            File.Delete(kubeconfig);
        }
    }

    private static Task<WebApplication> StartAsync(out string authorities)
    {
        var set = CertificateSet.Issue([Name], DateTimeOffset.UtcNow, null);
        authorities = set.Authorities;
        return StartAsync(X509Certificate2.CreateFromPem(set.Certificate, set.Key));
    }

    private static async Task<WebApplication> StartAsync(X509Certificate2 certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, port => port.UseHttps(certificate)));
        var server = builder.Build();
        server.Run(context => context.Response.WriteAsync(
            $$"""{"host":"{{context.Request.Host}}","token":"{{context.Request.Headers.Authorization}}"}""", context.RequestAborted));
        await server.StartAsync(Cancel);
        return server;
    }
}
