using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Parallel;

/// <summary>Brings the ranks of one attempt together.</summary>
internal static class GangFactory
{
    private static readonly TimeSpan BindPause = TimeSpan.FromMilliseconds(200);

    /// <summary>Returns when all ranks are connected.</summary>
    /// <param name="identity">This rank.</param>
    /// <param name="host">MASTER_ADDR.</param>
    /// <param name="port">MASTER_PORT.</param>
    /// <param name="timeout">Patience with peers, here and later.</param>
    /// <param name="log">Takes lines for people.</param>
    /// <param name="cancel">Ends the waiting.</param>
    /// <param name="lost">Called, on another thread, when a peer has died later on; null: only operations tell.</param>
    /// <exception cref="TrainerException">The gang did not come together.</exception>
    public static IGang Create(GangIdentity identity, string host, int port, TimeSpan timeout, Action<string> log,
        CancellationToken cancel, Action<string>? lost = null)
    {
        if (identity.Size == 1)
        {
            return new SoloGang();
        }

        var server = identity.Rank == 0 ? Serve(identity, host, port, timeout, log, cancel) : null;
        RendezvousClient? client = null;
        try
        {
            client = RendezvousClient.Connect(host, server?.Port ?? port, identity, timeout, log, cancel);
            return GlooGang.Form(identity, server, client, timeout, lost);
        }
        catch
        {
            client?.Dispose();
            server?.Dispose();
            throw;
        }
    }

    private static RendezvousServer Serve(GangIdentity identity, string host, int port, TimeSpan timeout, Action<string> log,
        CancellationToken cancel)
    {
        var watch = Stopwatch.StartNew();
        var address = Listening.AddressFor(host);
        var said = false;
        while (true)
        {
            try
            {
                return new RendezvousServer(address, port, identity, timeout, log);
            }
            catch (SocketException e)
            {
                var trouble = string.Create(CultureInfo.InvariantCulture,
                    $"rank 0 cannot listen on port {port} (MASTER_PORT) of {address}: {e.Message}{PortOwner.Describe(port)}");
                // The attempt before may hold the port for a moment more.
                if (e.SocketErrorCode != SocketError.AddressAlreadyInUse || watch.Elapsed > timeout)
                {
                    throw TrainerException.TryAgain(EndReason.RendezvousFailed, trouble, e);
                }

                if (!said)
                {
                    log(string.Create(CultureInfo.InvariantCulture, $"rendezvous: {trouble}; trying again for {timeout.TotalSeconds:0} s"));
                    said = true;
                }
            }

            cancel.WaitHandle.WaitOne(BindPause);
            cancel.ThrowIfCancellationRequested();
        }
    }
}
