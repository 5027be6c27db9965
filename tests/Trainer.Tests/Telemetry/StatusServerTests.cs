using System.Net;
using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Testing.Programs;
using MhcOperator.Trainer.Telemetry;

namespace MhcOperator.Trainer.Tests.Telemetry;

public sealed class StatusServerTests : IDisposable
{
    private readonly StatusBoard _board = new();
    private readonly StatusServer _server;
    private readonly HttpClient _client;

    public StatusServerTests()
    {
        _server = StatusServer.Start(IPAddress.Loopback, 0, _board);
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_server.Port}") };
        _board.Current = new TrainerSnapshot(
            new TrainerStatus
            {
                Attempt = 2,
                Step = 7,
                Loss = 1.5,
                Gain = new GainStatus { Forward = 1.25 },
                Gap = new GapStatus { Row = 1e-7, Column = 0.02 },
                StabilityState = "Healthy",
                VerifiedCheckpoint = 5
            }, 3, 1, 0.5);
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Status_is_the_contracts_JSON()
    {
        var status = JsonSerializer.Deserialize(
            await _client.GetStringAsync(new Uri("/status", UriKind.Relative), TestContext.Current.CancellationToken),
            ApiJsonContext.Default.TrainerStatus);

        Assert.Equal(_board.Current.Status, status);
    }

    [Fact]
    public async Task Metrics_have_a_line_for_each_known_value_and_none_for_unknown_ones()
    {
        var text = await _client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Contains("\nmhc_train_step 7\n", text, StringComparison.Ordinal);
        Assert.Contains("\nmhc_train_gain{direction=\"forward\"} 1.25\n", text, StringComparison.Ordinal);
        Assert.Contains("\nmhc_train_gap{direction=\"row\"} 1E-07\nmhc_train_gap{direction=\"column\"} 0.02\n", text,
            StringComparison.Ordinal);
        Assert.Contains("\nmhc_train_checkpoint_step{state=\"verified\"} 5\n", text, StringComparison.Ordinal);
        Assert.Contains("\nmhc_train_skipped_updates_total 3\n", text, StringComparison.Ordinal);
        Assert.Contains("\nmhc_train_stability_state{state=\"Healthy\"} 1\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("\nmhc_train_checkpoint_step{state=\"latest\"}", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prometheus_own_check_has_nothing_to_say_about_the_metrics_and_the_contract_names_each()
    {
        _board.Current = _board.Current with
        {
            Limits = () =>
            new Dictionary<string, double>(StringComparer.Ordinal)
            {
                ["loss"] = 2.5,
                ["gain"] = 100,
                ["gapRow"] = 0.01,
                ["gapColumn"] = 2
            }
        };
        var text = await _client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Contains("\nmhc_train_loss_limit 2.5\n", text, StringComparison.Ordinal);
        Assert.Contains("\nmhc_train_gain_limit 100\n", text, StringComparison.Ordinal);
        Assert.Contains("\nmhc_train_gap_limit{direction=\"row\"} 0.01\nmhc_train_gap_limit{direction=\"column\"} 2\n", text,
            StringComparison.Ordinal);
        Assert.DoesNotContain("\nmhc_train_gradient_norm_limit ", text, StringComparison.Ordinal);

        var served = text.Split('\n').Where(line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2])
            .ToHashSet(StringComparer.Ordinal);
        var contract = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Telemetry", "trainer-contract.md"),
            TestContext.Current.CancellationToken);
        var named = contract.Split('`').Where(word => word.StartsWith("mhc_train_", StringComparison.Ordinal))
            .ToHashSet(StringComparer.Ordinal);
        Assert.Equal(served.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));

        await Promtool.AcceptsAsync(text, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Limits_are_worked_out_for_whoever_asks_for_metrics_and_for_nobody_else()
    {
        var times = 0;
        _board.Current = _board.Current with
        {
            Limits = () =>
            {
                times++;
                return new Dictionary<string, double>(StringComparer.Ordinal);
            },
        };
        await _client.GetStringAsync(new Uri("/status", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(0, times);
        await _client.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(1, times);
    }

    [Theory]
    [InlineData("GET", "/healthz", HttpStatusCode.OK)]
    [InlineData("POST", "/status", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/else", HttpStatusCode.NotFound)]
    public async Task Other_requests_get_their_code(string method, string path, HttpStatusCode code)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        using var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(code, response.StatusCode);
    }

    [Fact]
    public void A_taken_port_is_an_IO_error() =>
        Assert.ThrowsAny<IOException>(() => StatusServer.Start(IPAddress.Loopback, _server.Port, _board));
}
