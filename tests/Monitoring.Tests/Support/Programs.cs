using MhcOperator.Testing.Programs;

namespace Monitoring.Tests.Support;

/// <summary>What the checks of this project run.</summary>
internal static class Programs
{
    public static Task<Answer> PromtoolAsync(params string[] arguments) =>
        External.RunAsync(Path.Combine(Server.Programs, "promtool"), arguments);

    public static Task<Answer> AmtoolAsync(params string[] arguments) =>
        External.RunAsync(Path.Combine(Server.Programs, "amtool"), arguments);

    /// <summary>Renders the chart as deploy/ has it: release mhc-operator in mhc-system.</summary>
    /// <param name="values">YAML.</param>
    /// <param name="template">The only one that is wanted, below templates/.</param>
    public static async Task<Answer> RenderAsync(string values, string template)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, values, TestContext.Current.CancellationToken);
            return await Helm.RunAsync(
                Helm.Newest, "template", "mhc-operator", Helm.Chart, "--namespace", "mhc-system", "--values", file, "--show-only",
                $"templates/{template}");
        }
        finally
        {
            File.Delete(file);
        }
    }
}
