using System.Runtime.InteropServices;
using MhcOperator.Api;
using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Parallel;

/// <summary>
/// Moves one bucket between the ranks. Each rank owns one block of it: it gets the sum of all gradients there, and gives the others what
/// came of it: with sharded optimizer the new weights, else the sum itself. In a coded format no more than one message is ever added up, so
/// that values are rounded once on their way, and the weights travel as their change: what a message loses is part of the next change.
/// </summary>
internal sealed class BucketExchange : IDisposable
{
    private readonly FlatBucket _bucket;
    private readonly IGang _gang;
    private readonly WireFormat? _format;
    private readonly bool _sharded;
    private readonly float[] _lost; // [elements] what the messages about this rank's gradients did not say
    private readonly float[] _sumLost; // [block] what the messages about the sum did not say
    private readonly float[] _change; // [block]
    private readonly byte[] _sent; // [ranks, size of a block]
    private readonly byte[] _received;
    private readonly int _size; // of a block on the wire

    /// <param name="bucket">What is moved.</param>
    /// <param name="gang">Between whom.</param>
    /// <param name="format">Of the messages; null: float32.</param>
    /// <param name="sharding">What is given back.</param>
    public BucketExchange(FlatBucket bucket, IGang gang, WireFormat? format, Sharding sharding)
    {
        (_bucket, _gang, _format, _sharded) = (bucket, gang, format, sharding == Sharding.Optimizer);
        var block = bucket.Plan.Block;
        _size = format?.Size(block) ?? 0;
        (_sent, _received) = (new byte[_size * gang.Size], new byte[_size * gang.Size]);
        _lost = format is { KeepsWhatIsLost: true } ? new float[bucket.Plan.Elements] : [];
        _sumLost = _lost.Length > 0 && !_sharded ? new float[block] : [];
        _change = format is null ? [] : new float[block];
        // Where messages lose something, the weights that all ranks compute with lag behind the owner's exact ones.
        OwnWeights = format is not null && _sharded ? zeros(block).DetachFromDisposeScope()
            : FlatBucket.View(bucket.Weights, gang.Rank * block, [block]);
        OwnGradients = FlatBucket.View(bucket.Gradients, gang.Rank * block, [block]);
        Begin();
    }

    /// <summary>[block] float32: exact weights of this rank's block, to be updated where the optimizer is sharded.</summary>
    public Tensor OwnWeights { get; }

    /// <summary>[block] float32: this rank's block of the gradients; the sum over all ranks after <see cref="Reduce"/>.</summary>
    public Tensor OwnGradients { get; }

    private Span<float> Weights => TensorMemory.Span<float>(_bucket.Weights);

    private Span<float> Gradients => TensorMemory.Span<float>(_bucket.Gradients);

    /// <summary>The weights have been set, the same on all ranks: nothing is owed to anyone.</summary>
    public void Begin()
    {
        if (_format is not null && _sharded)
        {
            BlockOf(Weights, _gang.Rank).CopyTo(TensorMemory.Span<float>(OwnWeights));
        }

        Forget();
    }

    /// <summary>Drops what messages did not say: a gradient that was not finite must not come back.</summary>
    public void Forget()
    {
        Array.Clear(_lost);
        Array.Clear(_sumLost);
    }

    /// <summary>Adds up the gradients.</summary>
    public void Reduce()
    {
        if (_format is null)
        {
            _gang.ReduceScatter(Gradients);
            return;
        }

        foreach (var rank in Others())
        {
            var block = BlockOf(Gradients, rank);
            if (_lost.Length > 0)
            {
                var lost = BlockOf(_lost, rank);
                Vectors.Add(block, lost);
                _format.Encode(block, Message(_sent, rank));
                block.CopyTo(lost);
            }
            else
            {
                _format.Encode(block, Message(_sent, rank));
            }
        }

        _gang.AllToAll(_sent, _received);
        foreach (var rank in Others())
        {
            _format.Add(Message(_received, rank), BlockOf(Gradients, _gang.Rank));
        }
    }

    /// <summary>Gives all ranks the updated weights, or the sum of the gradients where each updates all weights itself.</summary>
    public void Spread()
    {
        if (_format is null)
        {
            _gang.AllGather(MemoryMarshal.AsBytes(_sharded ? Weights : Gradients));
            return;
        }

        if (_sharded)
        {
            Vectors.Subtract(TensorMemory.Span<float>(OwnWeights), BlockOf(Weights, _gang.Rank), _change);
            _format.Encode(_change, Message(_sent, _gang.Rank));
            _gang.AllGather(_sent);
        }
        else
        {
            BlockOf(Gradients, _gang.Rank).CopyTo(_change);
            if (_sumLost.Length > 0)
            {
                Vectors.Add(_change, _sumLost);
            }

            _format.Encode(_change, Message(_sent, _gang.Rank));
            if (_sumLost.Length > 0)
            {
                _change.CopyTo(_sumLost, 0);
            }

            _gang.AllGather(_sent);
            Gradients.Clear();
        }

        for (var rank = 0; rank < _gang.Size; rank++)
        {
            _format.Add(Message(_sent, rank), BlockOf(_sharded ? Weights : Gradients, rank));
        }
    }

    /// <summary>Gives all ranks the exact weights and owes nothing any more: whoever begins here goes on with the same bits.</summary>
    public void Settle()
    {
        if (_format is null)
        {
            return;
        }

        if (_sharded)
        {
            TensorMemory.Span<float>(OwnWeights).CopyTo(BlockOf(Weights, _gang.Rank));
            _gang.AllGather(MemoryMarshal.AsBytes(Weights));
        }

        Forget();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        OwnWeights.Dispose();
        OwnGradients.Dispose();
    }

    private IEnumerable<int> Others() => Enumerable.Range(0, _gang.Size).Where(r => r != _gang.Rank);

    private Span<float> BlockOf(Span<float> all, int rank) => all.Slice(rank * _bucket.Plan.Block, _bucket.Plan.Block);

    private Span<byte> Message(byte[] all, int rank) => all.AsSpan(rank * _size, _size);
}
