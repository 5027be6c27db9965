using System.Diagnostics;

namespace EndToEnd.Tests.Cluster;

/// <summary>The real operator, as a process beside the cluster.</summary>
internal sealed class OperatorProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly StreamWriter log;

    private OperatorProcess(Process process, StreamWriter log)
    {
        this.process = process;
        this.log = log;
    }

    /// <summary>Whether it still runs.</summary>
    public bool IsRunning => !process.HasExited;

    public static OperatorProcess Start(string kubeconfig)
    {
        var start = new ProcessStartInfo(
            Repository.ProgramOf("Operator", "mhc-operator"),
            ["--default-trainer-image", TrainerImage(), "--bind-address", "127.0.0.1", "--metrics-port", "0", "--poll-interval", "1"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["KUBECONFIG"] = kubeconfig;
        var folder = Directory.CreateDirectory(Repository.PathOf("artifacts/test-logs"));
        var operatorProcess = new OperatorProcess(
            new Process { StartInfo = start },
            new StreamWriter(Path.Combine(folder.FullName, "EndToEnd.operator.log")) { AutoFlush = true });
        operatorProcess.Begin();
        return operatorProcess;
    }

    // The one that eng/images.sh made last, by its digest; in a cluster of one's own, the image may have another name.
    private static string TrainerImage()
    {
        if (Environment.GetEnvironmentVariable("MHC_E2E_TRAINER_IMAGE") is { Length: > 0 } image)
        {
            return image;
        }

        var line = File.ReadLines(Repository.PathOf("artifacts/images/digests.txt")).Single(line => line.StartsWith("mhc-trainer ", StringComparison.Ordinal));
        return $"mhc-trainer@{line.Split(' ')[2]}";
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        process.Dispose();
        await log.DisposeAsync();
    }

    private void Begin()
    {
        var writer = TextWriter.Synchronized(log);
        process.OutputDataReceived += (_, line) => writer.WriteLine(line.Data);
        process.ErrorDataReceived += (_, line) => writer.WriteLine(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }
}
