using System.Security.Cryptography;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Certificates;

/// <summary>
/// A certificate in a folder: tls.crt, tls.key and, where it is there, ca.crt, as a mounted Secret has them. The files are read at each handshake
/// (API servers keep connections), so that new ones count at once; while they do not belong together, the ones before are served.
/// </summary>
internal sealed class CertificateFolder : ICertificateSource
{
    private readonly string folder;
    private readonly CertificateMetrics metrics;
    private readonly ILogger log;
    private readonly Lock gate = new();
    private (string Chain, string Key, string? Authorities)? seen;
    private ServedCertificate? current;

    /// <exception cref="OperatorStartException">There is no certificate that can be used.</exception>
    public CertificateFolder(string folder, CertificateMetrics metrics, ILogger log)
    {
        this.folder = folder;
        this.metrics = metrics;
        this.log = log;
        try
        {
            Load();
        }
        catch (Exception e) when (IsExpected(e))
        {
            throw new OperatorStartException($"--webhook-cert-dir {folder}: expected tls.crt and tls.key, a certificate and its key in PEM: {e.Message}", e);
        }
    }

    public ServedCertificate? Current
    {
        get
        {
            lock (gate)
            {
                try
                {
                    Load();
                }
                catch (Exception e) when (IsExpected(e))
                {
                    log.LogWarning("{Folder}: the new certificate can't be used, the one before is served: {Reason}", folder, e.Message);
                }

                return current;
            }
        }
    }

    public string? WaitingFor => null;

    /// <summary>Nothing has to be done between handshakes.</summary>
    public Task RunAsync(CancellationToken cancel) => Task.CompletedTask;

    private void Load()
    {
        var authorities = Path.Combine(folder, "ca.crt");
        var files = (File.ReadAllText(Path.Combine(folder, "tls.crt")), File.ReadAllText(Path.Combine(folder, "tls.key")), File.Exists(authorities) ? File.ReadAllText(authorities) : null);
        if (seen == files)
        {
            return;
        }

        seen = files; // also where they are wrong: said once
        current = ServedCertificate.Of(files.Item1, files.Item2, files.Item3);
        metrics.Serves(current.ExpiresAt);
        log.LogInformation("serves {Subject}, valid until {NotAfter:u}, from {Folder}", current.Leaf.Subject, current.ExpiresAt.ToUniversalTime(), folder);
    }

    private static bool IsExpected(Exception e) => e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;
}
