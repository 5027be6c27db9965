using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Vectors;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Tests.Vectors;

public sealed class GoldenVectorTests
{
    /// <summary>
    /// The samples beside the tests, and every file of the nearest folder <c>shared/golden</c> above the repository where there is one.
    /// </summary>
    public static TheoryData<string> Files()
    {
        var files = new TheoryData<string>();
        foreach (var folder in new[] { SampleVectors.Folder, SharedFolder() }.OfType<string>())
        {
            foreach (var file in VectorSuite.Files(folder))
            {
                files.Add(file);
            }
        }

        return files;
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_reference_path_is_within_1e_10_in_float64(string file) => AssertPasses(file, KernelKind.Reference, 1e-10);

    [Theory]
    [MemberData(nameof(Files))]
    public void The_native_kernels_are_within_tolerance_in_float32(string file) => AssertPasses(file, KernelKind.Native, 2e-4);

    [Theory]
    [MemberData(nameof(Files))]
    public void The_native_kernels_are_within_tolerance_with_bfloat16_streams(string file) =>
        AssertPasses(file, KernelKind.Native, 2.5e-2, ScalarType.BFloat16);

    private static void AssertPasses(string file, KernelKind path, double mostTolerance, ScalarType streams = ScalarType.Float32)
    {
        var results = VectorFile.Load(file).Check(path, streams);

        Assert.NotEmpty(results);
        Assert.All(results, r => Assert.True(r.Passes && r.Tolerance <= mostTolerance, $"{r}"));
    }

    private static string? SharedFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "golden");
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
