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

    /// <summary>Bytes that this rank has sent to its peers in these operations so far.</summary>
    long BytesSent { get; }

    /// <summary>Replaces this rank's block by the sum of it over all ranks; the other blocks are of no more use.</summary>
    /// <param name="blocks">[size, count]</param>
    void ReduceScatter(Span<float> blocks);

    /// <summary>Replaces every block by that of its rank.</summary>
    /// <param name="blocks">[size, count], in which this rank's block is given.</param>
    void AllGather(Span<byte> blocks);

    /// <summary>Exchanges blocks: block r goes to rank r, and block r comes from there.</summary>
    /// <param name="blocks">[size, count]</param>
    /// <param name="received">[size, count]</param>
    void AllToAll(ReadOnlySpan<byte> blocks, Span<byte> received);

    /// <summary>Returns each rank's bytes, in order of rank; lengths may differ.</summary>
    IReadOnlyList<byte[]> Gather(ReadOnlySpan<byte> mine);

    /// <summary>Returns after every rank has called it.</summary>
    void Barrier();

    /// <summary>Tells the others that this rank's end, which follows, is no accident: all of them know why.</summary>
    void Leave();
}
