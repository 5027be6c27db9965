using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace MhcOperator.Operator.Certificates;

/// <summary>
/// What the replicas share in a Secret: the newest certificate, the one before it, and the authorities of both and of all that have not
/// expired. Each certificate has an authority of its own, whose key is thrown away when it has signed. A replica goes on with the
/// certificate before for a while, so that every API server knows the new authority when it meets it; a replica that has missed all of this
/// is still trusted until its certificate expires.
/// </summary>
internal sealed record CertificateSet
{
    /// <summary>Valid for this long.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(365);

    /// <summary>How long a certificate is shared, and its authority spread, before it is served in place of another.</summary>
    public static readonly TimeSpan Spreading = TimeSpan.FromMinutes(5);

    /// <summary>A certificate is replaced after this, long before it expires.</summary>
    private static readonly TimeSpan RenewAfter = Lifetime * 2 / 3;

    /// <summary>Certificates begin in the past: the clocks of API servers may be behind.</summary>
    private static readonly TimeSpan Backdating = TimeSpan.FromHours(1);

    /// <summary>PEM of the newest certificate, and of its key.</summary>
    public required string Certificate { get; init; }

    public required string Key { get; init; }

    /// <summary>PEM of the one before, and of its key; empty: there was none.</summary>
    public string PreviousCertificate { get; init; } = "";

    public string PreviousKey { get; init; } = "";

    /// <summary>PEM of the authorities, the newest first: the <c>caBundle</c>.</summary>
    public required string Authorities { get; init; }

    /// <summary>When the newest certificate was made.</summary>
    public required DateTimeOffset IssuedAt { get; init; }

    /// <summary>Makes a new certificate.</summary>
    /// <param name="names">DNS names, the one that API servers use first.</param>
    /// <param name="now">Time.</param>
    /// <param name="before">What was shared until now; null: nothing.</param>
    public static CertificateSet Issue(IReadOnlyList<string> names, DateTimeOffset now, CertificateSet? before)
    {
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new CertificateRequest($"CN={names[0]} authority", authorityKey, HashAlgorithmName.SHA256);
        subject.CertificateExtensions.Add(
            new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0,
                critical: true));
        subject.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        subject.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(subject.PublicKey, critical: false));
        using var authority = subject.CreateSelfSigned(now - Backdating, now + Lifetime);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = Request(names, key, authority)
            .Create(authority, now - Backdating, now + Lifetime, RandomNumberGenerator.GetBytes(16));
        return new CertificateSet
        {
            Certificate = certificate.ExportCertificatePem() + "\n",
            Key = key.ExportPkcs8PrivateKeyPem() + "\n",
            PreviousCertificate = before?.Certificate ?? "",
            PreviousKey = before?.Key ?? "",
            Authorities = string.Concat((before?.UnexpiredAuthorities(now) ?? []).Prepend(authority.ExportCertificatePem())
                .Select(pem => pem + "\n")),
            IssuedAt = Whole(now),
        };
    }

    /// <summary>What a Secret holds; null: nothing that can be used.</summary>
    public static CertificateSet? Read(IDictionary<string, byte[]>? data)
    {
        string Text(string name) => data?.TryGetValue(name, out var bytes) == true ? Encoding.UTF8.GetString(bytes) : "";
        try
        {
            using var leaf = X509Certificate2.CreateFromPem(Text("tls.crt"), Text("tls.key"));
            var set = new CertificateSet
            {
                Certificate = Text("tls.crt"),
                Key = Text("tls.key"),
                PreviousCertificate = Text("previous.crt"),
                PreviousKey = Text("previous.key"),
                Authorities = Text("ca.crt"),
                IssuedAt = new DateTimeOffset(leaf.NotBefore) + Backdating,
            };
            _ = set.Serving(set.IssuedAt);
            return set;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The data of the Secret; a field that is empty is taken out by a merge patch.</summary>
    public JsonObject ToData() => new()
    {
        ["tls.crt"] = Base64(Certificate),
        ["tls.key"] = Base64(Key),
        ["ca.crt"] = Base64(Authorities),
        ["previous.crt"] = PreviousCertificate.Length == 0 ? null : Base64(PreviousCertificate),
        ["previous.key"] = PreviousKey.Length == 0 ? null : Base64(PreviousKey),
    };

    /// <summary>Whether it is time for a new certificate.</summary>
    public bool IsDue(string name, DateTimeOffset now)
    {
        using var leaf = X509Certificate2.CreateFromPem(Certificate);
        return now >= IssuedAt + RenewAfter || !leaf.MatchesHostname(name);
    }

    /// <summary>What to serve: the certificate before, while the newest is being spread and the other is still good.</summary>
    public ServedCertificate Serving(DateTimeOffset now)
    {
        if (now < IssuedAt + Spreading && PreviousCertificate.Length > 0)
        {
            var previous = ServedCertificate.Of(PreviousCertificate, PreviousKey, Authorities);
            if (now + Spreading < previous.ExpiresAt)
            {
                return previous;
            }
        }

        return ServedCertificate.Of(Certificate, Key, Authorities);
    }

    /// <summary>PEM of each authority of which somebody may still serve a certificate.</summary>
    public IReadOnlyList<string> UnexpiredAuthorities(DateTimeOffset now)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(Authorities);
        return [.. all.Where(authority => authority.NotAfter.ToUniversalTime() > now.UtcDateTime)
            .Select(authority => authority.ExportCertificatePem())];
    }

    /// <summary>When there will be something to do.</summary>
    public DateTimeOffset NextChange(DateTimeOffset now) => now < IssuedAt + Spreading ? IssuedAt + Spreading : IssuedAt + RenewAfter;

    private static CertificateRequest Request(IReadOnlyList<string> names, ECDsa key, X509Certificate2 authority)
    {
        var request = new CertificateRequest($"CN={names[0]}", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false)); // serverAuth
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true,
                includeIssuerAndSerial: false));
        return request;
    }

    /// <summary>Times in certificates are whole seconds.</summary>
    private static DateTimeOffset Whole(DateTimeOffset time) => new(time.Ticks - (time.Ticks % TimeSpan.TicksPerSecond), time.Offset);

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
