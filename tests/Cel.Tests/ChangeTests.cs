using System.Net;
using System.Text.Json.Nodes;
using MhcOperator.Api.Validation;
using MhcOperator.Api.Yaml;
using MhcOperator.Testing.Jobs;

namespace Cel.Tests;

/// <summary>
/// Transition rules: what may not change, what may while the job is suspended, and what happens to jobs that were stored before the rules.
/// </summary>
public sealed class ChangeTests(CelServer server)
{
    private static readonly string[] Template =
        ["workers: {template: {spec: {priority: 1}}}", "workers: {template: {metadata: {labels: {a: b}}}}"];

    public static TheoryData<string, string> Changes()
    {
        var changes = BrokenRules.Changes();
        foreach (var template in Template)
        {
            changes.Add(template, "spec.workers.template");
        }

        return changes;
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task What_may_not_change_is_refused_while_the_job_runs_and_some_of_it_may_while_it_is_suspended(string change,
        string expected)
    {
        var rule = Immutability.Fields.Single(f => expected.StartsWith(f.Path, StringComparison.Ordinal));
        var name = await StoreAsync("");
        var (code, answer) = await server.ChangeAsync(name, Patch(change));
        Assert.True(code == HttpStatusCode.UnprocessableEntity, $"{code}: {answer}");
        var cause = Assert.Single(CelServer.Causes(answer));
        Assert.Equal(rule.Path, cause.Field);
        Assert.Contains(rule.CelMessage, cause.Message, StringComparison.Ordinal);

        var suspended = await server.ChangeAsync(name, Patch($"suspend: true, {change}"));
        Assert.True(suspended.Code == (rule.FreeWhileSuspended ? HttpStatusCode.OK : HttpStatusCode.UnprocessableEntity),
            $"{suspended.Code}: {suspended.Answer}");
        var resuming = await StoreAsync("suspend: true");
        Assert.Equal(suspended.Code, (await server.ChangeAsync(resuming, Patch($"suspend: false, {change}"))).Code);
    }

    [Fact]
    public async Task What_is_as_it_was_and_what_may_always_change_passes()
    {
        var name = await StoreAsync("checkpoints: {volume: {subPath: x}}, workers: {template: {spec: {priority: 1}}}");
        foreach (var change in (string[])["", "model: {layers: 12}", "runPolicy: {maxRestarts: 9}", "suspend: true",
            "optimization: {steps: 2000}", "workers: {template: {spec: {priority: 1}}}"])
        {
            var (code, answer) = await server.ChangeAsync(name, Patch(change));
            Assert.True(code == HttpStatusCode.OK, $"{change}: {code}: {answer}");
        }
    }

    [Fact]
    public async Task A_job_that_was_stored_before_the_rules_gets_its_status_and_can_be_mended()
    {
        await server.InstallAsync("mhctrainingjobs.training.mhc.dev.yaml");
        string name;
        try
        {
            name = await StoreAsync("model: {heads: 7}, checkpoints: {intervalSteps: 10}");
        }
        finally
        {
            await server.InstallAsync("cel/mhctrainingjobs.training.mhc.dev.yaml");
        }

        var status = await server.ChangeAsync(name, new JsonObject { ["status"] = new JsonObject { ["attempt"] = 1 } }, store: true,
            subresource: "/status");
        Assert.True(status.Code == HttpStatusCode.OK, $"{status.Code}: {status.Answer}");
        var label = await server.ChangeAsync(name,
            new JsonObject { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["a"] = "b" } } });
        Assert.True(label.Code == HttpStatusCode.OK, $"{label.Code}: {label.Answer}");
    }

    private async Task<string> StoreAsync(string spec)
    {
        var name = $"job{Guid.NewGuid().ToString("n")[..8]}";
        var (code, answer) = await server.CreateAsync(CelServer.Job(spec, name), store: true);
        Assert.True(code == HttpStatusCode.Created, $"{code}: {answer}");
        return name;
    }

    private static JsonObject Patch(string spec) => new() { ["spec"] = YamlReader.Read($"---\n{{{spec}}}")[0].Root };
}
