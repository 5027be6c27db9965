using MhcOperator.Api.Contract;
using MhcOperator.CommandLine;
using MhcOperator.Testing.CommandLine;
using MhcOperator.Trainer.Commands;
using MhcOperator.Trainer.Tests.Support;

namespace MhcOperator.Trainer.Tests.Commands;

public sealed class TrainerCommandsTests
{
    [Fact]
    public Task No_option_takes_a_value_that_it_cannot_have() =>
        BadValues.AllAreRefusedAsync(TrainerCommands.Create, ProgramLine.InvokeAsync, ExitCode.ConfigurationWrong, least: 10);

    [Theory]
    [InlineData("sample --checkpoint x --temperature 0,8",
        "mhc-trainer: --temperature: '0,8' was given; a number from 0 to 1000 was expected, as 0.5")]
    [InlineData("sample --checkpoint x --tokens abc",
        "mhc-trainer: --tokens: 'abc' was given; a whole number from 1 to 100000000 was expected, as 1000")]
    [InlineData("prepare --tokenizer O200k --output x --shard-tokens 1e6 y",
        "mhc-trainer: --shard-tokens: '1e6' was given; a whole number from 1 to 500000000 was expected, as 1000")]
    [InlineData("prepare --tokenizer Bytes --output x y", "mhc-trainer: --tokenizer: 'Bytes' was given; one of Cl100k, O200k was expected")]
    public void The_program_ends_with_the_code_of_a_wrong_configuration_and_a_line_that_says_why(string line, string message)
    {
        using var trainer = TrainerProcess.Start(TrainerProcess.Program, line.Split(' '), new Dictionary<string,
            string>(StringComparer.Ordinal)
        { ["LC_ALL"] = "de_DE.UTF-8" });

        Assert.Equal(ExitCode.ConfigurationWrong, trainer.Wait());
        Assert.Equal([message, $"`mhc-trainer {line.Split(' ')[0]} --help` shows what can be given."],
            trainer.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
