using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MhcOperator.Testing.Kubernetes;

/// <summary>A plain client of the API, which shares no code with the operator's.</summary>
public sealed class TestApi : IDisposable
{
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 30_000 };
    private readonly HttpClient _http;

    public TestApi(Uri server, string token)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        // a server on loopback with a certificate of its own making
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => server.IsLoopback;
        _http = new HttpClient(handler) { BaseAddress = server, Timeout = Eventually.Limit };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("integration-tests");
    }

    public async Task<bool> IsReadyAsync(CancellationToken cancel)
    {
        try
        {
            using var answer = await _http.GetAsync("readyz", cancel);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException { InnerException: TimeoutException })
        {
            return false;
        }
    }

    public async Task<bool> ExistsAsync(string path, CancellationToken cancel)
    {
        using var answer = await _http.GetAsync(path, cancel);
        return answer.IsSuccessStatusCode;
    }

    /// <summary>The object; null where there is none.</summary>
    public async Task<JsonObject?> FindAsync(string path, CancellationToken cancel)
    {
        using var answer = await _http.GetAsync(path, cancel);
        return answer.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync(answer, path, cancel);
    }

    public async Task<IReadOnlyList<JsonObject>> ListAsync(string path, CancellationToken cancel)
    {
        using var answer = await _http.GetAsync(path, cancel);
        var list = await ReadAsync(answer, path, cancel);
        return [.. list["items"]!.AsArray().Select(item => item!.AsObject())];
    }

    public Task<JsonObject> CreateAsync(string path, JsonObject body, CancellationToken cancel) =>
        SendAsync(HttpMethod.Post, path, body.ToJsonString(), "application/json", cancel);

    public Task<JsonObject> CreateYamlAsync(string path, string body, CancellationToken cancel) =>
        SendAsync(HttpMethod.Post, path, body, "application/yaml", cancel);

    public Task<JsonObject> ApplyAsync(string path, JsonObject body, CancellationToken cancel) =>
        SendAsync(HttpMethod.Patch, path + "?fieldManager=kubectl&force=true", body.ToJsonString(), "application/apply-patch+yaml", cancel);

    public Task<JsonObject> MergeAsync(string path, JsonObject patch, CancellationToken cancel) =>
        SendAsync(HttpMethod.Patch, path, patch.ToJsonString(), "application/merge-patch+json", cancel);

    /// <summary>A pod's new status, as kubelets, schedulers and queues send it: each changes its own conditions alone.</summary>
    public Task<JsonObject> PatchStatusAsync(string pod, JsonObject status, CancellationToken cancel) =>
        SendAsync(HttpMethod.Patch, pod + "/status", new JsonObject { ["status"] = status }.ToJsonString(),
            "application/strategic-merge-patch+json", cancel);

    public Task<JsonObject> DeleteAsync(string path, CancellationToken cancel) =>
        SendAsync(HttpMethod.Delete, path, "{}", "application/json", cancel);

    /// <summary>Deletes without a grace period, as a kubelet does when the last container has ended.</summary>
    public Task<JsonObject> DeleteNowAsync(string path, CancellationToken cancel) =>
        SendAsync(HttpMethod.Delete, path, """{"gracePeriodSeconds":0}""", "application/json", cancel);

    /// <summary>Deletes the children first.</summary>
    public Task<JsonObject> DeleteInForegroundAsync(string path, CancellationToken cancel) =>
        SendAsync(HttpMethod.Delete, path, """{"propagationPolicy":"Foreground"}""", "application/json", cancel);

    /// <summary>Without a grace period, and whether it is still there or not.</summary>
    public async Task CollectAsync(string path, CancellationToken cancel)
    {
        using var answer = await _http.DeleteAsync(path + "?gracePeriodSeconds=0", cancel);
        Assert.True(answer.IsSuccessStatusCode || answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict,
            $"DELETE {path}: {(int)answer.StatusCode}");
    }

    /// <summary>Sends whatever it is, and returns what the server says to it.</summary>
    public async Task<(HttpStatusCode Code, JsonObject Answer)> AskAsync(HttpMethod method, string path, JsonObject body, string mediaType,
        CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method,
            path)
        { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, mediaType) };
        using var answer = await _http.SendAsync(request, cancel);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancel))!.AsObject());
    }

    public void Dispose() => _http.Dispose();

    private async Task<JsonObject> SendAsync(HttpMethod method, string path, string body, string mediaType, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, mediaType) };
        using var answer = await _http.SendAsync(request, cancel);
        return await ReadAsync(answer, path, cancel);
    }

    private static async Task<JsonObject> ReadAsync(HttpResponseMessage answer, string path, CancellationToken cancel)
    {
        var text = await answer.Content.ReadAsStringAsync(cancel);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.RequestMessage?.Method} {path}: {(int)answer.StatusCode} {text}");
        return JsonNode.Parse(text, null, Deep)!.AsObject();
    }
}
