using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Operator.Planning.Inputs;
using MhcOperator.Operator.Tests.Building;
using static MhcOperator.Operator.Tests.Building.JobBuilder;
using static MhcOperator.Operator.Tests.Building.PodBuilder;
using static MhcOperator.Operator.Tests.Building.StatusBuilder;

namespace MhcOperator.Operator.Tests.Planning.Inputs;

public sealed class TrainerAnswerTests
{
    private static readonly string[] Numbers =
        ["1e999", "-1e999", "1e-320", "-1", "0", "2147483647", "-2147483648", "9223372036854775807", "1.5", "null", "\"7\"",
        "9".PadRight(400, '9'), "120"];

    private static readonly string[] Texts =
    [
        "\"Healthy\"", "\"Unknown\"", "\"\\u001b[2J\"", "\"9998-12-31T23:59:59Z\"", "\"0001-01-01T00:00:00Z\"",
        "\"9999-12-31T23:59:59-14:00\"", "\"2026-01-31T12:00:00Z\"", "null", "{}", "true",
    ];

    private static readonly string[] NumberFields =
    [
        "attempt", "step", "totalSteps", "tokens", "loss", "validationLoss", "gradientNorm", "learningRate", "tokensPerSecond",
        "secondsPerStep", "etaSeconds", "bytesSent", "latestCheckpoint",
        "verifiedCheckpoint", "firstStep", "notLearningSince", "epoch", "peakMemoryBytes", "modelFlopsPerSecond",
    ];

    private static TrainerStatus? Read(string json) => TrainerAnswer.ReadStatus(Encoding.UTF8.GetBytes(json));

    [Fact]
    public void What_a_trainer_says_rightly_is_kept()
    {
        var said = new TrainerStatus
        {
            Attempt = 3,
            OwnsFolder = true,
            Step = 120,
            TotalSteps = 200,
            Tokens = 5000,
            Loss = 2.5,
            ValidationLoss = 2.6,
            GradientNorm = 1,
            LearningRate = 1e-3,
            TokensPerSecond = 10,
            SecondsPerStep = 0.5,
            EtaSeconds = 40,
            BytesSent = 7,
            Gain = new GainStatus { Forward = 1, Backward = 1.2 },
            Gap = new GapStatus { Row = 1e-7, Column = 0.02 },
            LatestCheckpoint = 100,
            VerifiedCheckpoint = 50,
            StabilityState = "Suspicious",
            NotLearningSince = 20,
            Epoch = 0.5,
            PeakMemoryBytes = 1 << 30,
            ModelFlopsPerSecond = 1e9,
            FirstStep = 101,
            FirstStepAt = Clock.Start.UtcDateTime,
        };
        var nothing = new TrainerStatus();
        Assert.All(typeof(TrainerStatus).GetProperties(), field => Assert.NotEqual(field.GetValue(nothing), field.GetValue(said)));
        Assert.Equal(said, TrainerAnswer.ReadStatus(JsonSerializer.SerializeToUtf8Bytes(said, ApiJsonContext.Default.TrainerStatus)));
    }

    [Theory]
    [InlineData("{\"gain\":{\"forward\":1e999,\"backward\":1}}")]
    [InlineData("{\"gain\":{\"forward\":1,\"backward\":-1e999}}")]
    [InlineData("{\"gap\":{\"row\":1e999,\"column\":1}}")]
    [InlineData("{\"gap\":{\"row\":1,\"column\":-1}}")]
    [InlineData(
        "{\"loss\":1e999,\"validationLoss\":-1e999,\"gradientNorm\":1e999,\"etaSeconds\":1e300,\"tokensPerSecond\":1e999,\"learningRate\":1e999,\"secondsPerStep\":1e999}")]
    [InlineData(
        "{\"step\":-7,\"totalSteps\":-1,\"latestCheckpoint\":-1,\"verifiedCheckpoint\":-2147483648,\"firstStep\":-1,\"tokens\":-1,\"bytesSent\":-1,\"notLearningSince\":-1,\"epoch\":-1,\"peakMemoryBytes\":-1,\"modelFlopsPerSecond\":-1}")]
    [InlineData("{\"stabilityState\":\"\\u001b[31m\",\"firstStepAt\":\"9998-01-01T00:00:00Z\"}")]
    [InlineData("{\"stabilityState\":null}")]
    public void What_cannot_be_is_left_out(string json) => Assert.Equal(new TrainerStatus(), Read(json));

    [Fact]
    public void A_step_beyond_the_last_is_the_last() =>
        Assert.Equal((200, null),
            (Read("{\"step\":2000000000,\"totalSteps\":200,\"latestCheckpoint\":201}")!.Step,
                Read("{\"step\":1,\"totalSteps\":200,\"latestCheckpoint\":201}")!.LatestCheckpoint));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"step\":1.5}")]
    [InlineData("{\"firstStepAt\":\"soon\"}")]
    public void What_is_no_status_is_none(string json) => Assert.Null(Read(json));

    [Fact]
    public void A_report_of_a_process_has_sane_times_and_visible_words()
    {
        var report = TrainerAnswer.ReadReport(
            "{\"attempt\":1,\"exitCode\":75,\"message\":\"\\u001b]0;owned\\u0007\",\"endedAt\":\"9999-12-31T23:59:59Z\"}"u8)!;
        Assert.Equal((75, "\\u001b]0;owned\\u0007", null), (report.ExitCode, report.Message, report.EndedAt));
        Assert.Equal(TrainerAnswer.LongestWords,
            TrainerAnswer.ReadReport(Encoding.UTF8.GetBytes($"{{\"message\":\"{new string('x', 60_000)}\"}}"))!.Message!.Length);
    }

    [Fact]
    public void Whatever_is_said_every_plan_can_be_made_and_written() => Prop
        .ForAll(Gen.Choose(0, 1 << 16).ListOf(24).ToArbitrary(), dice =>
        {
            var i = 0;
            var fields = NumberFields.Select(f => $"\"{f}\":{Numbers[dice[i++] % Numbers.Length]}")
                .Concat(((string[])["stabilityState", "firstStepAt"]).Select(f => $"\"{f}\":{Texts[dice[i++] % Texts.Length]}"))
                .Append(
                    $"\"gain\":{{\"forward\":{Numbers[dice[i++] % Numbers.Length]},\"backward\":{Numbers[dice[i++] % Numbers.Length]}}}")
                .Append($"\"gap\":{{\"row\":{Numbers[dice[0] % Numbers.Length]},\"column\":{Numbers[dice[1] % Numbers.Length]}}}")
                .Where((_, field) => (dice[19] >> (field % 16) & 1) == 0 || dice[20] % 4 == 0);
            var json = $"{{{string.Join(',', fields)}}}";
            var report = TrainerAnswer.ReadReport(
                Encoding.UTF8.GetBytes(
                    $"{{\"attempt\":{Numbers[dice[21] % Numbers.Length]},\"exitCode\":{Numbers[dice[22] % Numbers.Length]},\"endedAt\":{Texts[dice[23] % Texts.Length]}}}"));
            var scene = Scene.Of(MakeJob(), MakeRunning(1, 2))
                .WithPods(MakePod(1, 0).Supervised(ready: false), MakePod(1, 1).Ended(0, json));
            if (Read(json) is { } status)
            {
                scene.WithReport(status with { Attempt = 1 });
            }

            if (report is not null)
            {
                scene.WithReports(("demo-1-0", report with { Attempt = 1 }));
            }

            var plan = scene.Plan(3);
            _ = JsonSerializer.Serialize(plan.Status ?? new(), ApiJsonContext.Default.MhcTrainingJobStatus);
            return plan.RequeueAfter is null || plan.RequeueAfter < TimeSpan.FromMinutes(2);
        })
        .Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
}
