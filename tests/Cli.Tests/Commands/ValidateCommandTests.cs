using MhcOperator.Cli.Terminal;
using MhcOperator.Cli.Tests.Support;

namespace MhcOperator.Cli.Tests.Commands;

public sealed class ValidateCommandTests : IDisposable
{
    private readonly MhcShell _shell = new();

    public void Dispose() => _shell.Dispose();

    [Fact]
    public async Task A_valid_job_is_one_line_and_exit_code_0()
    {
        var file = _shell.Write("job.yaml", Manifests.Small);

        var result = await _shell.RunAsync("validate", file);

        Assert.Equal(CliExitCode.Ok, result.ExitCode);
        Assert.StartsWith("job.yaml: small is valid", result.Output, StringComparison.Ordinal);
        Assert.Single(result.Output.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Every_finding_has_its_file_its_line_and_its_path()
    {
        var file = _shell.Write("bad.yaml", """
            apiVersion: training.mhc.dev/v1alpha1
            kind: MhcTrainingJob
            metadata:
              name: bad
            spec:
              model:
                layers: 0
                width: 100
                heads: 3
              optimization:
                steps: 0
              wat: 1
            """);

        var result = await _shell.RunAsync("validate", file);

        Assert.Equal(CliExitCode.Failed, result.ExitCode);
        Assert.Contains("bad.yaml:7: spec.model.layers: ", result.Output, StringComparison.Ordinal);
        Assert.Contains("spec.model.heads: ", result.Output, StringComparison.Ordinal);
        Assert.Contains("bad.yaml:11: spec.optimization.steps: ", result.Output, StringComparison.Ordinal);
        Assert.Contains("bad.yaml:12: spec.wat: ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_YAML_says_in_which_line()
    {
        var file = _shell.Write("broken.yaml", "spec:\n  model: [1, 2\n  heads: 3\n");

        var result = await _shell.RunAsync("validate", file);

        Assert.Equal(CliExitCode.Failed, result.ExitCode);
        Assert.Matches(@"^broken\.yaml:\d+: ", result.Output);
    }

    [Fact]
    public async Task A_dash_reads_standard_input()
    {
        var result = await _shell.RunWithInputAsync(Manifests.Small, "validate", "-");

        Assert.Equal(CliExitCode.Ok, result.ExitCode);
        Assert.StartsWith("-: small is valid", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_exit_code_2_and_the_others_are_still_checked()
    {
        var file = _shell.Write("job.yaml", Manifests.Small);

        var result = await _shell.RunAsync("validate", "missing.yaml", file);

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Equal("mhc: missing.yaml: there is no such file\n", result.Error);
        Assert.Contains("small is valid", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_is_no_manifest()
    {
        var result = await _shell.RunAsync("validate", ".");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains("is a folder", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_without_a_job_is_a_finding()
    {
        var file = _shell.Write("empty.yaml", "# nothing\n");

        var result = await _shell.RunAsync("validate", file);

        Assert.Equal(CliExitCode.Failed, result.ExitCode);
        Assert.Contains("empty.yaml", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_warning_is_said_and_the_job_is_valid()
    {
        var file = _shell.Write("job.yaml",
            Manifests.Small.Replace("device: Cpu", "device: Cpu\n    template: {spec: {aFieldOfTomorrow: 1}}", StringComparison.Ordinal));

        var result = await _shell.RunAsync("validate", file);

        Assert.Equal(CliExitCode.Ok, result.ExitCode);
        Assert.Contains("job.yaml:9: spec.workers.template.spec.aFieldOfTomorrow: warning: ", result.Output, StringComparison.Ordinal);
        Assert.Contains("small is valid", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_whose_name_the_server_makes_is_valid()
    {
        var file = _shell.Write("job.yaml", Manifests.Small.Replace("name: small", "generateName: small-", StringComparison.Ordinal));

        var result = await _shell.RunAsync("validate", file);

        Assert.StartsWith("job.yaml: small-* is valid", result.Output, StringComparison.Ordinal);
        Assert.Equal(CliExitCode.Ok, result.ExitCode);
    }

    [Fact]
    public async Task No_code_of_a_manifest_reaches_the_terminal()
    {
        var file = _shell.Write("bad.yaml",
            Manifests.Small.Replace("  model:", "  \"\\e]0;owned\\a\": 1\n  \"\\u202e\": {a: \"\\e[31m\"}\n  model:",
                StringComparison.Ordinal));

        var result = await _shell.RunAsync("validate", file);

        Assert.Equal(CliExitCode.Failed, result.ExitCode);
        Assert.Contains("spec[\\u001b]0;owned\\u0007]", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(result.Output,
            c => c is not '\n' && (char.IsControl(c) || char.GetUnicodeCategory(c) == System.Globalization.UnicodeCategory.Format));
    }

    [Theory]
    [InlineData("validate")]
    [InlineData("valdiate", "x.yaml")]
    [InlineData("run", "x.yaml", "--promt", "a")]
    public async Task A_wrong_command_line_is_named_without_a_page_of_help(params string[] args)
    {
        var result = await _shell.RunAsync(args);

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.NotEqual("", result.Error);
        Assert.DoesNotContain("Usage:", result.Output + result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0xff, 0xfe }, "utf-16LE")]
    [InlineData(new byte[] { 0xfe, 0xff }, "utf-16BE")]
    [InlineData(new byte[] { 0xef, 0xbb, 0xbf }, "utf-8")]
    public async Task A_byte_order_mark_tells_the_encoding(byte[] mark, string encoding)
    {
        File.WriteAllBytes(Path.Combine(_shell.Folder, "job.yaml"),
            [.. mark, .. System.Text.Encoding.GetEncoding(encoding).GetBytes(Manifests.Small)]);

        var result = await _shell.RunAsync("validate", "job.yaml");

        Assert.Equal(CliExitCode.Ok, result.ExitCode);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_not_replaced_by_others()
    {
        File.WriteAllBytes(Path.Combine(_shell.Folder, "job.yaml"),
            [.. System.Text.Encoding.UTF8.GetBytes(Manifests.Small), (byte)'#', 0xff]);

        var result = await _shell.RunAsync("validate", "job.yaml");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.StartsWith("mhc: job.yaml: expected text in UTF-8", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_without_an_end_is_not_read_on()
    {
        var result = await _shell.RunAsync("validate", "/dev/zero");

        Assert.Equal(CliExitCode.BadInput, result.ExitCode);
        Assert.Contains("/dev/zero: expected at most", result.Error, StringComparison.Ordinal);
    }
}
