using System.Text.Json.Nodes;
using MhcOperator.Api.Errors;
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
    [InlineData("""{"spec":{"volumes":[{"name":"a","projected":{"sources":[{"serviceAccountToken":{"path":"t"}}]}}]}}""",
        "spec.volumes[0].projected.sources[0].serviceAccountToken")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"privileged":true}}]}}""",
        "spec.containers[0].securityContext.privileged")]
    [InlineData("""{"spec":{"initContainers":[{"name":"i","securityContext":{"privileged":true}}]}}""",
        "spec.initContainers[0].securityContext.privileged")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":null}]}}""", "spec.containers[0].securityContext")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"allowPrivilegeEscalation":true}}]}}""",
        "spec.containers[0].securityContext.allowPrivilegeEscalation")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"allowPrivilegeEscalation":null}}]}}""",
        "spec.containers[0].securityContext.allowPrivilegeEscalation")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"capabilities":{"add":["SYS_ADMIN"]}}}]}}""",
        "spec.containers[0].securityContext.capabilities.add")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"capabilities":{"drop":["KILL"]}}}]}}""",
        "spec.containers[0].securityContext.capabilities.drop")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"procMount":"Unmasked"}}]}}""",
        "spec.containers[0].securityContext.procMount")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"runAsUser":0}}]}}""",
        "spec.containers[0].securityContext.runAsUser")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","ports":[{"containerPort":1,"hostPort":80}]}]}}""",
        "spec.containers[0].ports[0].hostPort")]
    [InlineData("""{"metadata":{"annotations":{"container.apparmor.security.beta.kubernetes.io/trainer":"unconfined"}}}""",
        "metadata.annotations[container.apparmor.security.beta.kubernetes.io/trainer]")]
    [InlineData("""{"spec":{"securityContext":{"seLinuxOptions":{"type":"spc_t"}}}}""", "spec.securityContext.seLinuxOptions")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"seLinuxOptions":{"type":"unconfined_t"}}}]}}""",
        "spec.containers[0].securityContext.seLinuxOptions")]
    [InlineData("""{"spec":{"containers":[{"name":"side","image":"i","securityContext":{"capabilities":{}}}]}}""",
        "spec.containers[0].securityContext.capabilities.drop")]
    [InlineData(
        """{"spec":{"initContainers":[{"name":"i","image":"i","securityContext":{"capabilities":{"add":["NET_BIND_SERVICE"]}}}]}}""",
        "spec.initContainers[0].securityContext.capabilities.drop")]
    [InlineData("""{"spec":{"initContainers":[{"name":"trainer","image":"i","securityContext":{"capabilities":{}}}]}}""",
        "spec.initContainers[0].securityContext.capabilities.drop")]
    [InlineData("""{"spec":{"ephemeralContainers":[{"name":"e","image":"i","securityContext":{"privileged":true}}]}}""",
        "spec.ephemeralContainers[0].securityContext.privileged")]
    [InlineData(
        """{"spec":{"volumes":[{"name":"a","projected":{"sources":[{"configMap":{"name":"c"}},{"podCertificate":{"signerName":"s"}}]}}]}}""", "spec.volumes[0].projected.sources[1].podCertificate")]
    [InlineData("""{"spec":{"volumes":[{"name":"a","projected":{"sources":[{"tomorrowsToken":{}}]}}]}}""",
        "spec.volumes[0].projected.sources[0].tomorrowsToken")]
    [InlineData("""{"spec":{"volumes":[{"name":"a","tomorrowsVolume":{}}]}}""", "spec.volumes[0].tomorrowsVolume")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","livenessProbe":{"httpGet":{"host":"169.254.169.254","port":80}}}]}}""",
        "spec.containers[0].livenessProbe.httpGet.host")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","startupProbe":{"tcpSocket":{"host":"10.0.0.1","port":80}}}]}}""",
        "spec.containers[0].startupProbe.tcpSocket.host")]
    [InlineData(
        """{"spec":{"initContainers":[{"name":"i","image":"i","lifecycle":{"preStop":{"httpGet":{"host":"127.0.0.1","port":80}}}}]}}""",
        "spec.initContainers[0].lifecycle.preStop.httpGet.host")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","lifecycle":{"postStart":{"tomorrow":{}}}}]}}""",
        "spec.containers[0].lifecycle.postStart.tomorrow")]
    [InlineData("""{"spec":{"securityContext":{"tomorrow":true}}}""", "spec.securityContext.tomorrow")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","securityContext":{"tomorrow":true}}]}}""",
        "spec.containers[0].securityContext.tomorrow")]
    [InlineData(
        """{"spec":{"containers":[{"name":"trainer","securityContext":{"seccompProfile":{"type":"RuntimeDefault","tomorrow":1}}}]}}""",
        "spec.containers[0].securityContext.seccompProfile")]
    [InlineData("""{"spec":{"hostTomorrow":true}}""", "spec.hostTomorrow")]
    [InlineData("""{"spec":{"hostpid":true}}""", "spec.hostpid")]
    [InlineData("""{"spec":{"containers":[{"name":"trainer","tomorrow":true}]}}""", "spec.containers[0].tomorrow")]
    [InlineData("""{"spec":{"securityContext":{"runAsUser":"0"}}}""", "spec.securityContext.runAsUser")]
    [InlineData("""{"spec":{"securityContext":{"runAsUser":-1}}}""", "spec.securityContext.runAsUser")]
    [InlineData("""{"spec":{"securityContext":{"sysctls":"kernel.msgmax"}}}""", "spec.securityContext.sysctls")]
    [InlineData("""{"spec":{"securityContext":{"sysctls":[{"value":"1"}]}}}""", "spec.securityContext.sysctls")]
    [InlineData("""{"metadata":{"annotations":{"container.apparmor.security.beta.kubernetes.io/side":"anything"}}}""",
        "metadata.annotations[container.apparmor.security.beta.kubernetes.io/side]")]
    [InlineData("""{"metadata":{"annotations":{"seccomp.security.alpha.kubernetes.io/pod":"unconfined"}}}""",
        "metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]")]
    [InlineData("""{"metadata":{"labels":{"scheduling.x-k8s.io/pod-group":"other-1"}}}""",
        "metadata.labels[scheduling.x-k8s.io/pod-group]")]
    [InlineData("""{"metadata":{"labels":{"pod-group.scheduling.sigs.k8s.io":"other-1"}}}""",
        "metadata.labels[pod-group.scheduling.sigs.k8s.io]")]
    [InlineData("""{"metadata":{"labels":{"kueue.x-k8s.io/pod-group-name":"other-1"}}}""",
        "metadata.labels[kueue.x-k8s.io/pod-group-name]")]
    [InlineData("""{"metadata":{"labels":{"kueue.x-k8s.io/prebuilt-workload-name":"w"}}}""",
        "metadata.labels[kueue.x-k8s.io/prebuilt-workload-name]")]
    [InlineData("""{"metadata":{"annotations":{"scheduling.k8s.io/group-name":"other-1"}}}""",
        "metadata.annotations[scheduling.k8s.io/group-name]")]
    [InlineData("""{"metadata":{"annotations":{"scheduling.volcano.sh/group-name":"other-1"}}}""",
        "metadata.annotations[scheduling.volcano.sh/group-name]")]
    [InlineData("""{"spec":{"schedulingGroup":{"podGroupName":"other-1"}}}""", "spec.schedulingGroup")]
    [InlineData("""{"spec":{"workloadRef":{"name":"other-1","podGroup":"workers"}}}""", "spec.workloadRef")]
    public void What_the_restricted_standard_refuses_is_named_with_its_path(string template, string path)
    {
        var error = Assert.Single(Check(template));
        Assert.Equal(Root + path, error.Path);
        Assert.Contains("--allow-privileged-templates", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData(
        """{"metadata":{"labels":{"a":"b"},"annotations":{"a":"b"}},"spec":{"nodeSelector":{"a":"b"},"serviceAccountName":"default","hostNetwork":false,"automountServiceAccountToken":false}}""")]
    [InlineData(
        """{"spec":{"volumes":[{"name":"a","secret":{"secretName":"s"}},{"name":"checkpoints","persistentVolumeClaim":null,"emptyDir":{}}]}}""")]
    [InlineData(
        """{"spec":{"securityContext":{"runAsUser":1000,"fsGroup":1000,"seccompProfile":{"type":"Localhost","localhostProfile":"p"}}}}""")]
    [InlineData(
        """{"spec":{"containers":[{"name":"side","image":"i","securityContext":{"runAsNonRoot":true,"capabilities":{"drop":["ALL"],"add":["NET_BIND_SERVICE"]}},"ports":[{"containerPort":80}]}]}}""")]
    [InlineData(
        """{"spec":{"hostUsers":false,"securityContext":{"seLinuxOptions":{"type":"container_t","level":"s0:c1"},"sysctls":[{"name":"net.ipv4.tcp_syncookies","value":"1"}],"windowsOptions":{"runAsUserName":"u"}}}}""")]
    [InlineData(
        """{"spec":{"volumes":[{"name":"a","projected":{"sources":[{"secret":{"name":"s"}},{"clusterTrustBundle":{"path":"p"}}]}}]}}""")]
    [InlineData(
        """{"spec":{"containers":[{"name":"trainer","securityContext":{"capabilities":{"add":["NET_BIND_SERVICE"]}},"livenessProbe":{"httpGet":{"port":80,"host":""}},"lifecycle":{"preStop":{"sleep":{"seconds":5}}}}]}}""")]
    [InlineData(
        """{"metadata":{"annotations":{"container.apparmor.security.beta.kubernetes.io/trainer":"localhost/mine","note":"unconfined"}}}""")]
    [InlineData("""{"spec":{"containers":5,"volumes":["x"],"securityContext":{}}}""")]
    public void What_it_allows_is_allowed(string template) => Assert.Empty(Check(template));

    /// <summary>A pod that meets the standard, in which one place is left open.</summary>
    private static JsonObject Pod(string podSecurity, string container) => new()
    {
        ["spec"] = new JsonObject
        {
            ["automountServiceAccountToken"] = false,
            ["securityContext"] = JsonNode.Parse(podSecurity),
            ["containers"] = new JsonArray(JsonNode.Parse(container)),
        },
    };

    private const string Secure = """{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}}""";
    private const string SecureContainer =
        """{"name":"a","image":"i","securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}""";

    [Fact]
    public void A_whole_pod_that_says_what_the_standard_demands_is_right() =>
        Assert.Empty(PodTemplatePrivileges.CheckPod(Pod(Secure, SecureContainer)));

    [Theory]
    [InlineData("{}", SecureContainer, "pod.spec.containers[0].securityContext.runAsNonRoot",
        "pod.spec.containers[0].securityContext.seccompProfile")]
    [InlineData(Secure, """{"name":"a"}""", "pod.spec.containers[0].securityContext")]
    [InlineData(Secure, """{"name":"a","securityContext":{}}""", "pod.spec.containers[0].securityContext.allowPrivilegeEscalation",
        "pod.spec.containers[0].securityContext.capabilities")]
    [InlineData(Secure, """{"name":"a","securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":[]}}}""",
        "pod.spec.containers[0].securityContext.capabilities.drop")]
    [InlineData(Secure, """{"name":"trainer","securityContext":{"allowPrivilegeEscalation":false,"capabilities":{}}}""",
        "pod.spec.containers[0].securityContext.capabilities.drop")]
    public void What_a_whole_pod_does_not_say_counts_too(string podSecurity, string container, params string[] paths) =>
        Assert.Equal(paths, PodTemplatePrivileges.CheckPod(Pod(podSecurity, container)).Select(e => e.Path));
}
