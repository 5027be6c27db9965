using System.CommandLine;
using System.Text.Json;
using MhcOperator.CommandLine;

namespace MhcOperator.Trainer.Commands;

/// <summary>What the benchmarks share.</summary>
internal static class BenchTools
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>An option that is a number of at least 1.</summary>
    public static Option<int> Size(string name, string description, int value) =>
        NumberOption.Whole(name, $"{description} Default {value}.", 1, int.MaxValue, value);

    /// <summary><c>--threads</c>.</summary>
    public static Option<int> Threads(int value) =>
        NumberOption.Whole("--threads", $"libtorch's threads, which the kernels use too. Default {value}.", 1, 1024, value);

    /// <summary><c>--json FILE</c>.</summary>
    public static Option<FileInfo?> ResultFile() => new("--json") { Description = "Also write the results to this file." };

    /// <summary>The middle one, or the mean of the two in the middle.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    /// <summary>Writes results to a file, if one is wanted.</summary>
    public static void Write(FileInfo? file, IEnumerable<BenchmarkResult> results)
    {
        if (file is not null)
        {
            file.Directory!.Create();
            File.WriteAllText(file.FullName, JsonSerializer.Serialize(results, Json) + "\n");
        }
    }
}
