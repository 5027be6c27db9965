using System.Net;
using Microsoft.AspNetCore.Connections;

namespace MhcOperator.Operator.Serving;

/// <summary>
/// So many connections from one address, and no more: whoever opens thousands takes nobody else's place. One too many is closed before
/// anything is read from it.
/// </summary>
internal sealed class ConnectionLimit
{
    /// <summary>An API server holds one or a few.</summary>
    public const int PerAddress = 64;

    /// <summary>Of all addresses together.</summary>
    public const int InAll = 512;

    private readonly Dictionary<IPAddress, int> _open = [];
    private readonly Lock _gate = new();

    /// <summary>Kestrel's connection middleware.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => async connection =>
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var address })
        {
            await next(connection);
            return;
        }

        if (!TryEnter(address))
        {
            connection.Abort(new ConnectionAbortedException("too many connections"));
            return;
        }

        try
        {
            await next(connection);
        }
        finally
        {
            Leave(address);
        }
    };

    private bool TryEnter(IPAddress address)
    {
        lock (_gate)
        {
            var count = _open.GetValueOrDefault(address);
            if (count >= PerAddress)
            {
                return false;
            }

            _open[address] = count + 1;
            return true;
        }
    }

    private void Leave(IPAddress address)
    {
        lock (_gate)
        {
            if (_open[address] == 1)
            {
                _open.Remove(address);
            }
            else
            {
                _open[address]--;
            }
        }
    }
}
