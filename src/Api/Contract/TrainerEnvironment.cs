namespace MhcOperator.Api.Contract;

/// <summary>Names of the environment variables of the trainer contract. The first eight are torchrun's.</summary>
public static class TrainerEnvironment
{
    /// <summary>Host of rank 0.</summary>
    public const string MasterAddress = "MASTER_ADDR";

    /// <summary>Port of the rendezvous on rank 0.</summary>
    public const string MasterPort = "MASTER_PORT";

    /// <summary>Ranks in the gang.</summary>
    public const string WorldSize = "WORLD_SIZE";

    /// <summary>This process's rank.</summary>
    public const string Rank = "RANK";

    /// <summary>Rank in the pod.</summary>
    public const string LocalRank = "LOCAL_RANK";

    /// <summary>Ranks in the pod.</summary>
    public const string LocalWorldSize = "LOCAL_WORLD_SIZE";

    /// <summary>Pods in the gang.</summary>
    public const string NodeCount = "NNODES";

    /// <summary>Number of this pod.</summary>
    public const string NodeRank = "NODE_RANK";

    /// <summary>Name of the job.</summary>
    public const string Job = "MHC_JOB";

    /// <summary>Namespace of the job.</summary>
    public const string Namespace = "MHC_NAMESPACE";

    /// <summary>When the job was made, in seconds since 1970: a later job of the same name begins with attempt 1 again.</summary>
    public const string JobSince = "MHC_JOB_SINCE";

    /// <summary>The last second of the year 9999, the latest that a time has.</summary>
    public const long LatestJobSince = 253402300799;

    /// <summary>Attempt, from 1.</summary>
    public const string Attempt = "MHC_ATTEMPT";

    /// <summary>
    /// More attempts than any job makes: a number above it, in a file that somebody else can write, was written by no trainer.
    /// </summary>
    public const int MostAttempts = 10_000_000;

    /// <summary>Whether a number can be that of an attempt.</summary>
    public static bool IsAttempt(int attempt) => attempt is > 0 and <= MostAttempts;

    /// <summary>Whether a number can be when a job was made, in seconds since 1970; 0: nobody said.</summary>
    public static bool IsJobSince(long since) => since is >= 0 and <= LatestJobSince;

    /// <summary>
    /// What only the ranks of this gang know, so that no stranger takes the place of one; absent: whoever names job and attempt is let in.
    /// </summary>
    public const string GangSecret = "MHC_GANG_SECRET";

    /// <summary>Path of the JSON of a <see cref="TrainerConfiguration"/>.</summary>
    public const string Configuration = "MHC_CONFIG";

    /// <summary>Folder of the checkpoints, shared by all ranks.</summary>
    public const string CheckpointFolder = "MHC_CHECKPOINT_DIR";

    /// <summary>
    /// <c>true</c>: a process of an older attempt may still run on a node that nobody can reach, so the folder's lease must be waited for.
    /// </summary>
    public const string TakeOver = "MHC_TAKE_OVER";

    /// <summary><c>none</c>, <c>latest</c> or a step; later checkpoints are then quarantined.</summary>
    public const string ResumeStep = "MHC_RESUME_STEP";

    /// <summary>Data steps not to train on, <c>a-b,c-d</c>, both ends included.</summary>
    public const string SkipWindows = "MHC_SKIP_WINDOWS";

    /// <summary>Multiplies the learning rate.</summary>
    public const string LearningRateFactor = "MHC_LEARNING_RATE_FACTOR";

    /// <summary>Port on which rank 0 answers /status, /metrics and /healthz.</summary>
    public const string StatusPort = "MHC_STATUS_PORT";

    /// <summary>
    /// File in which the order to begin another attempt in this container appears; absent where containers do not restart in place.
    /// </summary>
    public const string OrderFile = "MHC_ORDER_FILE";

    /// <summary>Port on which a container that can restart in place answers /worker and /readyz.</summary>
    public const string WorkerPort = "MHC_WORKER_PORT";

    /// <summary>SHA-256 of the configuration file that the attempt is to begin with; it may arrive later than the process.</summary>
    public const string ConfigurationHash = "MHC_CONFIG_SHA256";

    /// <summary>File for the verdict; /dev/termination-log where absent.</summary>
    public const string TerminationMessagePath = "MHC_TERMINATION_MESSAGE_PATH";

    /// <summary>Folder of the text that is trained on where the job names none.</summary>
    public const string Corpus = "MHC_CORPUS";

    /// <summary>Process with which this one ends; absent: with none.</summary>
    public const string ParentProcess = "MHC_PARENT_PID";

    /// <summary>Compute threads of this process; the machine's cores divided by the local ranks where absent.</summary>
    public const string Threads = "MHC_THREADS";

    /// <summary>OpenMP's own, which counts where <see cref="Threads"/> is absent.</summary>
    public const string OpenMpThreads = "OMP_NUM_THREADS";
}
