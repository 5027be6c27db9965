using System.Net;
using MhcOperator.Operator.Certificates;
using MhcOperator.Testing.Kubernetes;
using MhcOperator.Operator.IntegrationTests.Support;

namespace MhcOperator.Operator.IntegrationTests;

/// <summary>Whoever stands in the API server's place gets no token and gives no orders.</summary>
public sealed class ServerIdentityTests(SharedServer shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1", "its own", true)]
    [InlineData("127.0.0.1", "another, its own", true)] // as while an authority is replaced
    [InlineData("127.0.0.1", "another", false)]
    [InlineData("127.0.0.2", "its own", false)] // which it has no certificate for
    public async Task Only_a_server_with_a_certificate_of_the_authority_and_for_its_address_is_asked(string address, string authorities,
        bool isTrusted)
    {
        var ns = await TestNamespace.CreateAsync(shared.Server);
        await using var proxy = new CutProxy(shared.Server.Port, IPAddress.Parse(address));
        var folder = Directory.CreateTempSubdirectory("mhc-authority-").FullName;
        try
        {
            var authority = Path.Combine(folder, "ca.crt");
            await File.WriteAllLinesAsync(
                authority, authorities.Split(", ")
                    .Select(
                        whose => whose == "another" ? CertificateSet.Issue([address], DateTimeOffset.UtcNow, null).Authorities
                            : shared.Server.Authority), Cancel);
            var kubeconfig = shared.Server.Kubeconfig(address: $"https://{address}:{proxy.Port}");
            var text = await File.ReadAllTextAsync(kubeconfig, Cancel);
            await File.WriteAllTextAsync(kubeconfig,
                text.Replace("insecure-skip-tls-verify: true", $"certificate-authority: {authority}", StringComparison.Ordinal), Cancel);

            using var running = ns.StartOperator(kubeconfig);
            if (isTrusted)
            {
                await running.WorksAsync(Cancel);
            }
            else
            {
                await running.LogsAsync("remote certificate", Cancel);
                Assert.DoesNotContain(shared.Server.Audit.OfOperators(), entry => entry.Namespace == ns.Name);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
