using System.Globalization;
using System.Net;
using System.Text.Json;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Kubernetes;

/// <summary>Asks the server which of the optional APIs it serves, by its discovery documents.</summary>
internal sealed class ApiDiscovery(ApiConnection connection)
{
    private const string NativeGroup = "scheduling.k8s.io";

    /// <exception cref="ApiException">The server has trouble; that is no answer.</exception>
    public async Task<ApiSupport> FindAsync(ApiFeature feature, CancellationToken cancel) => feature switch
    {
        ApiFeature.Coscheduling => await FindAsync("scheduling.x-k8s.io", "v1alpha1", "podgroups", cancel)
            ? ApiSupport.Of("scheduling.x-k8s.io/v1alpha1", "PodGroup")
            : ApiSupport.Without(
                "the cluster serves no podgroups in scheduling.x-k8s.io/v1alpha1; install scheduler-plugins with its coscheduling plugin, or set spec.scheduling.gang to another value"),
        ApiFeature.Volcano => await FindAsync("scheduling.volcano.sh", "v1beta1", "podgroups", cancel)
            ? ApiSupport.Of("scheduling.volcano.sh/v1beta1", "PodGroup")
            : ApiSupport.Without(
                "the cluster serves no podgroups in scheduling.volcano.sh/v1beta1; install Volcano, or set spec.scheduling.gang to another value"),
        ApiFeature.NativeGangs => await FindNativeAsync(cancel),
        _ => await FindNewestAsync("resource.k8s.io", "resourceclaimtemplates", cancel) is { } version
            ? ApiSupport.Of($"resource.k8s.io/{version}", "ResourceClaimTemplate")
            : ApiSupport.Without(
                "the cluster serves no resourceclaimtemplates in resource.k8s.io (dynamic resource allocation, on by default from Kubernetes 1.34 on); remove resourceClaims from spec.workers.template"),
    };

    /// <summary>From v1alpha2 on a gang has a PodGroup of its own; v1alpha1 had it inside of a Workload.</summary>
    private async Task<ApiSupport> FindNativeAsync(CancellationToken cancel)
    {
        if (await FindNewestAsync(NativeGroup, "podgroups", cancel) is { } version)
        {
            return ApiSupport.Of($"{NativeGroup}/{version}", "PodGroup");
        }

        return await FindAsync(NativeGroup, "v1alpha1", "workloads", cancel)
            ? ApiSupport.Of($"{NativeGroup}/v1alpha1", "Workload")
            : ApiSupport.Without(
                $"the cluster serves neither podgroups nor workloads in {NativeGroup}; switch the GenericWorkload feature gate and the API on (Kubernetes 1.35 or newer), or set spec.scheduling.gang to another value");
    }

    /// <summary>The newest version of a group that has a resource; null: none has.</summary>
    private async Task<string?> FindNewestAsync(string group, string resource, CancellationToken cancel)
    {
        using var document = await GetAsync($"apis/{group}", cancel);
        var versions = document is null ? [] : document.RootElement.GetProperty("versions").EnumerateArray()
            .Select(v => v.GetProperty("version").GetString()!).OrderByDescending(Age).ToList();
        foreach (var version in versions)
        {
            if (await FindAsync(group, version, resource, cancel))
            {
                return version;
            }
        }

        return null;
    }

    private async Task<bool> FindAsync(string group, string version, string resource, CancellationToken cancel)
    {
        using var document = await GetAsync($"apis/{group}/{version}", cancel);
        return document is not null
            && document.RootElement.GetProperty("resources").EnumerateArray().Any(r => r.GetProperty("name").ValueEquals(resource));
    }

    private async Task<JsonDocument?> GetAsync(string path, CancellationToken cancel)
    {
        try
        {
            return await connection.SendAsync(new ApiRequest("get", "apis", HttpMethod.Get, path), cancel);
        }
        catch (ApiException e) when (e.Status == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>v2 over v1 over v1beta2 over v1beta1 over v1alpha3, as Kubernetes orders them.</summary>
    private static (int Stability, int Major, int Minor) Age(string version)
    {
        var stability = version.Contains("alpha", StringComparison.Ordinal) ? 0 : version.Contains("beta", StringComparison.Ordinal)
            ? 1 : 2;
        var numbers = version.TrimStart('v').Split(["alpha", "beta"], StringSplitOptions.None)
            .Select(n => int.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).ToList();
        return (stability, numbers[0], numbers.Count > 1 ? numbers[1] : 0);
    }
}
