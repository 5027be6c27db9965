using k8s;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Manifests;
using MhcOperator.Operator.Planning;
using MhcOperator.Operator.Planning.Context;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Tests.Building;

/// <summary>What a planner sees: a job, its status, its pods, and children that are as they should be.</summary>
internal sealed class Scene
{
    private Observed _observed;

    private Scene(JobManifest manifest)
    {
        var job = manifest.Job ?? new MhcTrainingJob { Metadata = manifest.Metadata };
        _observed = new Observed
        {
            Manifest = manifest,
            Service = KubernetesJson.Deserialize<V1Service>(ServiceManifest.For(job).ToJsonString()),
            ConfigMap = KubernetesJson.Deserialize<V1ConfigMap>(ConfigMapManifest.For(job).ToJsonString()),
            Claim = KubernetesJson.Deserialize<V1PersistentVolumeClaim>(ClaimManifest.For(job).ToJsonString()),
        };
    }

    public static Scene Of(JobBuilder job, StatusBuilder? status = null) => new(job.BuildManifest(status?.Build()));

    public Scene WithPods(params IEnumerable<V1Pod> pods) => With(o => o with { Pods = [.. pods] });

    public Scene WithPods(params PodBuilder[] pods) => WithPods(pods.Select(p => p.Build()));

    public Scene WithoutPods() => With(o => o with { Pods = [] });

    public Scene WithReport(TrainerStatus report, DateTimeOffset? at = null) =>
        With(o => o with { Report = new TrainerReport(report, at ?? Clock.Start) });

    /// <summary>What the one container of a worker's pod has said, for each pod that has said something.</summary>
    public Scene WithReports(params (string Pod, WorkerReport Report)[] reports) => With(o => o with
    {
        Reports = reports.ToDictionary(r => "uid-" + r.Pod, r => (IReadOnlyList<WorkerReport>)[r.Report], StringComparer.Ordinal),
    });

    public Scene With(Func<Observed, Observed> change)
    {
        _observed = change(_observed);
        return this;
    }

    /// <summary>The same with the status that a plan has written, as the cluster would show it next.</summary>
    public Scene After(Plan plan) => plan.Status is { } status
        ? With(
            o => o with
            {
                Manifest = o.Manifest with
                {
                    Status = status,
                    Job = o.Manifest.Job is { } job ? job with { Status = status } : null
                }
            })
        : this;

    public Plan Plan(double secondsLater = 0) => Planner.Plan(_observed, Clock.After(secondsLater));
}
