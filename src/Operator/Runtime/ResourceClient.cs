using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;

namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Access to one kind of object. Writes send manifests, not typed objects: those lose the fields that their types do
/// not know.
/// </summary>
internal sealed class ResourceClient<T>(ApiConnection connection, ResourceType<T> type)
    where T : class, IMetadata<V1ObjectMeta>
{
    private const int LargestPage = 500;

    /// <summary>Ordinary pages are shorter. Parsed, a byte of it can take twenty.</summary>
    private const long LongestPage = 2 * 1024 * 1024;

    private volatile int _pageSize = LargestPage;

    public ResourceType<T> Type => type;

    /// <summary>One page of the newest state.</summary>
    /// <param name="ns">Namespace; null: all.</param>
    /// <param name="selector">Label or field selector as a query (<c>labelSelector=…</c>); null: all.</param>
    /// <param name="token">Continuation of the page before; null: the first.</param>
    /// <param name="cancel">Stops waiting.</param>
    public async Task<ListPage<T>> ListAsync(string? ns, string? selector, string? token, CancellationToken cancel)
    {
        using var answer = await SendPageAsync(ns, selector, token, cancel);
        var metadata = answer.RootElement.GetProperty("metadata");
        var next = metadata.TryGetProperty("continue", out var c) ? c.GetString() : null;
        var items = new List<T>();
        foreach (var element in answer.RootElement.GetProperty("items").EnumerateArray())
        {
            if (TryRead(element) is { } item)
            {
                items.Add(item);
            }
        }

        return new ListPage<T>(items, metadata.GetProperty("resourceVersion").GetString() ?? "", string.IsNullOrEmpty(next) ? null : next);
    }

    /// <summary>Changes after a version; ends when the server ends it, and with an error when the version is too old (410).</summary>
    /// <param name="ns">Namespace; null: all.</param>
    /// <param name="selector">As in <see cref="ListAsync"/>.</param>
    /// <param name="version">Resource version to go on from.</param>
    /// <param name="length">How long the server keeps it open.</param>
    /// <param name="cancel">Ends the watch.</param>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync(string? ns, string? selector, string version, TimeSpan length,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        var query = $"?watch=true&allowWatchBookmarks=true&resourceVersion={version}&timeoutSeconds={(int)length.TotalSeconds}{And(selector)}";
        var request = new ApiRequest("watch", type.Plural, HttpMethod.Get, type.Path(ns) + query);
        using var response = await connection.OpenAsync(request, cancel);
        await foreach (var document in JsonLines.ReadAsync(await response.Content.ReadAsStreamAsync(cancel), cancel))
        {
            using (document)
            {
                yield return ReadEvent(document.RootElement);
            }
        }
    }

    /// <summary>The object, or null where there is none.</summary>
    public async Task<T?> FindAsync(string? ns, string name, CancellationToken cancel)
    {
        try
        {
            using var answer = await SendAsync("get", HttpMethod.Get, type.Path(ns, name), cancel);
            return type.Read(answer.RootElement);
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Creates an object; 409 where one of that name exists.</summary>
    public async Task<T> CreateAsync(string? ns, JsonObject manifest, string fieldManager, CancellationToken cancel)
    {
        var path = $"{type.Path(ns)}?fieldManager={fieldManager}";
        using var answer = await SendAsync("create", HttpMethod.Post, path, cancel, manifest.ToJsonString());
        return type.Read(answer.RootElement);
    }

    /// <summary>Server-side apply, taking over fields from other managers.</summary>
    public async Task<T> ApplyAsync(string? ns, string name, JsonObject manifest, string fieldManager, CancellationToken cancel)
    {
        var path = $"{type.Path(ns, name)}?fieldManager={fieldManager}&force=true";
        using var answer = await SendAsync("apply", HttpMethod.Patch, path, cancel, manifest.ToJsonString(),
            "application/apply-patch+yaml");
        return type.Read(answer.RootElement);
    }

    /// <summary>JSON merge patch; with <c>metadata.resourceVersion</c> in it, a compare-and-swap that fails with 409.</summary>
    public async Task<T> PatchAsync(string? ns, string name, string? subresource, JsonObject patch, string fieldManager,
        CancellationToken cancel)
    {
        var path = $"{type.Path(ns, name, subresource)}?fieldManager={fieldManager}";
        using var answer = await SendAsync("patch", HttpMethod.Patch, path, cancel, patch.ToJsonString(), "application/merge-patch+json");
        return type.Read(answer.RootElement);
    }

    /// <summary>JSON patch (RFC 6902).</summary>
    public async Task<T> JsonPatchAsync(string? ns, string name, string? subresource, JsonArray patch, string fieldManager,
        CancellationToken cancel)
    {
        var path = $"{type.Path(ns, name, subresource)}?fieldManager={fieldManager}";
        using var answer = await SendAsync("patch", HttpMethod.Patch, path, cancel, patch.ToJsonString(), "application/json-patch+json");
        return type.Read(answer.RootElement);
    }

    /// <summary>Deletes the object if it still is the one with that uid.</summary>
    /// <param name="ns">Namespace.</param>
    /// <param name="name">Name.</param>
    /// <param name="uid">Uid that it must have; null: any.</param>
    /// <param name="graceSeconds">Grace period; null: the object's own.</param>
    /// <param name="cancel">Stops waiting.</param>
    /// <exception cref="ApiException">404 or 409 where that object is gone already.</exception>
    public async Task DeleteAsync(string? ns, string name, string? uid, int? graceSeconds, CancellationToken cancel)
    {
        var options = new JsonObject { ["propagationPolicy"] = "Background" };
        if (uid is not null)
        {
            options["preconditions"] = new JsonObject { ["uid"] = uid };
        }

        if (graceSeconds is { } grace)
        {
            options["gracePeriodSeconds"] = grace;
        }

        using var answer = await SendAsync("delete", HttpMethod.Delete, type.Path(ns, name), cancel, options.ToJsonString());
    }

    /// <summary>
    /// Objects may be large, and nobody knows before: a page that is too long is asked for again in smaller ones, down to single objects.
    /// </summary>
    private async Task<JsonDocument> SendPageAsync(string? ns, string? selector, string? token, CancellationToken cancel)
    {
        for (; ; _pageSize = Math.Max(1, _pageSize / 4))
        {
            var size = _pageSize;
            var query = $"?limit={size}{And(selector)}" + (token is null ? "" : $"&continue={Uri.EscapeDataString(token)}");
            var request = new ApiRequest("list", type.Plural, HttpMethod.Get, type.Path(ns) + query)
            {
                Accept = type.Accept,
                LongestAnswer = size > 1 ? LongestPage : null
            };
            try
            {
                var page = await connection.SendAsync(request, cancel);
                var isSmall = JsonMarshal.GetRawUtf8Value(page.RootElement).Length < LongestPage / 2;
                _pageSize = isSmall ? Math.Min(LargestPage, size * 2) : size;
                return page;
            }
            catch (AnswerTooLongException)
            {
                _pageSize = size;
            }
        }
    }

    private Task<JsonDocument> SendAsync(string verb, HttpMethod method, string path, CancellationToken cancel, string? body = null,
        string mediaType = "application/json") =>
        connection.SendAsync(new ApiRequest(verb, type.Plural, method, path, body, mediaType) { Accept = type.Accept }, cancel);

    private WatchEvent<T> ReadEvent(JsonElement line)
    {
        var item = line.GetProperty("object");
        var kind = line.GetProperty("type").GetString();
        if (kind == "ERROR")
        {
            var code = item.TryGetProperty("code", out var c) && c.TryGetInt32(out var number) ? number : 500;
            var message = item.TryGetProperty("message", out var m) ? m.GetString() : null;
            throw new ApiException((HttpStatusCode)code, message ?? "the watch failed");
        }

        var version = item.GetProperty("metadata").GetProperty("resourceVersion").GetString() ?? "";
        return kind switch
        {
            "BOOKMARK" => new WatchEvent<T>(WatchEventKind.Bookmark, version, null),
            "DELETED" => new WatchEvent<T>(WatchEventKind.Deleted, version, TryRead(item)),
            _ => new WatchEvent<T>(WatchEventKind.Set, version, TryRead(item)),
        };
    }

    /// <summary>One object that its type can't hold must not stop the others from being seen.</summary>
    private T? TryRead(JsonElement element)
    {
        try
        {
            return type.Read(element);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }

    private static string And(string? selector) => selector is null ? "" : "&" + selector;
}

/// <summary>One page of a list.</summary>
/// <param name="Items">Objects.</param>
/// <param name="Version">Resource version of the whole list, from which a watch goes on.</param>
/// <param name="Continue">Token of the next page; null: this is the last.</param>
internal sealed record ListPage<T>(IReadOnlyList<T> Items, string Version, string? Continue);

/// <summary>Which objects are watched.</summary>
/// <param name="Namespace">Namespace; null: all of them.</param>
/// <param name="Selector">Query, such as <c>labelSelector=…</c>; null: every object.</param>
internal sealed record WatchScope(string? Namespace, string? Selector = null)
{
    /// <summary>A scope for each namespace; one for all of them where none is named.</summary>
    public static IReadOnlyList<WatchScope> Each(IReadOnlyList<string> namespaces, string? selector = null) =>
        namespaces.Count == 0 ? [new WatchScope(null, selector)] : [.. namespaces.Select(ns => new WatchScope(ns, selector))];
}

/// <summary>One line of a watch.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Version">Resource version that the watch has reached with it.</param>
/// <param name="Item">The object; null for a bookmark and for an object that could not be read.</param>
internal sealed record WatchEvent<T>(WatchEventKind Kind, string Version, T? Item)
    where T : class;

/// <summary>What a line of a watch says.</summary>
internal enum WatchEventKind
{
    /// <summary>The object is there, new or changed.</summary>
    Set,

    /// <summary>The object is gone.</summary>
    Deleted,

    /// <summary>Nothing happened up to this version.</summary>
    Bookmark,
}
