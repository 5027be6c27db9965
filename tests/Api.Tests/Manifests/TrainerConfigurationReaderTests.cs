using System.Text.Json;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Api.Json;
using MhcOperator.Api.Manifests;

namespace Api.Tests.Manifests;

public sealed class TrainerConfigurationReaderTests
{
    [Fact]
    public void An_empty_configuration_has_the_defaults_of_the_record()
    {
        var result = TrainerConfigurationReader.Read("{}", 1);

        Assert.Empty(result.Errors);
        Assert.Equal(Serialize(new TrainerConfiguration()), Serialize(result.Configuration!));
    }

    [Fact]
    public void A_configuration_that_was_written_is_read_back()
    {
        var written = new TrainerConfiguration
        {
            Job = "a",
            Namespace = "b",
            Device = Device.Cuda,
            Model = new ModelSpec { Width = 64, Heads = 4, KeyValueHeads = 2, Mhc = new MhcSpec { Streams = 2 } },
            Data = new DataSpec { Source = new DataSource { Path = "/data" } },
            Drills = [new DrillSpec { Kind = DrillKind.LearningRateSpike, Step = 5, Factor = 10 }],
        };

        var result = TrainerConfigurationReader.Read(Serialize(written), 2);

        Assert.Empty(result.Errors);
        Assert.Equal(Serialize(written), Serialize(result.Configuration!));
    }

    [Fact]
    public void The_schema_has_the_fields_of_the_record() =>
        Assert.Equal(
            typeof(TrainerConfiguration).GetProperties().Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name))
                .Order(StringComparer.Ordinal),
            TrainerConfigurationReader.Schema.Properties.Select(p => p.Key).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("{\"model\":{\"widht\":3}}", "model.widht: unknown field; did you mean width?")]
    [InlineData("{\"optimization\":{\"steps\":\"5\"}}", "optimization.steps: expected a whole number from 1 to 2147483647, got \"5\"")]
    [InlineData("{\"model\":{\"heads\":7}}", "model.heads: expected a divisor of model.width (768), got 7")]
    [InlineData("{\"device\":\"Gpu\"}", "device: expected one of Cpu, Cuda, got \"Gpu\"; did you mean Cpu?")]
    [InlineData("{\"drills\":[{\"kind\":\"Crash\",\"step\":1,\"rank\":2}]}", "drills[0].rank: expected a rank of the gang, 0 to 1, got 2")]
    [InlineData("[]", "(document): expected an object, got a list")]
    [InlineData("null", "(document): expected an object, got null")]
    public void What_is_wrong_is_named_with_its_path(string json, string expected)
    {
        var result = TrainerConfigurationReader.Read(json, 2);

        Assert.Null(result.Configuration);
        Assert.Equal(expected, string.Join('\n', result.Errors.Select(e => e.ToString())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"model\":{\"width\":64,\"width\":64}}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"job\":\"\\ud800\"}")]
    [InlineData("{\"job\":\"a\"} x")]
    public void Text_that_is_no_JSON_is_an_error_and_no_exception(string json) =>
        Assert.NotEmpty(TrainerConfigurationReader.Read(json).Errors);

    [Fact]
    public void Rules_on_the_gang_need_its_size()
    {
        const string json = "{\"optimization\":{\"batchTokens\":1024}}";

        Assert.Empty(TrainerConfigurationReader.Read(json).Errors);
        Assert.Equal("optimization.batchTokens", Assert.Single(TrainerConfigurationReader.Read(json, 2).Errors).Path);
    }

    private static string Serialize(TrainerConfiguration configuration) =>
        JsonSerializer.Serialize(configuration, ApiJsonContext.Default.TrainerConfiguration);
}
