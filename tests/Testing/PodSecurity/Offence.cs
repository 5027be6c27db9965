using System.Text.Json.Nodes;

namespace MhcOperator.Testing.PodSecurity;

/// <summary>Changes of a good pod, at least one for each row of the standard: whoever looks must find them.</summary>
public static class Offence
{
    /// <summary>Row that blames it, where it is done, and what is put there; null: the field is taken away.</summary>
    public static TheoryData<string, string, string?> All() => new()
    {
        { "HostProcess", "spec.securityContext.windowsOptions.hostProcess", "true" },
        { "HostProcess", "spec.containers.0.securityContext.windowsOptions.hostProcess", "true" },
        { "Host Namespaces", "spec.hostNetwork", "true" },
        { "Host Namespaces", "spec.hostPID", "true" },
        { "Host Namespaces", "spec.hostIPC", "true" },
        { "Privileged Containers", "spec.containers.0.securityContext.privileged", "true" },
        { "HostPath Volumes", "spec.volumes.0.hostPath.path", "\"/\"" },
        { "Host Ports", "spec.containers.0.ports", """[{"containerPort":1,"hostPort":1}]""" },
        { "Host Probes / Lifecycle Hooks", "spec.containers.0.livenessProbe.httpGet.host", "\"10.0.0.1\"" },
        { "Host Probes / Lifecycle Hooks", "spec.containers.0.startupProbe.tcpSocket.host", "\"10.0.0.1\"" },
        { "Host Probes / Lifecycle Hooks", "spec.containers.0.lifecycle.preStop.httpGet.host", "\"10.0.0.1\"" },
        { "AppArmor", "spec.securityContext.appArmorProfile.type", "\"Unconfined\"" },
        { "AppArmor", "spec.containers.0.securityContext.appArmorProfile.type", "\"Unconfined\"" },
        { "AppArmor by annotation", "metadata.annotations", """{"container.apparmor.security.beta.kubernetes.io/a":"unconfined"}""" },
        { "SELinux type", "spec.securityContext.seLinuxOptions.type", "\"spc_t\"" },
        { "SELinux user and role", "spec.containers.0.securityContext.seLinuxOptions.role", "\"sysadm_r\"" },
        { "/proc Mount Type", "spec.containers.0.securityContext.procMount", "\"Unmasked\"" },
        { "Sysctls", "spec.securityContext.sysctls", """[{"name":"kernel.msgmax","value":"1"}]""" },
        { "Volume Types", "spec.volumes.0.nfs.path", "\"/\"" },
        { "Privilege Escalation", "spec.containers.0.securityContext.allowPrivilegeEscalation", "true" },
        { "Privilege Escalation", "spec.containers.0.securityContext.allowPrivilegeEscalation", null },
        { "Privilege Escalation", "spec.containers.0.securityContext", null },
        { "Running as Non-root", "spec.securityContext.runAsNonRoot", "false" },
        { "Running as Non-root", "spec.securityContext.runAsNonRoot", null },
        { "Running as Non-root", "spec.containers.0.securityContext.runAsNonRoot", "false" },
        { "Running as Non-root user", "spec.securityContext.runAsUser", "0" },
        { "Running as Non-root user", "spec.containers.0.securityContext.runAsUser", "0" },
        { "Seccomp", "spec.securityContext.seccompProfile", null },
        { "Seccomp", "spec.containers.0.securityContext.seccompProfile.type", "\"Unconfined\"" },
        { "Capabilities dropped", "spec.containers.0.securityContext.capabilities.drop", """["KILL"]""" },
        { "Capabilities dropped", "spec.containers.0.securityContext.capabilities", null },
        { "Capabilities added", "spec.containers.0.securityContext.capabilities.add", """["SYS_ADMIN"]""" },
    };

    /// <summary>Does it to a pod.</summary>
    public static JsonObject Commit(JsonObject pod, string path, string? value)
    {
        var names = path.Split('.');
        JsonNode at = pod;
        foreach (var name in names[..^1])
        {
            at = at is JsonArray list ? list[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)]!
                : at[name] ??= new JsonObject();
        }

        if (value is null)
        {
            at.AsObject().Remove(names[^1]);
        }
        else
        {
            at[names[^1]] = JsonNode.Parse(value);
        }

        return pod;
    }
}
