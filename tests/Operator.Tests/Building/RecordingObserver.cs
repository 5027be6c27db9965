using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Clusters;
using MhcOperator.Operator.Local;

namespace MhcOperator.Operator.Tests.Building;

/// <summary>Notes what a local run says.</summary>
internal sealed class RecordingObserver : ILocalRunObserver
{
    private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<MhcTrainingJob> Jobs { get; } = [];

    public List<ClusterEvent> Events { get; } = [];

    public List<TrainerStatus> Reports { get; } = [];

    /// <summary>Done when the first gang runs.</summary>
    public Task Running => _running.Task;

    public IEnumerable<string> Reasons => Events.Select(e => e.Reason);

    /// <summary>What the run began with.</summary>
    public MhcTrainingJob? First { get; private set; }

    public void OnBegin(MhcTrainingJob job) => First = job;

    public void OnJobChanged(MhcTrainingJob job) => Jobs.Add(job);

    public void OnEvent(DateTimeOffset at, ClusterEvent happened)
    {
        Events.Add(happened);
        if (happened.Reason == "GangRunning")
        {
            _running.TrySetResult();
        }
    }

    public void OnTrainerStatus(TrainerStatus status) => Reports.Add(status);
}
