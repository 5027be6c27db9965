using System.Globalization;
using System.Security.Cryptography;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Training;

/// <summary>
/// A ConfigMap's file on a node may still be that of before for a minute or two. Ranks that begin with different configurations would not
/// train one model, so each waits for the one that its attempt is to begin with.
/// </summary>
internal static class ConfigurationArrival
{
    /// <summary>The kubelet looks at least every minute and a half.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether the file has the content.</summary>
    /// <param name="path">The file.</param>
    /// <param name="hash">SHA-256 of the content, in hexadecimal digits; null or empty: any.</param>
    public static bool IsThere(string? path, string? hash)
    {
        if (string.IsNullOrEmpty(hash))
        {
            return true;
        }

        try
        {
            return path is not null
                && string.Equals(Convert.ToHexStringLower(SHA256.HashData(ConfigurationFile.ReadBytes(path))), hash,
                    StringComparison.OrdinalIgnoreCase);
        }
        catch (IOException)
        {
            return false; // the kubelet is about to replace it
        }
    }

    /// <summary>Waits until it has.</summary>
    /// <param name="path">The file.</param>
    /// <param name="hash">SHA-256 of the content; null or empty: any.</param>
    /// <param name="say">Takes lines for people.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancel">Ends the waiting; then it returns.</param>
    /// <exception cref="TrainerException">It has not come in time.</exception>
    public static async Task WaitAsync(string? path, string? hash, Action<string> say, TimeProvider time, CancellationToken cancel)
    {
        if (IsThere(path, hash))
        {
            return;
        }

        say($"waiting for the configuration of this attempt at {path}: SHA-256 {hash} ({TrainerEnvironment.ConfigurationHash})");
        var began = time.GetTimestamp();
        using var ticks = new PeriodicTimer(LookInterval, time);
        while (!IsThere(path, hash))
        {
            if (time.GetElapsedTime(began) >= Patience)
            {
                throw TrainerException.TryAgain(
                    "ConfigurationNotArrived",
                    string.Create(CultureInfo.InvariantCulture,
                        $"configuration {path} ({TrainerEnvironment.Configuration}) has not had the SHA-256 {hash} ({TrainerEnvironment.ConfigurationHash}) for {Patience.TotalSeconds} s"));
            }

            try
            {
                await ticks.WaitForNextTickAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
