using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;

namespace MhcOperator.Operator.Runtime;

/// <summary>
/// Writes core/v1 events. The same thing said again within the window counts up one event; many different messages of
/// one reason become one event as well.
/// </summary>
/// <param name="events">Writes them.</param>
/// <param name="component">Who speaks.</param>
/// <param name="instance">Which process of it.</param>
/// <param name="time">Clock of the window.</param>
internal sealed class EventRecorder(ResourceClient<WrittenObject> events, string component, string instance, TimeProvider time)
{
    private const int LongestMessage = 1024;
    private const int MessagesBeforeCombining = 10;
    private const int ForgetAbove = 4096;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<SimilarEvents, (int Messages, DateTimeOffset Since)> _similar = [];
    private readonly Dictionary<(SimilarEvents Group, string Message), RecordedEvent> _recent = [];

    /// <summary>Records something about an object.</summary>
    /// <param name="about">The object.</param>
    /// <param name="isWarning">Warning or Normal.</param>
    /// <param name="reason">CamelCase.</param>
    /// <param name="message">A sentence.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="ApiException">The server refused.</exception>
    public async Task RecordAsync(V1ObjectReference about, bool isWarning, string reason, string message, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var (entry, text) = Count(about, isWarning, reason, message, now);
        var ns = about.NamespaceProperty ?? "default";
        try
        {
            if (entry.Count > 1)
            {
                var patch = new JsonObject { ["count"] = entry.Count, ["lastTimestamp"] = Text(now), ["message"] = text };
                await events.PatchAsync(ns, entry.Name, null, patch, component, cancel);
            }
            else
            {
                await events.CreateAsync(ns, Manifest(about, isWarning, reason, entry, text), component, cancel);
            }
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.NotFound && entry.Count > 1)
        {
            Forget(entry); // the server keeps events for an hour or so: the next one starts anew
        }
        catch (Exception e) when (e is HttpRequestException or IOException or ApiException or JsonException or TimeoutException)
        {
            Forget(entry);
            throw; // the caller tries again
        }
    }

    private (RecordedEvent Entry, string Message) Count(V1ObjectReference about, bool isWarning, string reason, string said,
        DateTimeOffset now)
    {
        var group = new SimilarEvents(about.Uid, isWarning, reason);
        var message = said.Length <= LongestMessage ? said : said[..(LongestMessage - 3)] + "...";
        lock (_gate)
        {
            ForgetOld(now);
            var id = message;
            if (!_recent.ContainsKey((group, message)))
            {
                var (messages, since) = _similar.GetValueOrDefault(group, (0, now));
                _similar[group] = (messages + 1, since);
                id = messages < MessagesBeforeCombining ? message : "";
            }

            var entry = _recent.TryGetValue((group, id), out var earlier)
                ? earlier with { Count = earlier.Count + 1 }
                : new RecordedEvent($"{about.Name}.{Guid.NewGuid():n}", 1, now);
            _recent[(group, id)] = entry;
            return (entry, id.Length == 0 && message.Length > 0 ? $"(combined from similar events): {message}" : message);
        }
    }

    /// <summary>Events are rare, so that looking through all of them each time is cheap; memory stays bounded.</summary>
    private void ForgetOld(DateTimeOffset now)
    {
        foreach (var key in _recent.Where(pair => now - pair.Value.Since > Window).Select(pair => pair.Key).ToList())
        {
            _recent.Remove(key);
        }

        foreach (var key in _similar.Where(pair => now - pair.Value.Since > Window).Select(pair => pair.Key).ToList())
        {
            _similar.Remove(key);
        }

        if (_recent.Count > ForgetAbove)
        {
            _recent.Clear();
            _similar.Clear();
        }
    }

    private void Forget(RecordedEvent entry)
    {
        lock (_gate)
        {
            foreach (var key in _recent.Where(pair => pair.Value.Name == entry.Name).Select(pair => pair.Key).ToList())
            {
                _recent.Remove(key);
            }
        }
    }

    private JsonObject Manifest(V1ObjectReference about, bool isWarning, string reason, RecordedEvent entry, string message) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Event",
        ["metadata"] = new JsonObject { ["name"] = entry.Name, ["namespace"] = about.NamespaceProperty ?? "default" },
        ["involvedObject"] = new JsonObject
        {
            ["apiVersion"] = about.ApiVersion,
            ["kind"] = about.Kind,
            ["namespace"] = about.NamespaceProperty,
            ["name"] = about.Name,
            ["uid"] = about.Uid,
            ["resourceVersion"] = about.ResourceVersion,
        },
        ["type"] = isWarning ? "Warning" : "Normal",
        ["reason"] = reason,
        ["message"] = message,
        ["count"] = 1,
        ["firstTimestamp"] = Text(entry.Since),
        ["lastTimestamp"] = Text(entry.Since),
        ["source"] = new JsonObject { ["component"] = component },
        ["reportingComponent"] = component,
        ["reportingInstance"] = instance,
    };

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}

/// <summary>An event on the server that may still count up.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">How often it has happened.</param>
/// <param name="Since">When it happened first.</param>
internal sealed record RecordedEvent(string Name, int Count, DateTimeOffset Since);

/// <summary>Events that differ in their message only.</summary>
internal readonly record struct SimilarEvents(string? Uid, bool IsWarning, string Reason);
