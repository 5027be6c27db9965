using System.Net.Security;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace MhcOperator.Operator.Certificates;

/// <summary>TLS with a certificate that is asked for at each handshake, so that a new one needs no new start.</summary>
internal static class CertificateListening
{
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(3);

    public static void UseCertificate(this ListenOptions listen, ICertificateSource certificates) =>
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = HandshakeLimit,
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = certificates.Current?.Context ?? throw new InvalidOperationException("there is no certificate yet"),
            }),
        });
}
