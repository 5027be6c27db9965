using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Operator.Local;

namespace MhcOperator.Operator.Tests.Local;

public sealed class ProcessLauncherTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-launch-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task References_to_variables_are_read_as_the_kubelet_reads_them()
    {
        using var launcher = new ProcessLauncher(new LocalRunOptions { RunFolder = _folder, TrainerCommand = ["false"] });
        var container = new V1Container
        {
            Name = "trainer",
            Command = ["/bin/sh", "-c", """printf '%s|' "$A" "$B" "$C" "$0" "$1" "$2" """],
            Args = ["$(B)", "$$(A)", "$(MASTER_ADDR) $(LATER) $(NOT_THERE)"],
            Env =
            [
                new V1EnvVar { Name = "A", Value = "pa$$word" },
                new V1EnvVar { Name = "B", Value = "x$(A)y" },
                new V1EnvVar { Name = "C", Value = "$(LATER)" },
                new V1EnvVar { Name = "LATER", Value = "late" },
                new V1EnvVar { Name = "MASTER_ADDR", Value = "demo-1-0.demo" },
            ],
        };
        var pod = new V1Pod
        {
            Metadata = new V1ObjectMeta
            {
                Name = "demo-1-0",
                Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [Labels.Attempt] = "1" }
            }
        };
        var ended = new TaskCompletionSource<ContainerExit>();

        launcher.Launch(new ContainerLaunch(pod, container, null)).OnExit(ended.SetResult);

        Assert.Equal(0, (await ended.Task.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken)).ExitCode);
        Assert.Equal("pa$word|xpa$wordy|$(LATER)|xpa$wordy|$(A)|127.0.0.1 late $(NOT_THERE)|",
            await File.ReadAllTextAsync(Path.Combine(_folder, "logs", "demo-1-0.log"), TestContext.Current.CancellationToken));
    }
}
