using MhcOperator.Api;

namespace EndToEnd.Tests.Cluster;

/// <summary>A namespace of one test, removed with everything in it.</summary>
internal sealed class TestNamespace(Kubectl kubectl, string name) : IAsyncDisposable
{
    public Kubectl Kubectl => kubectl;

    public string Name => name;

    public Task ApplyAsync(string yaml) => kubectl.ApplyAsync(yaml, name);

    /// <summary>The job, once the condition holds. One that has failed before is waited for no longer.</summary>
    public async Task<JobView> JobAsync(string job, string what, Func<JobView, bool> holds)
    {
        bool Ends(JobView view) => view.HasFailed || holds(view);
        var seen = new JobView(await kubectl.SeesAsync(what, ["mhcjob", job, "--namespace", name], json => Ends(new JobView(json))));
        Assert.True(holds(seen), $"{job} failed before {what}: {seen}\n{await EventsAsync(job)}");
        return seen;
    }

    public async Task<IReadOnlyList<PodView>> PodsAsync(string job) =>
        [.. (await kubectl.ListAsync("pods", "--namespace", name, "--selector", $"{Labels.Job}={job}")).Select(json => new PodView(json))];

    /// <summary>Reasons of the events about the job.</summary>
    public async Task<IReadOnlyList<string>> EventReasonsAsync(string job) =>
        [.. (await kubectl.ListAsync("events", "--namespace", name, "--field-selector",
            $"involvedObject.kind={MhcTrainingJob.KindName},involvedObject.name={job}"))
            .Select(item => (string)item["reason"]!)];

    /// <summary>The events about the job, for people.</summary>
    public Task<string> EventsAsync(string job) =>
        kubectl.RunAsync(
            ["get", "events", "--namespace", name, "--field-selector",
                $"involvedObject.kind={MhcTrainingJob.KindName},involvedObject.name={job}"]);

    /// <summary>What the pod has written.</summary>
    public Task<string> LogAsync(string pod) => kubectl.RunAsync(["logs", pod, "--namespace", name]);

    public async ValueTask DisposeAsync() =>
        await kubectl.RunAsync(["delete", "namespace", name, "--wait=false"]);
}
