using System.Net.Sockets;
using System.Net;
using System.Text.Json;
using System.Text;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Operator.Kubernetes;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Testing.Fuzzing;
using Microsoft.Extensions.Logging.Abstractions;
using k8s.Models;

namespace MhcOperator.Operator.Tests.Kubernetes;

/// <summary>
/// What a trainer, ours or another, answers to whoever asks for its status: nothing of it reaches a decision or a status as it came.
/// </summary>
public sealed class TrainerStatusFuzzTests
{
    private const double Century = 100 * 365.25 * 24 * 3600;

    [Fact]
    public void No_answer_is_more_than_nothing_or_figures_within_their_bounds_that_can_be_written() =>
        Fuzzer.Run("statuses", 16 << 20, text =>
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Check(TrainerAnswer.ReadStatus(bytes));
        Check(TrainerAnswer.ReadReport(bytes));
    });

    [Fact]
    public void Whatever_comes_over_the_network_is_a_status_or_none()
    {
        var answer = Array.Empty<byte>();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var serving = Task.Run(() => ServeAsync(listener, () => answer), TestContext.Current.CancellationToken);
        using var client = new TrainerStatusClient(NullLogger.Instance);
        var pod = new V1Pod
        {
            Metadata = new V1ObjectMeta { Name = "demo-1-0" },
            Spec = new V1PodSpec
            {
                Containers = [new V1Container { Name = "trainer", Ports = [Port("status"), Port(TrainerPorts.WorkerName)] }],
            },
            Status = new V1PodStatus { PodIP = "127.0.0.1" },
        };

        Fuzzer.RunBytes("answers", 16 << 20, bytes =>
        {
            answer = bytes;
            Check(client.GetStatusAsync(pod, CancellationToken.None).GetAwaiter().GetResult());
            foreach (var report in client.GetReportsAsync(pod, CancellationToken.None).GetAwaiter().GetResult() ?? [])
            {
                Check(report);
            }
        });

        Assert.False(serving.IsFaulted, serving.Exception?.ToString());
        V1ContainerPort Port(string name) => new() { ContainerPort = port, Name = name };
    }

    private static void Check(TrainerStatus? status)
    {
        if (status is null)
        {
            return;
        }

        var last = status.TotalSteps == 0 ? int.MaxValue : status.TotalSteps;
        Assert.True(status.TotalSteps >= 0 && status.Step >= 0 && status.Step <= last && status.Tokens >= 0);
        Assert.All(
            new[] { status.LatestCheckpoint, status.VerifiedCheckpoint, status.FirstStep, status.NotLearningSince },
            step => Assert.True(step is null || (step >= 0 && step <= last)));
        Assert.All(
            new[] { status.LearningRate, status.TokensPerSecond, status.SecondsPerStep, status.EtaSeconds, status.Epoch,
                status.ModelFlopsPerSecond, status.Gap?.Row, status.Gap?.Column },
            value => Assert.True(value is null or (>= 0 and < double.PositiveInfinity)));
        Assert.All(
            new[] { status.Loss, status.ValidationLoss, status.GradientNorm, status.Gain?.Forward, status.Gain?.Backward },
            value => Assert.True(value is null || double.IsFinite(value.Value)));
        Assert.True(status.EtaSeconds is null or < Century && status.BytesSent is null or >= 0 && status.PeakMemoryBytes is null or >= 0);
        Assert.Contains(status.StabilityState, new[] { "Unknown", "Healthy", "Suspicious", "Unstable" });
        CheckTime(status.FirstStepAt);
        Assert.NotEmpty(JsonSerializer.Serialize(status, ApiJsonContext.Default.TrainerStatus));
    }

    private static void Check(WorkerReport? report)
    {
        if (report is null)
        {
            return;
        }

        Assert.True(report.Message is null || report.Message.Length <= 6 * TrainerAnswer.LongestWords);
        Assert.DoesNotContain(report.Message ?? "", c => char.IsControl(c) && c is not ('\n' or '\t'));
        CheckTime(report.EndedAt);
        Assert.NotEmpty(JsonSerializer.Serialize(report, ApiJsonContext.Default.WorkerReport));
    }

    private static void CheckTime(DateTime? time)
    {
        if (time is { } t)
        {
            Assert.InRange(t.Year, 2000, 2200);
            Assert.Equal(DateTimeKind.Utc, t.Kind);
        }
    }

    private static async Task ServeAsync(TcpListener listener, Func<byte[]> answer)
    {
        try
        {
            while (true)
            {
                using var connection = await listener.AcceptTcpClientAsync();
                await AnswerAsync(connection, answer());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return; // the test is over
        }
    }

    /// <summary>Reads the request to its end, answers, and closes without waiting for anything.</summary>
    private static async Task AnswerAsync(TcpClient connection, byte[] bytes)
    {
        try
        {
            var stream = connection.GetStream();
            var (request, length) = (new byte[4096], 0);
            while (!request.AsSpan(0, length).EndsWith("\r\n\r\n"u8)
                && await stream.ReadAsync(request.AsMemory(length)) is > 0 and var read)
            {
                length += read;
            }

            await stream.WriteAsync(bytes);
            connection.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return; // it has read enough
        }
    }
}
