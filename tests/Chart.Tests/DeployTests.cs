using MhcOperator.Testing.Programs;

namespace Chart.Tests;

/// <summary>deploy/, for those who have kubectl only, is what Helm makes of the chart.</summary>
public sealed class DeployTests
{
    [Theory]
    [InlineData("mhc-operator.yaml")]
    [InlineData("older/mhc-operator.yaml", "--kube-version", "1.20.0")]
    [InlineData("optional/network-policy.yaml", "--set", "networkPolicy.enabled=true", "--show-only", "templates/networkpolicy.yaml")]
    [InlineData("optional/one-namespace.yaml", "--set", "watchNamespaces={training}", "--show-only", "templates/role.yaml")]
    [InlineData("optional/stack-dumps.yaml", "--set", "stackDumps=true", "--show-only", "templates/stack-dumps.yaml")]
    public async Task A_file_is_what_helm_template_prints(string file, params string[] arguments)
    {
        var answer = await Helm.RunAsync(Helm.Newest,
            ["template", "mhc-operator", Helm.Chart, "--namespace", "mhc-system", "--skip-tests", .. arguments]);

        Assert.True(answer.ExitCode == 0, answer.Error);
        Repository.HoldUpToDate($"deploy/{file}", answer.Output);
    }

    [Fact]
    public async Task A_package_is_the_same_each_time()
    {
        var folder = Directory.CreateTempSubdirectory("mhc-package-").FullName;
        try
        {
            var packages = new List<byte[]>();
            for (var i = 0; i < 2; i++)
            {
                var answer = await Helm.RunAsync(Helm.Newest, "package", Helm.Chart, "--destination", folder);
                Assert.True(answer.ExitCode == 0, answer.Error);
                var file = Assert.Single(Directory.GetFiles(folder));
                packages.Add(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
                File.Delete(file);
            }

            Assert.Equal(packages[0], packages[1]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
