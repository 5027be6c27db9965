using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Cel.Tests;
using MhcOperator.Api.Yaml;
using MhcOperator.Testing.Kubernetes;
using MhcOperator.Testing.Programs;

[assembly: AssemblyFixture(typeof(CelServer))]
[assembly: CollectionBehavior(DisableTestParallelization = true)] // one definition for all

namespace Cel.Tests;

/// <summary>
/// The part of a current Kubernetes API server that holds custom resources, as a program of its own (<c>eng/cel-server.sh</c> builds it),
/// with the definition of crds/cel. An old API server stands in for the rest: it knows who asks, and which namespaces there are.
/// </summary>
public sealed class CelServer : IAsyncLifetime
{
    private const string Definitions = "apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    private const string Definition = Definitions + "/mhctrainingjobs.training.mhc.dev";

    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-cel-").FullName;
    private ApiServer? _core;
    private Daemon? _server;
    private TestApi? _api;

    internal TestApi Api => _api ?? throw new InvalidOperationException("the server has not been started");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _core = await ApiServer.StartAsync(installCrd: false, Cancel);
        var port = FreePort.Take();
        var kubeconfig = _core.Kubeconfig();
        _server = Daemon.Start(
            Program(),
            ["--kubeconfig", kubeconfig, "--authentication-kubeconfig", kubeconfig, "--authorization-kubeconfig", kubeconfig,
             "--etcd-servers", _core.EtcdAddress, "--etcd-prefix", "/registry-of-the-new-one", "--bind-address", "127.0.0.1",
             "--secure-port", port.ToString(CultureInfo.InvariantCulture),
             "--cert-dir", Path.Combine(_folder, "certificates"), "--enable-priority-and-fairness=false",
             // of types that an old server lacks
             "--disable-admission-plugins",
             "MutatingAdmissionPolicy,MutatingAdmissionWebhook,ValidatingAdmissionPolicy,ValidatingAdmissionWebhook"],
            Path.Combine(_folder, "server.log"));
        _api = new TestApi(new Uri($"https://127.0.0.1:{port}/"), ApiServer.AdminToken);
        await Eventually.HoldsAsync(
            async () => !_server.HasExited ? await _api.IsReadyAsync(Cancel)
                : throw new InvalidOperationException($"it has ended: {_server.Log}"),
            "the server is ready", Cancel);
        await InstallAsync("cel/mhctrainingjobs.training.mhc.dev.yaml");
    }

    public async ValueTask DisposeAsync()
    {
        TestContext.Current.TestOutputHelper?.WriteLine(_server?.Log ?? "");
        _api?.Dispose();
        _server?.Dispose();
        if (_core is not null)
        {
            await _core.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Installs one of crds/, in the place of the one that is there, and waits until the server goes by it.</summary>
    internal async Task InstallAsync(string file)
    {
        var definition = YamlReader.Read(await File.ReadAllTextAsync(Repository.PathOf($"crds/{file}"), Cancel))[0].Root!.AsObject();
        definition["metadata"]!["labels"] = new JsonObject { ["from"] = file.Replace('/', '.') };
        await Api.ApplyAsync(Definition, definition, Cancel);
        await Eventually.HoldsAsync(() => Api.ExistsAsync(Jobs(), Cancel), "jobs are served", Cancel);
        var refuses = file.StartsWith("cel/", StringComparison.Ordinal);
        await Eventually.HoldsAsync(
            async () => (await CreateAsync(Job("model: {heads: 7}"))).Code == (refuses ? HttpStatusCode.UnprocessableEntity
                : HttpStatusCode.Created), $"{file} is in force", Cancel);
    }

    internal Task<JsonObject?> DefinitionAsync() => Api.FindAsync(Definition, Cancel);

    /// <summary>Has the definition checked with one more rule on the spec.</summary>
    internal async Task<(HttpStatusCode Code, JsonObject Answer)> RedefineAsync(string rule)
    {
        var definition = (await DefinitionAsync())!;
        definition["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!["x-kubernetes-validations"]!.AsArray()
            .Add((JsonNode)new JsonObject { ["rule"] = rule, ["message"] = "one more" });
        return await Api.AskAsync(HttpMethod.Put, Definition + "?dryRun=All", definition, "application/json", Cancel);
    }

    internal static JsonObject Job(string spec, string name = "job") => new()
    {
        ["apiVersion"] = "training.mhc.dev/v1alpha1",
        ["kind"] = "MhcTrainingJob",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = YamlReader.Read($"---\n{{{spec}}}")[0].Root,
    };

    /// <summary>Has a job checked as if it were created, or created.</summary>
    internal Task<(HttpStatusCode Code, JsonObject Answer)> CreateAsync(JsonObject job, bool store = false) =>
        Api.AskAsync(HttpMethod.Post, Jobs() + (store ? "" : "?dryRun=All"), job, "application/json", Cancel);

    /// <summary>Changes a job that is stored.</summary>
    internal Task<(HttpStatusCode Code, JsonObject Answer)> ChangeAsync(string name, JsonObject patch, bool store = false,
        string subresource = "") =>
        Api.AskAsync(HttpMethod.Patch, $"{Jobs()}/{name}{subresource}" + (store ? "" : "?dryRun=All"), patch,
            "application/merge-patch+json", Cancel);

    /// <summary>The fields that a refusal blames, with what it says of each.</summary>
    internal static IReadOnlyList<(string Field, string Message)> Causes(JsonObject answer) =>
        [.. (answer["details"]?["causes"]?.AsArray() ?? []).Select(c => ((string)c!["field"]!, (string)c["message"]!))];

    private static string Jobs() => "apis/training.mhc.dev/v1alpha1/namespaces/default/mhctrainingjobs";

    private static string Program()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var program = Environment.GetEnvironmentVariable("MHC_CEL_SERVER") is { Length: > 0 } named ? named
            : Path.Combine(home, ".cache", "mhc-operator", "cel", "apiextensions-apiserver");
        return File.Exists(program) ? program
            : throw new FileNotFoundException($"{program} is needed: run eng/cel-server.sh, as make test-cel does");
    }
}
