using System.Text.Json.Nodes;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Schema;
using MhcOperator.Api.Validation.Rules;
using static MhcOperator.Api.Validation.Allowed;

namespace MhcOperator.Api.Validation;

/// <summary>
/// The restricted Pod Security Standard and what we add to it, as lists of what is allowed: where a field can take a pod out of the
/// standard, whatever a list does not name is refused.
/// </summary>
/// <param name="root">Path of the pod in messages.</param>
/// <param name="isWhole">
/// Whether this is the pod as it is sent, where what the standard demands must be said; else overrides of one that says it.
/// </param>
internal sealed class RestrictedPod(string root, bool isWhole)
{
    private static readonly string[] SysctlNames =
    [
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports", "net.ipv4.ip_unprivileged_port_start",
        "net.ipv4.ping_group_range", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
        "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_wmem",
    ];

    private static readonly Allowed No = new("false", value => Is(value, false));
    private static readonly Allowed NoUser0 = new("a user other than 0", value => JsonScalars.TryInteger(value, out var user) && user > 0);
    private static readonly Allowed Account = Texts("", "default");
    private static readonly Allowed NoHost = new("nothing, the pod itself is asked", value => Text(value) is "");
    private static readonly Allowed Profile = Object(
        "RuntimeDefault or Localhost", [("type", Texts("RuntimeDefault", "Localhost")), ("localhostProfile", Any)], "type");

    private static readonly Allowed SeLinux = Object(
        "no user, no role, and type container_t, container_init_t, container_kvm_t or container_engine_t",
    [
        ("user", Texts("")),
        ("role", Texts("")),
        ("level", Any),
        ("type", Texts("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")),
    ]);
    private static readonly Allowed Windows = Object("no hostProcess",
    [
        ("gmsaCredentialSpec", Any),
        ("gmsaCredentialSpecName", Any),
        ("hostProcess", No),
        ("runAsUserName", Any),
    ]);

    private static readonly Allowed Sysctls = List(
        $"none but {string.Join(", ", SysctlNames)}", [("name", Texts(SysctlNames)), ("value", Any)], "name");

    private static readonly Dictionary<string, Allowed> Pod = Of(PodFields.Spec,
    [
        ("hostNetwork", No),
        ("hostPID", No),
        ("hostIPC", No),
        ("serviceAccountName", Account),
        ("serviceAccount", Account),
        ("automountServiceAccountToken", No with { IsDemanded = true }),
        ("workloadRef", Any), // a gang's, on servers older than the table
    ]);

    private static readonly Dictionary<string, Allowed> PodSecurity = Only(
    [
        ("runAsNonRoot", Yes with { IsDemanded = true }),
        ("seccompProfile", Profile with { IsDemanded = true }),
        ("runAsUser", NoUser0),
        ("appArmorProfile", Profile),
        ("seLinuxOptions", SeLinux),
        ("windowsOptions", Windows),
        ("sysctls", Sysctls),
    ], "fsGroup", "fsGroupChangePolicy", "runAsGroup", "seLinuxChangePolicy", "supplementalGroups", "supplementalGroupsPolicy");

    private static readonly Dictionary<string, Allowed> Container = Of(PodFields.Container, []);

    private static readonly Dictionary<string, Allowed> ContainerSecurity = Only(
    [
        ("allowPrivilegeEscalation", No with { IsDemanded = true }),
        ("privileged", No),
        ("procMount", Texts("Default")),
        ("runAsNonRoot", Yes),
        ("runAsUser", NoUser0),
        ("seccompProfile", Profile),
        ("appArmorProfile", Profile),
        ("seLinuxOptions", SeLinux),
        ("windowsOptions", Windows),
    ], "capabilities", "readOnlyRootFilesystem", "runAsGroup");

    private static readonly Dictionary<string, Allowed> Capabilities = new(StringComparer.Ordinal)
    {
        ["add"] = new("at most NET_BIND_SERVICE", value => value is JsonArray added && added.All(c => Text(c) == "NET_BIND_SERVICE")),
        ["drop"] = new("ALL", value => value is JsonArray dropped && dropped.Any(c => Text(c) == "ALL")) { IsDemanded = true },
    };

    private static readonly Dictionary<string, Allowed> Port = Of(PodFields.Of("ContainerPort"),
    [
        ("hostPort", new("nothing", value => JsonScalars.TryInteger(value, out var port) && port == 0)),
    ]);

    private static readonly Dictionary<string, Allowed> HttpGet = Of(PodFields.Of("HTTPGetAction"), [("host", NoHost)]);
    private static readonly Dictionary<string, Allowed> TcpSocket = Of(PodFields.Of("TCPSocketAction"), [("host", NoHost)]);
    private static readonly Dictionary<string, Allowed> Probe = Of(PodFields.Of("Probe"), []);
    private static readonly Dictionary<string, Allowed> Lifecycle = Of(PodFields.Of("Lifecycle"), []);
    private static readonly Dictionary<string, Allowed> Hook = Of(PodFields.Of("LifecycleHandler"), []);

    private static readonly Dictionary<string, Allowed> Volume = Only(
        [], "name", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret");

    // A token, or a certificate of the pod, is the identity that pods of jobs do not get.
    private static readonly Dictionary<string, Allowed> Projection = Only([], "clusterTrustBundle", "configMap", "downwardAPI", "secret");

    /// <summary>
    /// By which schedulers and queues count a pod into a gang. The operator sets those of the job's own gang; by another's, its pods would
    /// be counted into that one.
    /// </summary>
    private static readonly string[] GangMarks =
    [
        "scheduling.x-k8s.io/pod-group", "pod-group.scheduling.sigs.k8s.io", "scheduling.k8s.io/group-name",
        "scheduling.volcano.sh/group-name",
        "kueue.x-k8s.io/pod-group-name", "kueue.x-k8s.io/prebuilt-workload-name",
    ];

    private static readonly string[] GangFields = ["schedulingGroup", "workloadRef"];

    private const int ShortList = 20;

    private static readonly string[] Containers = ["containers", "initContainers", "ephemeralContainers"];

    private readonly List<FieldError> _errors = [];

    /// <param name="pod">With <c>metadata</c> and <c>spec</c>; its shape need not be right.</param>
    public IReadOnlyList<FieldError> Check(JsonObject pod)
    {
        foreach (var (name, value) in Child(Child(pod, "metadata"), "annotations") ?? [])
        {
            CheckAnnotation(name, value);
        }

        if (!isWhole)
        {
            CheckGang(pod);
        }

        if (Child(pod, "spec") is { } spec)
        {
            CheckSpec(spec, $"{root}.spec");
        }
        else if (isWhole)
        {
            Refuse($"{root}.spec", "an object", pod["spec"]);
        }

        return _errors;
    }

    /// <summary>A template says of no gang that its pods are of it.</summary>
    private void CheckGang(JsonObject template)
    {
        foreach (var map in (string[])["labels", "annotations"])
        {
            RefuseEach(Child(Child(template, "metadata"), map), $"{root}.metadata.{map}", GangMarks);
        }

        RefuseEach(Child(template, "spec"), $"{root}.spec", GangFields);

        void RefuseEach(JsonObject? owner, string path, string[] names)
        {
            foreach (var name in names.Where(name => owner?[name] is not null))
            {
                Refuse(FieldPath.Child(path, name), "nothing, by spec.scheduling the operator says which gang a pod is of", owner![name]);
            }
        }
    }

    /// <summary>What profiles were called before they were fields; servers still obey it.</summary>
    private void CheckAnnotation(string name, JsonNode? value)
    {
        var isSeccomp = name == "seccomp.security.alpha.kubernetes.io/pod"
            || name.StartsWith("container.seccomp.security.alpha.kubernetes.io/", StringComparison.Ordinal);
        var names = isSeccomp ? (string[])["runtime/default", "docker/default"]
            : name.StartsWith("container.apparmor.security.beta.kubernetes.io/", StringComparison.Ordinal) ? ["", "runtime/default"]
            : null;
        if (names is not null && value is not null && !(Text(value) is { } profile
            && (names.Contains(profile, StringComparer.Ordinal) || profile.StartsWith("localhost/", StringComparison.Ordinal))))
        {
            Refuse(FieldPath.Child($"{root}.metadata.annotations", name), "the profile runtime/default or localhost/NAME", value);
        }
    }

    private void CheckSpec(JsonObject spec, string path)
    {
        CheckFields(spec, path, Pod, inherits: true);
        var (security, securityPath) = Security(spec, path);
        if (security is not null)
        {
            CheckFields(security, securityPath, PodSecurity, inherits: true, isDemanded: false);
        }

        var (nonRoot, profile) = (Is(security?["runAsNonRoot"], true), security?["seccompProfile"] is not null);
        foreach (var (volume, child) in Items(spec, "volumes", path))
        {
            CheckFields(volume, child, Volume, inherits: true);
            foreach (var (source, sourcePath) in Items(Child(volume, "projected"), "sources", FieldPath.Child(child, "projected")))
            {
                CheckFields(source, sourcePath, Projection, inherits: false);
            }
        }

        foreach (var list in Containers)
        {
            foreach (var (container, child) in Items(spec, list, path))
            {
                CheckContainer(container, child, isTrainer: list == "containers" && IsTrainer(Text(container["name"])), nonRoot, profile);
            }
        }
    }

    private void CheckContainer(JsonObject container, string path, bool isTrainer, bool nonRoot, bool profile)
    {
        CheckFields(container, path, Container, inherits: isTrainer);
        var (security, securityPath) = Security(container, path);
        if (security is not null)
        {
            CheckFields(security, securityPath, ContainerSecurity, inherits: isTrainer, isDemanded: isWhole);
            if (security["capabilities"] is JsonObject capabilities)
            {
                var child = FieldPath.Child(securityPath, "capabilities");
                CheckFields(capabilities, child, Capabilities, isTrainer, isDemanded: isWhole || !isTrainer);
            }
            else if (isWhole || security.ContainsKey("capabilities"))
            {
                Refuse(FieldPath.Child(securityPath, "capabilities"), "an object that drops ALL", security["capabilities"]);
            }
        }

        if (isWhole && !nonRoot && !Is(security?["runAsNonRoot"], true))
        {
            Refuse(FieldPath.Child(securityPath, "runAsNonRoot"), "true, here or in the pod", security?["runAsNonRoot"]);
        }

        if (isWhole && !profile && security?["seccompProfile"] is null)
        {
            Refuse(FieldPath.Child(securityPath, "seccompProfile"), "RuntimeDefault or Localhost, here or in the pod", null);
        }

        foreach (var (port, portPath) in Items(container, "ports", path))
        {
            CheckFields(port, portPath, Port, inherits: false);
        }

        foreach (var probe in (string[])["livenessProbe", "readinessProbe", "startupProbe"])
        {
            CheckHandler(container, probe, path, Probe);
        }

        CheckFields(Child(container, "lifecycle"), FieldPath.Child(path, "lifecycle"), Lifecycle, inherits: false);
        foreach (var hook in (string[])["postStart", "preStop"])
        {
            CheckHandler(Child(container, "lifecycle"), hook, FieldPath.Child(path, "lifecycle"), Hook);
        }
    }

    private void CheckHandler(JsonObject? owner, string name, string ownerPath, Dictionary<string, Allowed> allowed)
    {
        var (handler, path) = (Child(owner, name), FieldPath.Child(ownerPath, name));
        CheckFields(handler, path, allowed, inherits: false);
        CheckFields(Child(handler, "httpGet"), FieldPath.Child(path, "httpGet"), HttpGet, inherits: false);
        CheckFields(Child(handler, "tcpSocket"), FieldPath.Child(path, "tcpSocket"), TcpSocket, inherits: false);
    }

    /// <summary>The security context; one that a template removes or makes no object of is refused here.</summary>
    private (JsonObject? Security, string Path) Security(JsonObject owner, string ownerPath)
    {
        var path = FieldPath.Child(ownerPath, "securityContext");
        if (owner["securityContext"] is JsonObject security)
        {
            return (security, path);
        }

        if (isWhole || owner.ContainsKey("securityContext"))
        {
            Refuse(path, "an object", owner["securityContext"]);
        }

        return (null, path);
    }

    /// <param name="owner">The object; null: there is nothing to look at.</param>
    /// <param name="path">Its path.</param>
    /// <param name="allowed">What it may have.</param>
    /// <param name="inherits">Whether the operator's own values are below, so that null takes them away.</param>
    /// <param name="isDemanded">Whether what must be said must be said here.</param>
    private void CheckFields(JsonObject? owner, string path, Dictionary<string, Allowed> allowed, bool inherits, bool? isDemanded = null)
    {
        foreach (var (name, value) in owner ?? [])
        {
            if (!allowed.TryGetValue(name, out var rule))
            {
                if (value is not null && name != PatchDirective.Name)
                {
                    var expected = allowed.Count > ShortList ? "a field that the operator knows"
                        : $"one of {string.Join(", ", allowed.Keys)}";
                    Refuse(FieldPath.Child(path, name), expected, value, "this may be more than the restricted standard allows; ");
                }
            }
            else if (value is null ? inherits && rule.IsDemanded && !isWhole : !rule.Holds(value))
            {
                Refuse(FieldPath.Child(path, name), rule.Expected, value);
            }
        }

        foreach (var (name, rule) in owner is not null && (isDemanded ?? isWhole) ? allowed : [])
        {
            if (rule.IsDemanded && owner![name] is null)
            {
                Refuse(FieldPath.Child(path, name), rule.Expected, null);
            }
        }
    }

    private void Refuse(string path, string expected, JsonNode? value, string what = "")
    {
        var got = value is not null ? Expectation.Got(value) : isWhole ? "nothing"
            : "nothing, which the restricted standard does not allow";
        const string how = "the operator allows it only where it is started with --allow-privileged-templates";
        _errors.Add(new FieldError(path, $"expected {expected}, got {got}; {what}{how}"));
    }

    private static bool IsTrainer(string? name) => name == "trainer" || name?.StartsWith("trainer-", StringComparison.Ordinal) == true;

    private static JsonObject? Child(JsonObject? owner, string name) => owner?[name] as JsonObject;

    private static IEnumerable<(JsonObject Item, string Path)> Items(JsonObject? owner, string name, string path) =>
        (owner?[name] as JsonArray ?? [])
            .Select((item, i) => (Item: item as JsonObject, Path: FieldPath.Item(FieldPath.Child(path, name), i)))
            .Where(i => i.Item is not null)
            .Select(i => (i.Item!, i.Path));
}
