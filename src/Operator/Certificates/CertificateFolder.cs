using System.Security.Cryptography;
using MhcOperator.Operator.Runtime;
using Microsoft.Extensions.Logging;

namespace MhcOperator.Operator.Certificates;

/// <summary>
/// A certificate in a folder: tls.crt, tls.key and, where it is there, ca.crt, as a mounted Secret has them. The files are read at each
/// handshake (API servers keep connections), so that new ones count at once; while they do not belong together, the ones before are served.
/// </summary>
internal sealed class CertificateFolder : ICertificateSource
{
    private readonly string _folder;
    private readonly CertificateMetrics _metrics;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private (string Chain, string Key, string? Authorities)? _seen;
    private ServedCertificate? _current;

    /// <exception cref="OperatorStartException">There is no certificate that can be used.</exception>
    public CertificateFolder(string folder, CertificateMetrics metrics, ILogger log)
    {
        _folder = folder;
        _metrics = metrics;
        _log = log;
        try
        {
            Load();
        }
        catch (Exception e) when (IsExpected(e))
        {
            throw new OperatorStartException(
                $"--webhook-cert-dir {folder}: expected tls.crt and tls.key, a certificate and its key in PEM: {e.Message}", e);
        }
    }

    public ServedCertificate? Current
    {
        get
        {
            lock (_gate)
            {
                try
                {
                    Load();
                }
                catch (Exception e) when (IsExpected(e))
                {
                    _log.LogWarning("{Folder}: the new certificate can't be used, the one before is served: {Reason}", _folder, e.Message);
                }

                return _current;
            }
        }
    }

    public string? WaitingFor => null;

    /// <summary>Nothing has to be done between handshakes.</summary>
    public Task RunAsync(CancellationToken cancel) => Task.CompletedTask;

    private void Load()
    {
        var authorities = Path.Combine(_folder, "ca.crt");
        var files = (File.ReadAllText(Path.Combine(_folder, "tls.crt")), File.ReadAllText(Path.Combine(_folder, "tls.key")),
            File.Exists(authorities) ? File.ReadAllText(authorities) : null);
        if (_seen == files)
        {
            return;
        }

        _seen = files; // also where they are wrong: said once
        _current = ServedCertificate.Of(files.Item1, files.Item2, files.Item3);
        _metrics.Serves(_current.ExpiresAt);
        _log.LogInformation("serves {Subject}, valid until {NotAfter:u}, from {Folder}", _current.Leaf.Subject,
            _current.ExpiresAt.ToUniversalTime(), _folder);
    }

    private static bool IsExpected(Exception e) =>
        e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;
}
