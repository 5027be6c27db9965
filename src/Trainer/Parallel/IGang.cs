namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// The ranks that train together. All of them call the same operations in the same order; each call blocks until this rank's part is done.
/// A lost or silent peer ends every operation with a TrainerException of exit code 75, after which the gang is of no more use.
/// </summary>
internal interface IGang : IDisposable
{
    /// <summary>This process, 0…<see cref="Size"/>−1.</summary>
    int Rank { get; }

    /// <summary>Ranks in the gang.</summary>
    int Size { get; }

    /// <summary>Replaces the values by their sum over all ranks, bit for bit the same on each.</summary>
    void Sum(Span<float> values);

    /// <summary>Returns each rank's bytes, in order of rank; lengths may differ.</summary>
    IReadOnlyList<byte[]> Gather(ReadOnlySpan<byte> mine);

    /// <summary>Returns after every rank has called it.</summary>
    void Barrier();

    /// <summary>Tells the others that this rank's end, which follows, is no accident: all of them know why.</summary>
    void Leave();
}
