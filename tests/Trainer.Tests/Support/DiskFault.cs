namespace MhcOperator.Trainer.Tests.Support;

/// <summary>What happens to a system call.</summary>
internal enum DiskFault
{
    /// <summary>EIO: nothing was done.</summary>
    Error,

    /// <summary>ENOSPC: half of what was to be written is there.</summary>
    Full,

    /// <summary>The process is killed in the middle of it.</summary>
    Kill,

    /// <summary>The machine loses its power: what was not flushed is lost, names too.</summary>
    PowerLoss,
}
