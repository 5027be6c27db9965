using System.Text.Json.Nodes;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Tests.Planning.Manifests;

public sealed class ManifestMergeTests
{
    [Theory]
    [InlineData("""{"a":{"b":1,"c":2}}""", """{"a":{"c":3,"d":4}}""", """{"a":{"b":1,"c":3,"d":4}}""")]
    [InlineData("""{"a":1}""", """{"a":{"b":2}}""", """{"a":{"b":2}}""")]
    [InlineData("""{"a":1,"b":2}""", """{"a":null}""", """{"b":2}""")]
    [InlineData("""{"containers":[{"name":"x","image":"1"}]}""", """{"containers":[{"name":"x","tty":true},{"name":"y"}]}""",
        """{"containers":[{"name":"x","image":"1","tty":true},{"name":"y"}]}""")]
    [InlineData("""{"env":[{"name":"A","value":"1"}]}""", """{"env":[{"name":"A","value":"2"}]}""",
        """{"env":[{"name":"A","value":"2"}]}""")]
    [InlineData("""{"volumeMounts":[{"name":"v","mountPath":"/a"}]}""", """{"volumeMounts":[{"name":"v","mountPath":"/b"}]}""",
        """{"volumeMounts":[{"name":"v","mountPath":"/a"},{"name":"v","mountPath":"/b"}]}""")]
    [InlineData("""{"tolerations":[{"key":"a"}]}""", """{"tolerations":[{"key":"b"}]}""", """{"tolerations":[{"key":"b"}]}""")]
    [InlineData("""{"drop":["ALL"]}""", """{"drop":["NET_RAW"]}""", """{"drop":["NET_RAW"]}""")]
    [InlineData("""{"containers":[{"name":"x"}]}""", """{"containers":[{"name":7}]}""", """{"containers":[{"name":7}]}""")]
    [InlineData("""{}""", """{"a":{"b":[1]}}""", """{"a":{"b":[1]}}""")]
    [InlineData("""{"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"c"}}]}""", """{"volumes":[{"name":"v","emptyDir":{}}]}""",
        """{"volumes":[{"name":"v","emptyDir":{}}]}""")]
    [InlineData("""{"volumes":[{"name":"v","emptyDir":{"medium":"Memory"}}]}""",
        """{"volumes":[{"name":"v","emptyDir":{"sizeLimit":"1Gi"}}]}""",
        """{"volumes":[{"name":"v","emptyDir":{"medium":"Memory","sizeLimit":"1Gi"}}]}""")]
    [InlineData("""{"volumes":[{"name":"v","emptyDir":{}}]}""", """{"volumes":[{"name":"v","emptyDir":null,"csi":{"driver":"d"}}]}""",
        """{"volumes":[{"name":"v","csi":{"driver":"d"}}]}""")]
    [InlineData("""{"env":[{"name":"A","value":"1"}]}""",
        """{"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"status.hostIP"}}}]}""",
        """{"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"status.hostIP"}}}]}""")]
    [InlineData("""{"env":[{"name":"A","valueFrom":{"fieldRef":{"fieldPath":"f"}}}]}""", """{"env":[{"name":"A","value":"1"}]}""",
        """{"env":[{"name":"A","value":"1"}]}""")]
    [InlineData("""{"valueFrom":{"fieldRef":{"fieldPath":"f"}}}""", """{"valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}""",
        """{"valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}""")]
    [InlineData("""{"readinessProbe":{"httpGet":{"port":1},"periodSeconds":1}}""", """{"readinessProbe":{"exec":{"command":["x"]}}}""",
        """{"readinessProbe":{"periodSeconds":1,"exec":{"command":["x"]}}}""")]
    [InlineData("""{"lifecycle":{"preStop":{"exec":{"command":["x"]}}}}""", """{"lifecycle":{"preStop":{"sleep":{"seconds":1}}}}""",
        """{"lifecycle":{"preStop":{"sleep":{"seconds":1}}}}""")]
    [InlineData("""{"seccompProfile":{"type":"Localhost","localhostProfile":"p"}}""", """{"seccompProfile":{"type":"RuntimeDefault"}}""",
        """{"seccompProfile":{"type":"RuntimeDefault"}}""")]
    [InlineData("""{"volumeMounts":[{"name":"v","mountPath":"/a","subPath":"s"}]}""",
        """{"volumeMounts":[{"name":"v","mountPath":"/a","subPathExpr":"$(A)"}]}""",
        """{"volumeMounts":[{"name":"v","mountPath":"/a","subPathExpr":"$(A)"}]}""")]
    [InlineData("""{"volumeMounts":[{"name":"v","mountPath":"/a","subPath":"s"}]}""",
        """{"volumeMounts":[{"name":"w","mountPath":"/a"}]}""", """{"volumeMounts":[{"name":"w","mountPath":"/a"}]}""")]
    [InlineData("""{"volumeMounts":[{"name":"v","mountPath":"/a","subPath":"s"}]}""",
        """{"volumeMounts":[{"name":"v","mountPath":"/a","readOnly":true}]}""",
        """{"volumeMounts":[{"name":"v","mountPath":"/a","subPath":"s","readOnly":true}]}""")]
    [InlineData("""{"a":{"b":1,"c":2}}""", """{"a":{"$patch":"replace","c":3}}""", """{"a":{"c":3}}""")]
    [InlineData("""{"a":{"b":1},"d":2}""", """{"a":{"$patch":"delete"}}""", """{"d":2}""")]
    [InlineData("""{"volumes":[{"name":"v"},{"name":"w"}]}""", """{"volumes":[{"name":"v","$patch":"delete"}]}""",
        """{"volumes":[{"name":"w"}]}""")]
    [InlineData("""{"volumes":[{"name":"v","emptyDir":{"medium":"Memory"}}]}""",
        """{"volumes":[{"name":"v","$patch":"replace","emptyDir":{}}]}""", """{"volumes":[{"name":"v","emptyDir":{}}]}""")]
    [InlineData("""{}""", """{"a":{"b":null,"$patch":"replace","c":[{"d":null,"e":1},{"$patch":"delete"}]}}""",
        """{"a":{"c":[{"e":1}]}}""")]
    [InlineData("""{}""", """{"volumes":[{"name":"v","$patch":"delete"},{"name":"w","$patch":"replace"}]}""",
        """{"volumes":[{"name":"w"}]}""")]
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
