using System.Text.Json.Nodes;

namespace MhcOperator.Testing.PodSecurity;

/// <summary>
/// The restricted Pod Security Standard (https://kubernetes.io/docs/concepts/security/pod-security-standards/, as of 1.35), row by row. It
/// shares no code with the operator's own check.
/// </summary>
public static class RestrictedStandard
{
    private static readonly string[] Containers = ["spec.containers[*]", "spec.initContainers[*]", "spec.ephemeralContainers[*]"];

    private static readonly string[] Handlers =
        ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle.postStart", "lifecycle.preStop"];

    private static readonly string?[] Sysctls =
    [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies",
        "net.ipv4.ping_group_range", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
        "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
    ];

    private static readonly string[] Volumes =
        ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"];

    /// <summary>The rows, baseline and restricted; where restricted says more of a field than baseline, the restricted one.</summary>
    public static IReadOnlyList<StandardRow> Rows { get; } =
    [
        new("HostProcess", [Pod("windowsOptions.hostProcess"), .. Each("windowsOptions.hostProcess")], Undefined(false)),
        new("Host Namespaces", ["spec.hostNetwork", "spec.hostPID", "spec.hostIPC"], Undefined(false)),
        new("Privileged Containers", Each("privileged"), Undefined(false)),
        new("HostPath Volumes", ["spec.volumes[*].hostPath"], value => value is null),
        new("Host Ports", [.. Containers.Select(c => $"{c}.ports[*].hostPort")], Undefined(0)),
        new("Host Probes / Lifecycle Hooks",
            [.. from c in Containers from handler in Handlers from way in (string[])["httpGet",
                "tcpSocket"] select $"{c}.{handler}.{way}.host"], Undefined("")),
        new("AppArmor", [Pod("appArmorProfile.type"), .. Each("appArmorProfile.type")], Undefined("RuntimeDefault", "Localhost")),
        new("AppArmor by annotation", ["metadata.annotations.container/apparmor/security/beta/kubernetes/io*"],
            value => Text(value) is null or "" or "runtime/default" || Text(value)!.StartsWith("localhost/", StringComparison.Ordinal)),
        new("SELinux type", [Pod("seLinuxOptions.type"), .. Each("seLinuxOptions.type")],
            Undefined("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")),
        new("SELinux user and role",
            [Pod("seLinuxOptions.user"), Pod("seLinuxOptions.role"), .. Each("seLinuxOptions.user"), .. Each("seLinuxOptions.role")],
            Undefined("")),
        new("/proc Mount Type", Each("procMount"), Undefined("Default")),
        new("Sysctls", [Pod("sysctls[*].name")], value => Sysctls.Contains(Text(value), StringComparer.Ordinal)),
        new("Volume Types", ["spec.volumes[*]"],
            volume => volume!.AsObject().Where(f => f.Key != "name").All(f => Volumes.Contains(f.Key, StringComparer.Ordinal))),
        new("Privilege Escalation", Each("allowPrivilegeEscalation"),
            value => value is JsonValue && value.GetValueKind() == System.Text.Json.JsonValueKind.False),
        new("Running as Non-root", Each("runAsNonRoot"),
            value => value is JsonValue && value.GetValueKind() == System.Text.Json.JsonValueKind.True, Pod("runAsNonRoot")),
        new("Running as Non-root user", [Pod("runAsUser"), .. Each("runAsUser")],
            value => value is null || (value.GetValueKind() == System.Text.Json.JsonValueKind.Number && (long)value != 0)),
        new("Seccomp", Each("seccompProfile.type"), value => Text(value) is "RuntimeDefault" or "Localhost", Pod("seccompProfile.type")),
        new("Capabilities dropped", Each("capabilities.drop"), value => value is JsonArray dropped && dropped.Any(c => Text(c) == "ALL")),
        new("Capabilities added", Each("capabilities.add"),
            value => value is null || value.AsArray().All(c => Text(c) == "NET_BIND_SERVICE")),
    ];

    /// <summary>What is against the standard in a pod, or in a template of one: row, field and value.</summary>
    public static IReadOnlyList<string> Check(JsonObject pod)
    {
        var sent = JsonNode.Parse(pod.ToJsonString())!.AsObject();
        return [.. from row in Rows from wrong in row.Check(sent) select $"{row.Control}: {wrong}"];
    }

    private static string Pod(string field) => $"spec.securityContext.{field}";

    private static string[] Each(string field) => [.. Containers.Select(c => $"{c}.securityContext.{field}")];

    private static Func<JsonNode?, bool> Undefined(params JsonNode?[] allowed) =>
        value => value is null || allowed.Any(a => JsonNode.DeepEquals(a, value));

    private static string? Text(JsonNode? value) => value?.GetValueKind() == System.Text.Json.JsonValueKind.String ? (string?)value : null;
}
