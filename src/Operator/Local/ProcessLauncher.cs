using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using k8s.Models;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Operator.Planning.Gangs;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Planning.Manifests;

namespace MhcOperator.Operator.Local;

/// <summary>
/// Runs containers as processes of this machine. They get the environment that they would have in a cluster, with addresses, ports and
/// paths replaced: 127.0.0.1, free ports for each attempt, and files in the folder of the run.
/// </summary>
internal sealed class ProcessLauncher : IPodLauncher, IDisposable
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(1);
    private const long LongestAnswer = 64 * 1024;
    private static readonly string[] ThreadLimits = [TrainerEnvironment.Threads, TrainerEnvironment.OpenMpThreads];

    private readonly ConcurrentDictionary<string, (int Rendezvous, int Status)> _ports = new(StringComparer.Ordinal);
    private readonly ProcessSpawner _spawner = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false })
    {
        Timeout = AnswerTime,
        MaxResponseContentBufferSize = LongestAnswer,
    };

    private readonly LocalRunOptions _options;
    private readonly LocalFolder _folder;

    public ProcessLauncher(LocalRunOptions options)
    {
        _options = options;
        _folder = new LocalFolder(options.RunFolder);
        Directory.CreateDirectory(_folder.Checkpoints);
    }

    public ILaunchedContainer Launch(ContainerLaunch launch)
    {
        var pod = launch.Pod.Metadata.Name;
        var log = _folder.Log(pod, launch.Container.Name);
        var message = _folder.TerminationMessage(pod, launch.Container.Name);
        var configuration = _folder.Configuration(pod);
        var isRank = RankContainers.Of(launch.Pod).Contains(launch.Container.Name, StringComparer.Ordinal);
        try
        {
            RunFile.MakeFolder(_folder.Root, "logs");
            RunFile.MakeFolder(_folder.Root, "config");
            RunFile.MakeFolder(_folder.Root, "pods", pod, launch.Container.Name);
            RunFile.ExpectPlain(log);
            RunFile.Replace(message, []);
            RunFile.Replace(configuration, Encoding.UTF8.GetBytes(launch.Configuration ?? "{}"));
            if (!isRank && launch.Container.Command is not { Count: > 0 })
            {
                // The trainer is no stand-in for it: it would be another rank 0 in the same folder.
                File.AppendAllText(log, $"{launch.Container.Name} was not started: it names no command, and no image is run here\n");
                return new EndedContainer();
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }

        var environment = Environment(launch, configuration, message);
        var process = _spawner.Start(Command(launch.Container, environment), environment, _options.WorkingFolder, log);
        return new ProcessContainer(process, message, isRank ? null : log);
    }

    public async Task<TrainerStatus?> GetStatusAsync(V1Pod pod, CancellationToken cancel)
    {
        try
        {
            var uri = new Uri($"http://127.0.0.1:{PortsOf(pod).Status}{TrainerPaths.Status}");
            return TrainerAnswer.ReadStatus(await _http.GetByteArrayAsync(uri, cancel));
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            // It has not begun to listen, or it is ending: there is nothing to report, and the next look asks again.
            return null;
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _spawner.Dispose();
    }

    /// <summary>
    /// The job's own command where it has one; else the trainer, whose last word (<c>train</c>) the job's arguments replace.
    /// </summary>
    private List<string> Command(V1Container container, Dictionary<string, string> environment)
    {
        List<string> args = [.. (container.Args ?? []).Select(Expand)];
        if (container.Command is { Count: > 0 } own)
        {
            return [.. own.Select(Expand), .. args];
        }

        return args.Count > 0
            ? [.. _options.TrainerCommand.Take(Math.Max(1, _options.TrainerCommand.Count - 1)), .. args]
            : [.. _options.TrainerCommand];

        string Expand(string text) => VariableReferences.Expand(text, environment.GetValueOrDefault);
    }

    private Dictionary<string, string> Environment(ContainerLaunch launch, string configuration, string message)
    {
        var (rendezvous, status) = PortsOf(launch.Pod);
        var here = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [TrainerEnvironment.MasterAddress] = "127.0.0.1",
            [TrainerEnvironment.MasterPort] = Text(rendezvous),
            [TrainerEnvironment.StatusPort] = Text(status),
            [TrainerEnvironment.Configuration] = configuration,
            [TrainerEnvironment.CheckpointFolder] = _folder.Checkpoints,
            [TrainerEnvironment.TerminationMessagePath] = message,
        };

        // As the kubelet does: a value may refer to the variables before it.
        var said = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in launch.Container.Env ?? [])
        {
            said[variable.Name] = here.GetValueOrDefault(variable.Name)
                ?? VariableReferences.Expand(variable.Value ?? "", said.GetValueOrDefault);
        }

        var environment = new Dictionary<string, string>(_options.Environment, StringComparer.Ordinal);
        foreach (var (name, value) in said.Concat(here))
        {
            environment[name] = value;
        }

        if (launch.Configuration is null)
        {
            environment.Remove(TrainerEnvironment.ConfigurationHash); // it would be waited for in vain
        }

        // All ranks are on this machine, whatever the gang believes. Whoever says how many threads a process may take is obeyed.
        var ranks = int.Parse(environment.GetValueOrDefault(TrainerEnvironment.WorldSize, "1"), CultureInfo.InvariantCulture);
        if (!ThreadLimits.Any(
            name => environment.ContainsKey(name) || !string.IsNullOrEmpty(System.Environment.GetEnvironmentVariable(name))))
        {
            environment[TrainerEnvironment.Threads] = Text(Math.Max(1, (_options.Cores ?? System.Environment.ProcessorCount) / ranks));
        }

        return environment;
    }

    private (int Rendezvous, int Status) PortsOf(V1Pod pod)
    {
        var attempt = pod.Metadata.Labels is { } labels && labels.TryGetValue(Labels.Attempt, out var label) ? label : "";
        lock (_ports)
        {
            return _ports.GetOrAdd(attempt, _ => FreePorts());
        }
    }

    private static (int First, int Second) FreePorts()
    {
        // Both are held before either is let go, so that they differ.
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
