namespace MhcOperator.Trainer.Parallel;

/// <summary>How much one rank may still store at the rendezvous. Thread-safe.</summary>
/// <param name="keys">Keys that it may name.</param>
/// <param name="bytes">Bytes of keys and values.</param>
internal sealed class StoreBudget(int keys, int bytes)
{
    private readonly Lock _turn = new();
    private int _keys = keys;
    private int _bytes = bytes;

    /// <summary>Takes room for one more key.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public void Take(int size)
    {
        lock (_turn)
        {
            if (_keys < 1 || size > _bytes)
            {
                throw new InvalidDataException("it stores more than a rank needs to");
            }

            _keys--;
            _bytes -= size;
        }
    }
}
