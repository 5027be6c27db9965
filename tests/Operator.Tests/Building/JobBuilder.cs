using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Errors;
using MhcOperator.Api.Manifests;

namespace MhcOperator.Operator.Tests.Building;

/// <summary>Jobs for tests, said in one line.</summary>
internal sealed class JobBuilder
{
    public const string Uid = "11111111-2222-3333-4444-555555555555";
    private readonly MhcTrainingJob _job = new()
    {
        Metadata = new V1ObjectMeta { Name = "demo", NamespaceProperty = "default", Uid = Uid, Generation = 1, ResourceVersion = "1" },
    };

    private IReadOnlyList<FieldError> _errors = [];

    private JobBuilder()
    {
        _job.Spec.Workers.Device = Device.Cpu;
        _job.Spec.Workers.Replicas = 2;
    }

    public static JobBuilder MakeJob() => new();

    public JobBuilder Named(string name) => With(j => j.Metadata.Name = name);

    public JobBuilder WithGeneration(long generation) => With(j => j.Metadata.Generation = generation);

    public JobBuilder WithWorkers(int replicas) => With(j => j.Spec.Workers.Replicas = replicas);

    public JobBuilder WithDevices(int count, Device device = Device.Cpu) => With(j =>
    {
        j.Spec.Workers.DevicesPerWorker = count;
        j.Spec.Workers.Device = device;
    });

    public JobBuilder WithRestarts(int max) => With(j => j.Spec.RunPolicy.MaxRestarts = max);

    public JobBuilder WithBackoff(int initial, int maximum) =>
        With(j => j.Spec.RunPolicy.Backoff = new BackoffSpec { InitialSeconds = initial, MaximumSeconds = maximum });

    public JobBuilder WithRollbacks(int limit, int refillAfter = 1000, double factor = 1) => With(j =>
        j.Spec.Stability.Rollback = new RollbackPolicy { Limit = limit, RefillAfterSteps = refillAfter, LearningRateFactor = factor });

    public JobBuilder WithResponse(StabilityResponse response) => With(j => j.Spec.Stability.Response = response);

    public JobBuilder WithCleanPods(CleanPods policy) => With(j => j.Spec.RunPolicy.CleanPods = policy);

    public JobBuilder Suspended() => With(j => j.Spec.Suspend = true);

    public JobBuilder With(Action<MhcTrainingJob> change)
    {
        change(_job);
        return this;
    }

    public JobBuilder WithErrors(params FieldError[] found)
    {
        _errors = found;
        return this;
    }

    public MhcTrainingJob Build() => _job;

    public JobManifest BuildManifest(MhcTrainingJobStatus? status = null) => new()
    {
        Metadata = _job.Metadata,
        Job = _job with { Status = status },
        Status = status,
        Errors = _errors,
    };
}
