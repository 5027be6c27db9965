using System.Text.Json.Nodes;
using MhcOperator.Api.Validation;

namespace Api.Tests.Validation;

public sealed class PodTemplatePrivilegesTests
{
    private const string Root = "spec.workers.template.";

    private static IReadOnlyList<FieldError> Check(string template) => PodTemplatePrivileges.Check((JsonObject)JsonNode.Parse(template)!);

    [Theory]
    [InlineData("""{"spec":{"hostNetwork":true}}""", "spec.hostNetwork")]
    [InlineData("""{"spec":{"hostPID":true}}""", "spec.hostPID")]
    [InlineData("""{"spec":{"hostIPC":true}}""", "spec.hostIPC")]
    [InlineData("""{"spec":{"serviceAccountName":"admin"}}""", "spec.serviceAccountName")]
    [InlineData("""{"spec":{"serviceAccount":"admin"}}""", "spec.serviceAccount")]
    [InlineData("""{"spec":{"automountServiceAccountToken":true}}""", "spec.automountServiceAccountToken")]
    [InlineData("""{"spec":{"automountServiceAccountToken":null}}""", "spec.automountServiceAccountToken")]
    [InlineData("""{"spec":{"securityContext":null}}""", "spec.securityContext")]
    [InlineData("""{"spec":{"securityContext":{"runAsNonRoot":false}}}""", "spec.securityContext.runAsNonRoot")]
    [InlineData("""{"spec":{"securityContext":{"runAsNonRoot":null}}}""", "spec.securityContext.runAsNonRoot")]
    [InlineData("""{"spec":{"securityContext":{"runAsUser":0}}}""", "spec.securityContext.runAsUser")]
    [InlineData("""{"spec":{"securityContext":{"seccompProfile":{"type":"Unconfined"}}}}""", "spec.securityContext.seccompProfile")]
    [InlineData("""{"spec":{"securityContext":{"seccompProfile":null}}}""", "spec.securityContext.seccompProfile")]
    [InlineData("""{"spec":{"securityContext":{"sysctls":[{"name":"kernel.msgmax","value":"1"}]}}}""", "spec.securityContext.sysctls")]
    [InlineData("""{"spec":{"securityContext":{"windowsOptions":{"hostProcess":true}}}}""", "spec.securityContext.windowsOptions")]
    [InlineData("""{"spec":{"securityContext":{"seLinuxOptions":{"role":"sysadm_r"}}}}""", "spec.securityContext.seLinuxOptions")]
    [InlineData("""{"spec":{"securityContext":{"appArmorProfile":{"type":"Unconfined"}}}}""", "spec.securityContext.appArmorProfile")]
    [InlineData("""{"spec":{"volumes":[{"name":"a","emptyDir":{}},{"name":"b","hostPath":{"path":"/"}}]}}""", "spec.volumes[1].hostPath")]
    [InlineData("""{"spec":{"volumes":[{"name":"a","nfs":{"server":"x","path":"/"}}]}}""", "spec.volumes[0].nfs")]
    [InlineData("""{"spec":{"volumes":[{"name":"a","projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}}]}}""", "spec.volumes[0].projected.sources[0].serviceAccountToken")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"privileged":true}}]}}""", "spec.containers[0].securityContext.privileged")]
    [InlineData("""{"spec":{"initContainers":[{"name":"i","securityContext":{"privileged":true}}]}}""", "spec.initContainers[0].securityContext.privileged")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":null}]}}""", "spec.containers[0].securityContext")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"allowPrivilegeEscalation":true}}]}}""", "spec.containers[0].securityContext.allowPrivilegeEscalation")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"allowPrivilegeEscalation":null}}]}}""", "spec.containers[0].securityContext.allowPrivilegeEscalation")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"capabilities":{"add":["SYS_ADMIN"]}}}]}}""", "spec.containers[0].securityContext.capabilities.add")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"capabilities":{"drop":["KILL"]}}}]}}""", "spec.containers[0].securityContext.capabilities.drop")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"procMount":"Unmasked"}}]}}""", "spec.containers[0].securityContext.procMount")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"runAsUser":0}}]}}""", "spec.containers[0].securityContext.runAsUser")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","ports":[{"containerPort":1,"hostPort":80}]}]}}""", "spec.containers[0].ports[0].hostPort")]
    [InlineData("""{"metadata":{"annotations":{"container.apparmor.security.beta.kubernetes.io/trainer":"unconfined"}}}""", "metadata.annotations[container.apparmor.security.beta.kubernetes.io/trainer]")]
    public void What_the_restricted_standard_refuses_is_named_with_its_path(string template, string path)
    {
        var error = Assert.Single(Check(template));
        Assert.Equal(Root + path, error.Path);
        Assert.Contains("--allow-privileged-templates", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"metadata":{"labels":{"a":"b"},"annotations":{"a":"b"}},"spec":{"nodeSelector":{"a":"b"},"serviceAccountName":"default","hostNetwork":false,"automountServiceAccountToken":false}}""")]
    [InlineData("""{"spec":{"volumes":[{"name":"a","secret":{"secretName":"s"}},{"name":"checkpoints","persistentVolumeClaim":null,"emptyDir":{}}]}}""")]
    [InlineData("""{"spec":{"securityContext":{"runAsUser":1000,"fsGroup":1000,"seccompProfile":{"type":"Localhost","localhostProfile":"p"}}}}""")]
    [InlineData("""{"spec":{"containers":[{"name":"side","image":"i","securityContext":{"runAsNonRoot":true,"capabilities":{"drop":["ALL"],"add":["NET_BIND_SERVICE"]}},"ports":[{"containerPort":80}]}]}}""")]
    [InlineData("""{"spec":{"containers":5,"volumes":["x"],"securityContext":{}}}""")]
    public void What_it_allows_is_allowed(string template) => Assert.Empty(Check(template));
}
