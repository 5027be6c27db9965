using System.Text.Json.Nodes;
using MhcOperator.Api.Schema;
using MhcOperator.Api.Validation.Rules;

namespace MhcOperator.Api.Validation;

/// <summary>
/// Finds what would take a pod template out of the restricted Pod Security Standard or give its pods another identity. The operator makes pods
/// under its own account, so without this the author of a job could have what the author of a pod is refused. A null counts too where it would
/// remove what the operator sets.
/// </summary>
public static class PodTemplatePrivileges
{
    private static readonly string[] HostNamespaces = ["hostNetwork", "hostPID", "hostIPC"];
    private static readonly string[] Volumes = ["name", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"];
    private static readonly string[] Profiles = ["RuntimeDefault", "Localhost"];

    /// <summary>Every field that asks for more than the standard allows, with its path.</summary>
    /// <param name="template">Overrides of a pod; its shape need not be right.</param>
    public static IReadOnlyList<FieldError> Check(JsonObject template)
    {
        ArgumentNullException.ThrowIfNull(template);
        var errors = new List<FieldError>();
        const string root = WorkersRules.Template;
        foreach (var (name, value) in Fields(Field(template, "metadata"), "annotations").Where(a => IsUnconfined(a.Value)))
        {
            errors.Add(new FieldError(FieldPath.Child($"{root}.metadata.annotations", name), $"expected a profile, got {Expectation.Got(value)}; {Why}"));
        }

        if (template["spec"] is JsonObject spec)
        {
            CheckPod(spec, $"{root}.spec", errors);
        }

        return errors;
    }

    private static string Why => "the operator allows it only where it is started with --allow-privileged-templates";

    private static void CheckPod(JsonObject spec, string path, List<FieldError> errors)
    {
        foreach (var name in HostNamespaces)
        {
            Refuse(spec, path, name, "false", errors, value => !Is(value, false) && value is not null);
        }

        Refuse(spec, path, "serviceAccountName", "default", errors, value => value is not null && Text(value) is not ("" or "default"));
        Refuse(spec, path, "serviceAccount", "default", errors, value => value is not null && Text(value) is not ("" or "default"));
        Refuse(spec, path, "automountServiceAccountToken", "false", errors, value => !Is(value, false));
        CheckSecurity(spec, path, isContainer: false, errors);
        foreach (var (volume, child) in Items(spec, "volumes", path))
        {
            foreach (var (kind, value) in volume.Where(f => f.Value is not null && !Volumes.Contains(f.Key, StringComparer.Ordinal)))
            {
                Add(errors, FieldPath.Child(child, kind), $"a volume of one of {string.Join(", ", Volumes[1..])}", value);
            }

            foreach (var (source, sourcePath) in Items(Field(volume, "projected"), "sources", FieldPath.Child(child, "projected")))
            {
                Refuse(source, sourcePath, "serviceAccountToken", "nothing", errors, value => value is not null);
            }
        }

        foreach (var list in (string[])["containers", "initContainers"])
        {
            foreach (var (container, child) in Items(spec, list, path))
            {
                CheckSecurity(container, child, isContainer: true, errors);
                foreach (var (port, portPath) in Items(container, "ports", child))
                {
                    Refuse(port, portPath, "hostPort", "nothing", errors, value => value is not null && Number(value) != 0);
                }
            }
        }
    }

    private static void CheckSecurity(JsonObject owner, string ownerPath, bool isContainer, List<FieldError> errors)
    {
        var path = FieldPath.Child(ownerPath, "securityContext");
        if (owner["securityContext"] is not JsonObject security)
        {
            Refuse(owner, ownerPath, "securityContext", "an object", errors, _ => true);
            return;
        }

        Refuse(security, path, "runAsNonRoot", "true", errors, value => !Is(value, true) && !(isContainer && value is null));
        Refuse(security, path, "runAsUser", "a user other than 0", errors, value => Number(value) == 0);
        Refuse(security, path, "procMount", "Default", errors, value => value is not null && Text(value) != "Default");
        Refuse(security, path, "sysctls", "none", errors, value => value is JsonArray { Count: > 0 });
        Refuse(security, path, "seccompProfile", "RuntimeDefault or Localhost", errors, value =>
            value is null ? !isContainer : !Profiles.Contains(Text(Field(value as JsonObject, "type")), StringComparer.Ordinal));
        Refuse(security, path, "appArmorProfile", "RuntimeDefault or Localhost", errors, value =>
            value is not null && !Profiles.Contains(Text(Field(value as JsonObject, "type")), StringComparer.Ordinal));
        Refuse(security, path, "seLinuxOptions", "no user and no role", errors, value =>
            value is JsonObject options && (Text(options["user"]) is { Length: > 0 } || Text(options["role"]) is { Length: > 0 }));
        Refuse(security, path, "windowsOptions", "no hostProcess", errors, value => Is(Field(value as JsonObject, "hostProcess"), true));
        if (isContainer)
        {
            Refuse(security, path, "privileged", "false", errors, value => value is not null && !Is(value, false));
            Refuse(security, path, "allowPrivilegeEscalation", "false", errors, value => !Is(value, false));
            CheckCapabilities(security, path, errors);
        }
    }

    private static void CheckCapabilities(JsonObject security, string path, List<FieldError> errors)
    {
        var child = FieldPath.Child(path, "capabilities");
        if (security["capabilities"] is not JsonObject capabilities)
        {
            Refuse(security, path, "capabilities", "an object", errors, _ => true);
            return;
        }

        Refuse(capabilities, child, "add", "at most NET_BIND_SERVICE", errors, value => value is not null && !(value is JsonArray added && added.All(c => Text(c) == "NET_BIND_SERVICE")));
        Refuse(capabilities, child, "drop", "ALL", errors, value => !(value is JsonArray dropped && dropped.Any(c => Text(c) == "ALL")));
    }

    private static void Refuse(JsonObject owner, string path, string name, string expected, List<FieldError> errors, Func<JsonNode?, bool> isTooMuch)
    {
        if (owner.TryGetPropertyValue(name, out var value) && isTooMuch(value))
        {
            Add(errors, FieldPath.Child(path, name), expected, value);
        }
    }

    private static void Add(List<FieldError> errors, string path, string expected, JsonNode? value) =>
        errors.Add(new FieldError(path, $"expected {expected}, got {(value is null ? "null, which removes what the operator sets" : Expectation.Got(value))}; {Why}"));

    private static JsonNode? Field(JsonObject? owner, string name) => owner?[name];

    private static JsonNode? Field(JsonNode? owner, string name) => (owner as JsonObject)?[name];

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Fields(JsonNode? owner, string name) => Field(owner, name) as JsonObject ?? [];

    private static IEnumerable<(JsonObject Item, string Path)> Items(JsonNode? owner, string name, string path) =>
        (Field(owner, name) as JsonArray ?? []).Select((item, i) => (Item: item as JsonObject, Path: FieldPath.Item(FieldPath.Child(path, name), i))).Where(i => i.Item is not null).Select(i => (i.Item!, i.Path));

    private static bool IsUnconfined(JsonNode? value) => string.Equals(Text(value), "unconfined", StringComparison.OrdinalIgnoreCase);

    private static bool Is(JsonNode? value, bool expected) => value is JsonValue v && v.TryGetValue(out bool given) && given == expected;

    private static string? Text(JsonNode? value) => JsonScalars.TryString(value, out var text) ? text : null;

    private static double? Number(JsonNode? value) => value is JsonValue v && v.TryGetValue(out double number) ? number : null;
}
