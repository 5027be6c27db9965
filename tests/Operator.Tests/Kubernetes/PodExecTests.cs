using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using k8s.Models;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Operator.Tests.Kubernetes;

/// <summary>Against a WebSocket server on loopback; a real container runtime is behind it in the end-to-end tests.</summary>
public sealed class PodExecTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentQueue<string> _said = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_command_goes_to_the_container_with_the_operators_credentials_and_its_success_is_not_worth_a_word()
    {
        var asked = new TaskCompletionSource<string>();
        await using var server = await ServeAsync(async context =>
        {
            asked.SetResult($"{context.Request.Headers.Authorization} {context.Request.Path}{context.Request.QueryString}");
            await AnswerAsync(context, """{"status":"Success"}""");
        });

        await RunAsync(server);

        Assert.Equal(
            "Bearer secret /api/v1/namespaces/ns/pods/job-1-0/exec?container=trainer&stderr=true&command=sh&command=-c&command=kill%20-QUIT%201", await asked.Task);
        Assert.Empty(_said);
    }

    [Fact]
    public async Task A_command_that_fails_is_logged_with_the_servers_words()
    {
        await using var server = await ServeAsync(context => AnswerAsync(context, """{"status":"Failure","message":"sh: not found"}"""));
        await RunAsync(server);
        Assert.Contains("sh: not found", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_role_it_says_which_manifest_grants_it()
    {
        await using var server = await ServeAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return Task.CompletedTask;
        });
        await RunAsync(server);
        Assert.Contains("deploy/optional/stack-dumps.yaml", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_that_never_answers_is_given_up()
    {
        var opened = new TaskCompletionSource();
        await using var server = await ServeAsync(async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
            opened.SetResult();
            await socket.ReceiveAsync(new byte[1], context.RequestAborted);
        });
        var running = RunAsync(server);
        await opened.Task;
        _time.Advance(TimeSpan.FromSeconds(4));
        await running;
        Assert.Contains("was not run", Assert.Single(_said), StringComparison.Ordinal);
    }

    private static async Task AnswerAsync(HttpContext context, string status)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync("v4.channel.k8s.io");
        // an empty line on standard error
        await socket.SendAsync(new byte[] { 2 }, WebSocketMessageType.Binary, endOfMessage: true, context.RequestAborted);
        await socket.SendAsync(Encoding.UTF8.GetBytes("\u0003" + status), WebSocketMessageType.Binary, endOfMessage: true,
            context.RequestAborted);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }

    private static async Task<WebApplication> ServeAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        server.UseWebSockets();
        server.Run(answer);
        await server.StartAsync(Cancel);
        return server;
    }

    private async Task RunAsync(WebApplication server)
    {
        using var http = new HttpClient();
        var address = server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        var connection = new ApiConnection(http, new Uri(address), Authenticate, _time, ScriptedServer.Metrics());
        var pod = new V1Pod { Metadata = new V1ObjectMeta { Name = "job-1-0", NamespaceProperty = "ns" } };
        await new PodExec(connection, _time, new RecordingLogger(_said)).RunAsync(pod, "trainer", ["sh", "-c", "kill -QUIT 1"], Cancel);
    }

    private static Task Authenticate(HttpRequestMessage request, CancellationToken cancel)
    {
        request.Headers.Authorization = new("Bearer", "secret");
        return Task.CompletedTask;
    }
}
