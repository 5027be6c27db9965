using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Supervision;

namespace MhcOperator.Trainer.Tests.Supervision;

/// <summary>Real processes (shell scripts) under a supervisor in this process.</summary>
public sealed class SupervisorTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly List<string> _said = [];

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    [InlineData(78)]
    public async Task An_end_that_is_final_is_the_containers_own(int code)
    {
        using var supervisor = Supervise($"exit {code}");
        Assert.Equal(code, await supervisor.RunAsync().WaitAsync(Deadline, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("exit 75", 75)]
    [InlineData("exit 86", 86)]
    [InlineData("exit 3", 3)]
    [InlineData("kill -9 $$", 137)]
    public async Task Any_other_end_is_told_with_the_last_words_and_the_next_attempt_begins_when_it_is_ordered(string end, int code)
    {
        using var supervisor = Supervise($$"""
            echo "$MHC_ATTEMPT $MHC_RESUME_STEP '$MHC_ORDER_FILE'" >> {{_folder.File("lives")}}
            [ "$MHC_ATTEMPT" = 1 ] || exit 0
            echo '{"reason":"Why"}' > {{_folder.File("message")}}
            {{end}}
            """);
        var run = supervisor.RunAsync();

        var report = await EndOfAsync(supervisor, attempt: 1);
        Assert.Equal((code, "{\"reason\":\"Why\"}\n"), (report.ExitCode, report.Message));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await ReadyAsync(supervisor));
        Order("MHC_ATTEMPT=2\nMHC_RESUME_STEP=40\n");

        Assert.Equal(0, await run.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        Assert.Equal(["1 latest ''", "2 40 ''"],
            await File.ReadAllLinesAsync(_folder.File("lives"), TestContext.Current.CancellationToken));
        Assert.Equal("", (await File.ReadAllTextAsync(_folder.File("message"), TestContext.Current.CancellationToken)).Trim());
    }

    [Fact]
    public async Task A_container_whose_process_runs_is_ready_and_says_which_attempt()
    {
        using var supervisor = Supervise("exec sleep 60");
        var run = supervisor.RunAsync();
        Eventually.Holds(() => supervisor.Port is not null, Deadline, () => "it does not listen");

        Assert.Equal(HttpStatusCode.OK, await ReadyAsync(supervisor));
        Assert.Equal(new WorkerReport { Attempt = 1 }, await AskAsync(supervisor));

        supervisor.Stop();
        Assert.Equal(143, await run.WaitAsync(Deadline, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_order_for_the_attempt_that_has_ended_or_one_before_begins_nothing()
    {
        using var supervisor = Supervise("""[ "$MHC_ATTEMPT" = 5 ] || exit 75""", attempt: 3);
        var run = supervisor.RunAsync();
        await EndOfAsync(supervisor, attempt: 3);

        Order("MHC_ATTEMPT=2\n");
        await EndOfAsync(supervisor, attempt: 3);
        Order("MHC_ATTEMPT=3\n");
        await EndOfAsync(supervisor, attempt: 3);
        Order("MHC_ATTEMPT=5\n");

        Assert.Equal(0, await run.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        Assert.Single(_said, line => line.StartsWith("attempt 5 begins", StringComparison.Ordinal));
        Assert.Equal(2, _said.Count);
    }

    [Theory]
    [InlineData("MHC_ATTEMPT=2147483647\n")]
    [InlineData("MHC_ATTEMPT=0\n")]
    public async Task An_order_for_an_attempt_that_no_job_makes_begins_nothing(string order)
    {
        using var supervisor = Supervise("""[ "$MHC_ATTEMPT" = 2 ] || exit 75""");
        var run = supervisor.RunAsync();
        await EndOfAsync(supervisor, attempt: 1);

        Order(order);
        await EndOfAsync(supervisor, attempt: 1);
        Order("MHC_ATTEMPT=2\n");

        Assert.Equal(0, await run.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        Assert.DoesNotContain(_said, line => line.StartsWith("attempt 2147483647 begins", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_an_order_without_an_end_nothing_is_read_until_one_comes_that_has_one()
    {
        using var supervisor = Supervise("""[ "$MHC_ATTEMPT" = 2 ] || exit 75""");
        File.CreateSymbolicLink(_folder.File("order"), "/dev/zero");
        var run = supervisor.RunAsync();
        await EndOfAsync(supervisor, attempt: 1);

        Order("MHC_ATTEMPT=2\n");

        Assert.Equal(0, await run.WaitAsync(Deadline, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_next_attempt_does_not_begin_before_its_configuration_has_arrived()
    {
        using var supervisor = Supervise(
            $"""[ "$MHC_ATTEMPT" = 1 ] && exit 75; cat {_folder.File("trainer.json")} > {_folder.File("read")}""");
        var run = supervisor.RunAsync();
        await EndOfAsync(supervisor, attempt: 1);

        Order($"MHC_ATTEMPT=2\nMHC_CONFIG_SHA256={Convert.ToHexStringLower(SHA256.HashData("new"u8))}\n");
        await EndOfAsync(supervisor, attempt: 1);
        Assert.False(run.IsCompleted);
        _folder.Write("trainer.json", "new"u8);

        Assert.Equal(0, await run.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        Assert.Equal("new", await File.ReadAllTextAsync(_folder.File("read"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Where_nobody_asks_the_container_ends_as_its_process_did_and_the_last_words_stay()
    {
        using var supervisor = Supervise($"echo words > {_folder.File("message")}; exit 86", patience: TimeSpan.FromMilliseconds(300));

        Assert.Equal(86, await supervisor.RunAsync().WaitAsync(Deadline, TestContext.Current.CancellationToken));

        Assert.Equal("words\n", await File.ReadAllTextAsync(_folder.File("message"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Whoever_asks_the_wait_for_an_order_has_an_end()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var board = new WorkerBoard(1, time);
        board.Ended(75, "");
        for (var elapsed = TimeSpan.Zero; elapsed < WorkerBoard.LongestWait; elapsed += TimeSpan.FromSeconds(10))
        {
            Assert.InRange(board.Silence, TimeSpan.Zero, TimeSpan.FromSeconds(10));
            board.Ask();
            time.Advance(TimeSpan.FromSeconds(10));
        }

        board.Ask();
        Assert.Equal(TimeSpan.MaxValue, board.Silence);
    }

    [Fact]
    public async Task Any_number_of_connections_that_say_nothing_keep_nobody_from_an_answer()
    {
        using var server = WorkerServer.Start(IPAddress.Loopback, 0, new WorkerBoard(3, TimeProvider.System));
        List<System.Net.Sockets.TcpClient> strangers = [];
        try
        {
            for (var i = 0; i < 300; i++)
            {
                strangers.Add(new System.Net.Sockets.TcpClient("127.0.0.1", server.Port));
            }

            using var http = new HttpClient();
            var answer = await http.GetStringAsync($"http://127.0.0.1:{server.Port}/worker", TestContext.Current.CancellationToken);

            Assert.Contains("\"attempt\":3", answer, StringComparison.Ordinal);
            Assert.Equal(0, await strangers[0].GetStream().ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        }
        finally
        {
            strangers.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task Each_question_lengthens_the_wait_and_a_look_whether_it_is_ready_does_not()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var board = new WorkerBoard(1, time);
        using var server = WorkerServer.Start(IPAddress.Loopback, 0, board);
        board.Ended(75, "");
        time.Advance(TimeSpan.FromSeconds(10));

        await _http.GetAsync(new Uri($"http://127.0.0.1:{server.Port}/readyz"), TestContext.Current.CancellationToken);
        Assert.Equal(TimeSpan.FromSeconds(10), board.Silence);
        await _http.GetAsync(new Uri($"http://127.0.0.1:{server.Port}/worker"), TestContext.Current.CancellationToken);
        Assert.Equal(TimeSpan.Zero, board.Silence);
    }

    [Fact]
    public async Task A_request_to_end_reaches_the_process_and_its_code_is_the_containers()
    {
        using var supervisor = Supervise(
            $"trap 'exit 75' TERM; trap 'echo asked > {_folder.File("asked")}' QUIT; touch {_folder.File("trapped")}; while :; do sleep 0.05; done");
        var run = supervisor.RunAsync();
        Eventually.Holds(() => File.Exists(_folder.File("trapped")), Deadline, () => "the script does not run");

        supervisor.Pass(PosixSignal.SIGQUIT);
        Eventually.Holds(() => File.Exists(_folder.File("asked")), Deadline, () => "the script was not asked");
        Assert.False(run.IsCompleted);
        supervisor.Stop();

        Assert.Equal(75, await run.WaitAsync(Deadline, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_request_to_end_between_two_attempts_ends_the_wait()
    {
        using var supervisor = Supervise("exit 86");
        var run = supervisor.RunAsync();
        await EndOfAsync(supervisor, attempt: 1);
        supervisor.Stop();
        Assert.Equal(86, await run.WaitAsync(Deadline, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Without_a_place_for_orders_it_only_runs_the_program()
    {
        var settings = Settings(1) with { OrderFile = null };
        using var supervisor = new Supervisor(settings, ["sh", "-c", "exit 75"], _said.Add, TimeProvider.System);
        Assert.Equal(75, await supervisor.RunAsync().WaitAsync(Deadline, TestContext.Current.CancellationToken));
        Assert.Null(supervisor.Port);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_a_wrong_configuration()
    {
        using var supervisor = new Supervisor(Settings(1), [_folder.File("nothing")], _said.Add, TimeProvider.System);
        var failure = await Assert.ThrowsAsync<TrainerException>(supervisor.RunAsync);
        Assert.Equal(ExitCode.ConfigurationWrong, failure.ExitCode);
    }

    [Theory]
    [InlineData("GET /nothing HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found\r\n")]
    [InlineData("POST /worker HTTP/1.1\r\n\r\n", "")]
    [InlineData("\r\n\r\n", "")]
    [InlineData("no end", "")]
    public async Task Whatever_else_it_is_sent_disturbs_nothing(string request, string answer)
    {
        using var server = WorkerServer.Start(IPAddress.Loopback, 0, new WorkerBoard(1, TimeProvider.System));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, server.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        client.Client.Shutdown(SocketShutdown.Send);

        using var reader = new StreamReader(stream);
        Assert.StartsWith(answer, await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK,
            (await _http.GetAsync(new Uri($"http://127.0.0.1:{server.Port}/readyz"), TestContext.Current.CancellationToken)).StatusCode);
    }

    private SupervisorSettings Settings(int attempt) => new()
    {
        Attempt = attempt,
        OrderFile = _folder.File("order"),
        Address = IPAddress.Loopback,
        Port = 0,
        ConfigurationFile = _folder.File("trainer.json"),
        TerminationMessage = _folder.File("message"),
    };

    private Supervisor Supervise(string script, int attempt = 1, TimeSpan? patience = null) => new(
        Settings(attempt) with { Patience = patience ?? Deadline },
        ["sh", "-c", $"export MHC_ATTEMPT=${{MHC_ATTEMPT:-{attempt}}} MHC_RESUME_STEP=${{MHC_RESUME_STEP:-latest}}\n{script}"],
        line =>
        {
            lock (_said)
            {
                _said.Add(line);
            }
        },
        TimeProvider.System);

    private void Order(string text)
    {
        _folder.Write("next", Encoding.UTF8.GetBytes(text));
        File.Move(_folder.File("next"), _folder.File("order"), overwrite: true);
    }

    private async Task<WorkerReport> EndOfAsync(Supervisor supervisor, int attempt)
    {
        Eventually.Holds(() => supervisor.Port is not null, Deadline, () => "it does not listen");
        WorkerReport report;
        while ((report = await AskAsync(supervisor)).ExitCode is null)
        {
            await Task.Yield();
        }

        Assert.Equal(attempt, report!.Attempt);
        return report;
    }

    private async Task<WorkerReport> AskAsync(Supervisor supervisor) =>
        JsonSerializer.Deserialize(await _http.GetStringAsync(new Uri($"http://127.0.0.1:{supervisor.Port}/worker")),
            ApiJsonContext.Default.WorkerReport)!;

    private async Task<HttpStatusCode> ReadyAsync(Supervisor supervisor) =>
        (await _http.GetAsync(new Uri($"http://127.0.0.1:{supervisor.Port}/readyz"))).StatusCode;
}
