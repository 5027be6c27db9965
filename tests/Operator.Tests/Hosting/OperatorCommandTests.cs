using System.Net.Sockets;
using MhcOperator.CommandLine;
using MhcOperator.Operator.Hosting;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Serving;
using MhcOperator.Testing.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace MhcOperator.Operator.Tests.Hosting;

public sealed class OperatorCommandTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", 0, 1)]
    [InlineData("--kube-api-qps 50", 50, 100)]
    [InlineData("--kube-api-qps 0.2", 0.2, 1)]
    [InlineData("--kube-api-qps 50 --kube-api-burst 80", 50, 80)]
    public void Requests_are_limited_only_where_that_is_asked_for(string arguments, double perSecond, int burst)
    {
        var settings = OperatorCommand.Read(OperatorCommand.Create().Parse(arguments));
        Assert.Equal((perSecond, burst), (settings.RequestsPerSecond, settings.RequestBurst));
    }

    [Fact]
    public void Namespaces_and_secrets_are_given_one_by_one()
    {
        var settings = OperatorCommand.Read(OperatorCommand.Create()
            .Parse("--namespace a --namespace 2b --namespace a --image-pull-secret x.y"));
        Assert.Equal(["a", "2b"], settings.Namespaces);
        Assert.Equal(["x.y"], settings.ImagePullSecrets);
        Assert.Empty(OperatorCommand.Read(OperatorCommand.Create().Parse("")).Namespaces);
    }

    [Theory]
    [InlineData("--namespace", "")]
    [InlineData("--namespace", "a,b")]
    [InlineData("--namespace", "a.b")]
    [InlineData("--namespace", "-a")]
    [InlineData("--image-pull-secret", "A")]
    [InlineData("--image-pull-secret", "a..b")]
    public void A_name_that_no_object_can_have_is_refused(string option, string name)
    {
        var error = Assert.Single(OperatorCommand.Create().Parse([option, name]).Errors);
        Assert.StartsWith($"{option}: '{name}' was given; a DNS ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("--forbid-secrets-in-templates", "")]
    [InlineData("--allow-secret-in-templates a --allow-secret-in-templates b.c", "a b.c")]
    [InlineData("--forbid-secrets-in-templates --allow-secret-in-templates a", "a")]
    public void Templates_may_name_any_Secret_unless_some_or_none_are_allowed(string arguments, string? allowed)
    {
        var settings = OperatorCommand.Read(OperatorCommand.Create().Parse(arguments));
        Assert.Equal(allowed?.Split(' ', StringSplitOptions.RemoveEmptyEntries), settings.SecretsInTemplates);
    }

    [Fact]
    public void Whom_network_policies_let_in_is_said_by_labels()
    {
        Assert.Null(OperatorCommand.Read(OperatorCommand.Create().Parse("--network-policy-scrapers a=b")).JobNetwork);
        var usual = OperatorCommand.Read(OperatorCommand.Create().Parse("--network-policy --lease-namespace mine")).JobNetwork!;
        Assert.Equal(new Dictionary<string, string> { ["app.kubernetes.io/name"] = "mhc-operator" }, usual.OperatorPods);
        Assert.Equal(new Dictionary<string, string> { ["kubernetes.io/metadata.name"] = "mine" }, usual.OperatorNamespace);
        Assert.Null(usual.Scrapers);
        var said = OperatorCommand.Read(OperatorCommand.Create().Parse(
            "--network-policy --network-policy-operator b=2,a.b/c=1 --network-policy-operator-namespace n=o --network-policy-scrapers empty=")).JobNetwork!;
        Assert.Equal(new Dictionary<string, string> { ["a.b/c"] = "1", ["b"] = "2" }, said.OperatorPods);
        Assert.Equal(new Dictionary<string, string> { ["n"] = "o" }, said.OperatorNamespace);
        Assert.Equal(new Dictionary<string, string> { ["empty"] = "" }, said.Scrapers);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a=1,a=2")]
    [InlineData("a=1,")]
    [InlineData("=1")]
    [InlineData("a==1")]
    [InlineData("a b=1")]
    [InlineData("A.b/c=1")]
    [InlineData("a/b/c=1")]
    [InlineData("a=-1")]
    [InlineData("a!=1")]
    public void Labels_that_no_object_can_have_are_refused(string labels)
    {
        var error = Assert.Single(OperatorCommand.Create().Parse(["--network-policy-scrapers", labels]).Errors);
        Assert.StartsWith($"--network-policy-scrapers: '{labels}' was given; labels were expected", error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_says_where_both_families_of_IP_are_listened_on()
    {
        var settings = OperatorCommand.Read(OperatorCommand.Create().Parse("--metrics-port 0"));
        await using var host = await HttpHost.StartAsync(
            settings.BindAddress, 0, "--metrics-port", _ => { },
            server => server.Map("/healthz", branch => branch.Run(context => context.Response.WriteAsync("ok"))), Cancel);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        foreach (var address in (string[])(Socket.OSSupportsIPv6 ? ["127.0.0.1", "[::1]"] : ["127.0.0.1"]))
        {
            Assert.Equal("ok", await http.GetStringAsync(new Uri($"http://{address}:{host.Address.Port}/healthz"), Cancel));
        }
    }

    [Fact]
    public Task No_option_takes_a_value_that_it_cannot_have() =>
        BadValues.AllAreRefusedAsync(OperatorCommand.Create, ProgramLine.InvokeAsync, OperatorStartException.ExitCode, least: 8);

    [Theory]
    [InlineData("--kube-api-qps -1", "--kube-api-qps: '-1' was given; 0, or a number from 0.1 to 1000000, was expected, as 0.5")]
    [InlineData("--kube-api-burst 0", "--kube-api-burst: '0' was given; a whole number from 1 to 1000000 was expected, as 1000")]
    public void A_limit_that_cannot_be_is_refused(string arguments, string message) =>
        Assert.Equal([message], OperatorCommand.Create().Parse(arguments).Errors.Select(error => error.Message));
}
