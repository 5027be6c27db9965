using System.Text.Json.Nodes;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Tests.Planning.Manifests;

public sealed class ManifestMergeTests
{
    [Theory]
    [InlineData("""{"a":{"b":1,"c":2}}""", """{"a":{"c":3,"d":4}}""", """{"a":{"b":1,"c":3,"d":4}}""")]
    [InlineData("""{"a":1}""", """{"a":{"b":2}}""", """{"a":{"b":2}}""")]
    [InlineData("""{"a":1,"b":2}""", """{"a":null}""", """{"b":2}""")]
    [InlineData("""{"containers":[{"name":"x","image":"1"}]}""", """{"containers":[{"name":"x","tty":true},{"name":"y"}]}""", """{"containers":[{"name":"x","image":"1","tty":true},{"name":"y"}]}""")]
    [InlineData("""{"env":[{"name":"A","value":"1"}]}""", """{"env":[{"name":"A","value":"2"}]}""", """{"env":[{"name":"A","value":"2"}]}""")]
    [InlineData("""{"volumeMounts":[{"name":"v","mountPath":"/a"}]}""", """{"volumeMounts":[{"name":"v","mountPath":"/b"}]}""", """{"volumeMounts":[{"name":"v","mountPath":"/a"},{"name":"v","mountPath":"/b"}]}""")]
    [InlineData("""{"tolerations":[{"key":"a"}]}""", """{"tolerations":[{"key":"b"}]}""", """{"tolerations":[{"key":"b"}]}""")]
    [InlineData("""{"drop":["ALL"]}""", """{"drop":["NET_RAW"]}""", """{"drop":["NET_RAW"]}""")]
    [InlineData("""{"containers":[{"name":"x"}]}""", """{"containers":[{"name":7}]}""", """{"containers":[{"name":7}]}""")]
    [InlineData("""{}""", """{"a":{"b":[1]}}""", """{"a":{"b":[1]}}""")]
    public void Overrides_are_laid_over(string target, string overrides, string expected)
    {
        var merged = (JsonObject)JsonNode.Parse(target)!;
        ManifestMerge.Into(merged, (JsonObject)JsonNode.Parse(overrides)!);
        Assert.Equal(expected, merged.ToJsonString());
    }

    [Fact]
    public void The_overrides_themselves_are_not_changed()
    {
        var overrides = (JsonObject)JsonNode.Parse("""{"a":{"b":[{"name":"x"}]}}""")!;
        var target = new JsonObject();
        ManifestMerge.Into(target, overrides);
        target["a"]!["b"]!.AsArray().Clear();
        Assert.Equal("""{"a":{"b":[{"name":"x"}]}}""", overrides.ToJsonString());
    }
}
