using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace MhcOperator.Operator.Certificates;

/// <summary>A certificate with its key, ready to be served, and what its callers trust.</summary>
internal sealed class ServedCertificate
{
    private ServedCertificate(X509Certificate2 leaf, SslStreamCertificateContext context, X509Certificate2Collection? authorities)
    {
        Leaf = leaf;
        Context = context;
        Authorities = authorities;
    }

    public X509Certificate2 Leaf { get; }

    public DateTimeOffset ExpiresAt => new(Leaf.NotAfter);

    public SslStreamCertificateContext Context { get; }

    /// <summary>Authorities of which callers must find one in the chain; null: not known here.</summary>
    public X509Certificate2Collection? Authorities { get; }

    /// <param name="chain">PEM of the certificate and of those between it and an authority.</param>
    /// <param name="key">PEM of its key.</param>
    /// <param name="authorities">PEM of the authorities; null: not known here.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">They can't be used.</exception>
    /// <exception cref="ArgumentException">They are no PEM, or do not belong together.</exception>
    public static ServedCertificate Of(string chain, string key, string? authorities)
    {
        var leaf = X509Certificate2.CreateFromPem(chain, key);
        var others = Collection(chain);
        others.RemoveAt(0);
        return new ServedCertificate(leaf, SslStreamCertificateContext.Create(leaf, others, offline: true),
            authorities is null ? null : Collection(authorities));
    }

    /// <summary>Why a caller would not take what was presented to it, at a time; null: it takes it.</summary>
    public string? FindFault(X509Certificate2 presented, DateTimeOffset now)
    {
        if (Authorities is null)
        {
            return now.UtcDateTime < presented.NotBefore.ToUniversalTime() || now.UtcDateTime > presented.NotAfter.ToUniversalTime()
                ? $"it is valid from {presented.NotBefore.ToUniversalTime():u} to {presented.NotAfter.ToUniversalTime():u}" : null;
        }

        using var chain = new X509Chain();
        var policy = chain.ChainPolicy;
        policy.RevocationMode = X509RevocationMode.NoCheck;
        policy.DisableCertificateDownloads = true;
        policy.VerificationTime = now.LocalDateTime;
        policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        policy.CustomTrustStore.AddRange(Authorities);
        policy.ExtraStore.AddRange(Context.IntermediateCertificates.ToArray());
        return chain.Build(presented) ? null : string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()));
    }

    private static X509Certificate2Collection Collection(string pem)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(pem);
        return all;
    }
}
