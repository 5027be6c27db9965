using System.Text.Json.Nodes;
using MhcOperator.Api.Yaml;
using MhcOperator.Testing.Programs;

namespace Chart.Tests.Support;

/// <summary>What the chart is rendered to.</summary>
internal sealed class Release
{
    public const string Namespace = "training-system";

    private Release(string text)
    {
        Text = text;
        var documents = YamlReader.Read(text);
        Assert.All(documents, document => Assert.Empty(document.Errors));
        Objects = [.. documents.Select(document => document.Root).OfType<JsonObject>()];
    }

    public string Text { get; }

    /// <summary>Everything, what <c>helm test</c> makes included.</summary>
    public IReadOnlyList<JsonObject> Objects { get; }

    /// <summary>The arguments of the operator.</summary>
    public IEnumerable<string> Arguments =>
        Of("Deployment").Single()["spec"]!["template"]!["spec"]!["containers"]![0]!["args"]!.AsArray().Select(a => (string)a!);

    /// <summary>Renders the chart, as release <c>mhc</c> of a namespace that nothing is named after.</summary>
    /// <param name="values">YAML; what it leaves out has its default.</param>
    /// <param name="server">Version of Kubernetes.</param>
    /// <param name="helm">Version of Helm.</param>
    /// <param name="name">Name of the release.</param>
    public static async Task<Release> RenderAsync(string values = "", string server = "1.35.0", string helm = Helm.Newest,
        string name = "mhc")
    {
        var answer = await TryAsync(values, server, helm, name);
        Assert.True(answer.ExitCode == 0, answer.Error);
        return new Release(answer.Output);
    }

    /// <summary>The same, and what Helm says of values that it refuses.</summary>
    public static async Task<Answer> TryAsync(string values, string server = "1.35.0", string helm = Helm.Newest, string name = "mhc")
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, values, TestContext.Current.CancellationToken);
            return await Helm.RunAsync(helm, "template", name, Helm.Chart, "--namespace", Namespace, "--kube-version", server,
                "--values", file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Those of a kind, the ones of <c>helm test</c> left out.</summary>
    public IEnumerable<JsonObject> Of(string kind) =>
        Objects.Where(o => (string?)o["kind"] == kind && o["metadata"]!["annotations"]?["helm.sh/hook"] is null);

    public static string NameOf(JsonObject made) => (string)made["metadata"]!["name"]!;
}
