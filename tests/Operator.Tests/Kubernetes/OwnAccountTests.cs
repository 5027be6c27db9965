using System.Buffers.Text;
using System.Text;
using MhcOperator.Operator.Kubernetes;

namespace MhcOperator.Operator.Tests.Kubernetes;

public sealed class OwnAccountTests
{
    [Fact]
    public void A_token_names_its_service_account() =>
        Assert.Equal(
            new OwnAccount("mhc-system", "mhc-operator", "1234"),
            OwnAccount.Read(
                Token(
                    """{"kubernetes.io":{"namespace":"mhc-system","pod":{"name":"p"},"serviceaccount":{"name":"mhc-operator","uid":"1234"}},"sub":"x"}""")));

    [Fact]
    public void So_does_one_that_is_kept_in_a_secret() =>
        Assert.Equal(
            new OwnAccount("mhc-system", "mhc-operator", "1234"),
            OwnAccount.Read(Token("""
                {"kubernetes.io/serviceaccount/namespace":"mhc-system","kubernetes.io/serviceaccount/service-account.name":"mhc-operator",
                 "kubernetes.io/serviceaccount/service-account.uid":"1234"}
                """)));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("admin")]
    [InlineData("a.b.c")]
    [InlineData("a.===.c")]
    public void Another_token_names_none(string? token) => Assert.Null(OwnAccount.Read(token));

    [Theory]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("""{"kubernetes.io":1}""")]
    [InlineData("""{"kubernetes.io":{"namespace":1,"serviceaccount":{"name":"a","uid":"b"}}}""")]
    [InlineData("""{"kubernetes.io":{"namespace":"a","serviceaccount":[]}}""")]
    [InlineData("""{"kubernetes.io":{"namespace":"a","serviceaccount":{"name":"a"}}}""")]
    public void Claims_of_another_kind_name_none(string claims) => Assert.Null(OwnAccount.Read(Token(claims)));

    private static string Token(string claims) => $"header.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims))}.signature";
}
