using System.Text.Json.Nodes;
using MhcOperator.Testing.Kubernetes;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>Service accounts of a test's namespace, with tokens that the server gives, and rights.</summary>
internal static class Accounts
{
    private const string Rbac = "apis/rbac.authorization.k8s.io/v1";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Makes a service account.</summary>
    /// <returns>A token of it.</returns>
    public static async Task<string> MakeAccountAsync(this TestNamespace ns, string name)
    {
        await ns.Api.CreateAsync(ns.Path("serviceaccounts"), new JsonObject { ["metadata"] = new JsonObject { ["name"] = name } }, Cancel);
        return await ns.Api.TokenAsync(ns.Name, name);
    }

    /// <summary>A token of a service account, for an hour.</summary>
    public static async Task<string> TokenAsync(this TestApi api, string ns, string name)
    {
        var request = new JsonObject { ["spec"] = new JsonObject { ["expirationSeconds"] = 3600 } };
        var answer = await api.CreateAsync($"api/v1/namespaces/{ns}/serviceaccounts/{name}/token", request, Cancel);
        return (string)answer["status"]!["token"]!;
    }

    /// <summary>Gives an account the rights of a new ClusterRole.</summary>
    /// <param name="ns">Namespace of the account.</param>
    /// <param name="account">Its name.</param>
    /// <param name="rules">YAML, a rule a line.</param>
    /// <param name="role">Part of the role's name.</param>
    /// <returns>Path of the binding.</returns>
    public static async Task<string> GrantAsync(this TestNamespace ns, string account, string rules, string role = "role")
    {
        var name = $"{ns.Name}-{account}-{role}";
        await ns.Api.CreateYamlAsync(
            $"{Rbac}/clusterroles", $"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {name}}}\nrules:\n{rules}\n", Cancel);
        var binding = $$"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: {{name}}}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{name}}}
            subjects: [{kind: ServiceAccount, name: {{account}}, namespace: {{ns.Name}}}]
            """;
        await ns.Api.CreateYamlAsync($"{Rbac}/clusterrolebindings", binding, Cancel);
        return $"{Rbac}/clusterrolebindings/{name}";
    }
}
