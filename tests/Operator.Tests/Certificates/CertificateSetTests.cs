using System.Security.Cryptography.X509Certificates;
using System.Text;
using MhcOperator.Operator.Certificates;

namespace MhcOperator.Operator.Tests.Certificates;

public sealed class CertificateSetTests
{
    private const string Name = "hook.system.svc";
    private static readonly string[] Names = [Name, "127.0.0.1"];
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void A_new_certificate_is_good_for_its_names_and_for_its_authority_alone()
    {
        var served = CertificateSet.Issue(Names, Start, null).Serving(Start);
        Assert.All(Names, name => Assert.True(served.Leaf.MatchesHostname(name)));
        Assert.False(served.Leaf.MatchesHostname("other.system.svc"));
        Assert.Null(served.FindFault(served.Leaf, Start));
        Assert.Null(served.FindFault(served.Leaf, Start + CertificateSet.Lifetime - TimeSpan.FromMinutes(1)));
        Assert.NotNull(served.FindFault(served.Leaf, Start + CertificateSet.Lifetime + TimeSpan.FromMinutes(1)));
        Assert.NotNull(CertificateSet.Issue(Names, Start, null).Serving(Start).FindFault(served.Leaf, Start));
    }

    [Fact]
    public void It_is_replaced_long_before_it_expires_or_when_the_name_is_another()
    {
        var set = CertificateSet.Issue(Names, Start, null);
        var due = set.NextChange(Start + CertificateSet.Spreading);
        Assert.Equal((false, true), (set.IsDue(Name, due - TimeSpan.FromSeconds(1)), set.IsDue(Name, due)));
        Assert.True(due < Start + (CertificateSet.Lifetime * 0.7));
        Assert.True(set.IsDue("other.system.svc", Start));
    }

    [Fact]
    public void The_one_before_is_served_until_the_new_authority_has_spread_and_stays_trusted_until_it_expires()
    {
        var first = CertificateSet.Issue(Names, Start, null);
        var rotated = Start + (CertificateSet.Lifetime * 2 / 3);
        var second = CertificateSet.Issue(Names, rotated, first);
        Assert.Equal(first.Serving(Start).Leaf.Thumbprint, second.Serving(rotated).Leaf.Thumbprint);
        var change = second.NextChange(rotated);
        Assert.Equal(rotated + CertificateSet.Spreading, change);
        Assert.NotEqual(first.Serving(Start).Leaf.Thumbprint, second.Serving(change).Leaf.Thumbprint);
        Assert.Null(second.Serving(change).FindFault(first.Serving(Start).Leaf, change));

        var third = CertificateSet.Issue(Names, Start + CertificateSet.Lifetime + TimeSpan.FromDays(1), second);
        Assert.Equal((2, 2), (Count(second), Count(third)));
        Assert.Null(third.Serving(change).FindFault(second.Serving(change).Leaf, change));
    }

    [Fact]
    public void One_that_expires_meanwhile_is_not_waited_with()
    {
        var first = CertificateSet.Issue(Names, Start, null);
        var late = Start + CertificateSet.Lifetime - TimeSpan.FromMinutes(1);
        var second = CertificateSet.Issue(Names, late, first);
        Assert.NotEqual(first.Serving(Start).Leaf.Thumbprint, second.Serving(late).Leaf.Thumbprint);
    }

    [Fact]
    public void What_is_written_into_a_Secret_is_read_back()
    {
        var set = CertificateSet.Issue(Names, Start, CertificateSet.Issue(Names, Start, null));
        Assert.Equal(set, CertificateSet.Read(Data(set)));
        var single = CertificateSet.Issue(Names, Start, null);
        Assert.Equal(single, CertificateSet.Read(Data(single)));
    }

    [Theory]
    [InlineData("tls.crt")]
    [InlineData("tls.key")]
    [InlineData("previous.key")]
    [InlineData("ca.crt")]
    public void A_Secret_that_was_damaged_counts_for_none(string field)
    {
        var data = Data(CertificateSet.Issue(Names, Start, CertificateSet.Issue(Names, Start, null)));
        data[field] = Encoding.UTF8.GetBytes("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        Assert.Null(CertificateSet.Read(data));
        Assert.Null(CertificateSet.Read(null));
    }

    private static int Count(CertificateSet set)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(set.Authorities);
        return all.Count;
    }

    private static Dictionary<string, byte[]> Data(CertificateSet set) =>
        set.ToData().Where(field => field.Value is not null)
            .ToDictionary(field => field.Key, field => Convert.FromBase64String((string)field.Value!), StringComparer.Ordinal);
}
