using System.Text;

namespace MhcOperator.Trainer.Parallel;

/// <summary>A rank's connection as rank 0 sees it. Answers and notices come from different threads; each leaves as a whole.</summary>
/// <param name="identity">Who it is.</param>
/// <param name="connection">What to write to.</param>
internal sealed class RendezvousMember(GangIdentity identity, Stream connection)
{
    private readonly Lock _turn = new();

    private long _operations;
    private long _answers;
    private int _asking;

    /// <summary>Its rank.</summary>
    public int Rank => identity.Rank;

    /// <summary>Operations of the gang that it has begun, as it said last.</summary>
    public long Operations => Volatile.Read(ref _operations);

    /// <summary>How often it has said so.</summary>
    public long Answers => Volatile.Read(ref _answers);

    /// <summary>It lives, and says how far it is.</summary>
    public void IsAt(long operations)
    {
        Volatile.Write(ref _operations, operations);
        Interlocked.Increment(ref _answers);
    }

    /// <summary>It asks for the others.</summary>
    /// <exception cref="InvalidDataException">It has asked before, and is not answered yet.</exception>
    public void Asks()
    {
        if (Interlocked.Exchange(ref _asking, 1) == 1)
        {
            throw new InvalidDataException("it asks again before it is answered");
        }
    }

    /// <summary>Answers what it has asked of the others.</summary>
    /// <exception cref="IOException">The connection broke.</exception>
    public void AnswerAboutOthers(string words)
    {
        Volatile.Write(ref _asking, 0);
        Answer(Encoding.UTF8.GetBytes(words));
    }

    /// <summary>Answers a request.</summary>
    /// <param name="value">What was asked for; null: it did not come in time.</param>
    /// <exception cref="IOException">The connection broke.</exception>
    public void Answer(byte[]? value) => Write(value is null
        ? RendezvousProtocol.Message(RendezvousProtocol.Answer, RendezvousProtocol.Refused)
        : RendezvousProtocol.Message(RendezvousProtocol.Answer, value));

    /// <summary>Brings news.</summary>
    public void Tell(int notice)
    {
        try
        {
            Write(RendezvousProtocol.Message(RendezvousProtocol.Notice, notice));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It is gone itself; its own connection says so.
            return;
        }
    }

    private void Write(byte[] message)
    {
        lock (_turn)
        {
            connection.Write(message);
        }
    }
}
