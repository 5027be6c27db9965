using MhcOperator.Cli.Run;
using MhcOperator.Cli.Terminal;

namespace MhcOperator.Cli.Tests.Run;

public sealed class TrainerLocatorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mhc-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_option_comes_before_the_variable()
    {
        var option = Touch("option/mhc-trainer");
        var variable = Touch("variable/mhc-trainer");

        Assert.Equal(option, TrainerLocator.Find(Host(variable), "option/mhc-trainer"));
        Assert.Equal(variable, TrainerLocator.Find(Host(variable), null));
    }

    [Fact]
    public void The_program_beside_ours_comes_before_the_build_output()
    {
        Touch("MhcOperator.sln");
        Touch("src/Trainer/bin/Debug/net10.0/linux-x64/mhc-trainer");
        var beside = Touch("program/mhc-trainer");

        Assert.Equal(beside, TrainerLocator.Find(Host(null), null));
    }

    [Theory]
    [InlineData("Debug")]
    [InlineData("Release")]
    public void The_build_output_of_our_own_flavour_is_taken(string configuration)
    {
        Touch("MhcOperator.sln");
        Touch("src/Trainer/bin/Debug/net10.0/linux-x64/mhc-trainer");
        Touch("src/Trainer/bin/Release/net10.0/linux-x64/mhc-trainer");
        var host = Host(null) with { ProgramFolder = Path.Combine(_folder, "src", "Cli", "bin", configuration, "net10.0") };

        Assert.Contains($"/{configuration}/", TrainerLocator.Find(host, null), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_one_the_error_names_every_place()
    {
        var error = Assert.Throws<CliException>(() => TrainerLocator.Find(Host(null), null));

        Assert.Contains(Path.Combine(_folder, "program", "mhc-trainer"), error.Message, StringComparison.Ordinal);
        Assert.Contains("--trainer or MHC_TRAINER", error.Message, StringComparison.Ordinal);
    }

    private CliHost Host(string? variable) => CliHost.System() with
    {
        WorkingFolder = _folder,
        ProgramFolder = Path.Combine(_folder, "program"),
        Variable = name => string.Equals(name, TrainerLocator.Variable, StringComparison.Ordinal) ? variable : null,
    };

    private string Touch(string name)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        return path;
    }
}
