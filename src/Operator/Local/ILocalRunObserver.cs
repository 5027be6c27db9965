using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Clusters;

namespace MhcOperator.Operator.Local;

/// <summary>
/// Hears what happens during a <see cref="LocalRunner"/>'s run. All calls come one after the other, never two at once; they should return
/// soon.
/// </summary>
public interface ILocalRunObserver
{
    /// <summary>A run begins with the job as it is: without a status, or with what an earlier run in the same folder left.</summary>
    void OnBegin(MhcTrainingJob job);

    /// <summary>The job's status has changed; the object is a snapshot that nobody changes.</summary>
    void OnJobChanged(MhcTrainingJob job);

    /// <summary>An event was recorded about the job (GangRunning, RolledBack, Restarting, Succeeded, Failed …).</summary>
    void OnEvent(DateTimeOffset at, ClusterEvent happened);

    /// <summary>Rank 0 has answered.</summary>
    void OnTrainerStatus(TrainerStatus status);
}
