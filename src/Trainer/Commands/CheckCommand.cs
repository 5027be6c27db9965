using System.CommandLine;
using System.Globalization;
using MhcOperator.Trainer.Kernels;
using MhcOperator.Trainer.State;
using MhcOperator.Trainer.Vectors;

namespace MhcOperator.Trainer.Commands;

/// <summary>
/// <c>mhc-trainer check</c>: holds the mHC operations against stored vectors. Exit 0 all right, 1 beyond tolerance, 2 unusable input.
/// </summary>
internal static class CheckCommand
{
    private const int Right = 0;
    private const int Beyond = 1;
    private const int Unusable = 2;

    public static Command Create()
    {
        var vectors = new Option<string>("--vectors")
        {
            Description = "Folder of vector files (*.json).",
            Required = true,
        };
        var kernels = new Option<string>("--kernels")
        {
            Description = "native (float32), reference (float64) or both.",
            DefaultValueFactory = _ => "both",
        };
        kernels.AcceptOnlyFromAmong("native", "reference", "both");
        var command = new Command("check",
            "Compare the mHC operations with stored vectors and print the largest error of each quantity.") { vectors, kernels };
        command.SetAction(
            parsed => Run(parsed.GetValue(vectors)!, parsed.GetValue(kernels)!, parsed.InvocationConfiguration.Output,
                parsed.InvocationConfiguration.Error));
        return command;
    }

    private static int Run(string folder, string kernels, TextWriter output, TextWriter error)
    {
        KernelKind[] paths = kernels switch
        {
            "native" => [KernelKind.Native],
            "reference" => [KernelKind.Reference],
            _ => [KernelKind.Reference, KernelKind.Native],
        };
        try
        {
            var results = VectorSuite.Run(folder, paths).ToList();
            Print(results, output);
            return results.TrueForAll(r => r.Passes) ? Right : Beyond;
        }
        catch (Exception exception) when (exception is InvalidDataException or DllNotFoundException)
        {
            error.WriteLine(exception.Message);
            return Unusable;
        }
        catch (TypeInitializationException exception) when (exception.InnerException is DllNotFoundException missing)
        {
            error.WriteLine(missing.Message);
            return Unusable;
        }
    }

    private static void Print(List<VectorResult> results, TextWriter output)
    {
        var width = Math.Max("file".Length, results.Max(r => r.File.Length));
        var culture = CultureInfo.InvariantCulture;
        output.WriteLine($"{"file".PadRight(width)}  {"quantity",-11}  {"path",-17}  {"error",-8}  {"allowed",-8}  verdict");
        foreach (var r in results)
        {
            var path = r.Path == KernelKind.Native ? $"native {NativeCall.InstructionSet}" : "reference";
            output.WriteLine(
                string.Create(
                    culture, $"{r.File.PadRight(width)}  {r.Quantity,-11}  {path,-17}  {r.Error,-8:0.0e+00}  {r.Tolerance,-8:0.0e+00}  {(r.Passes ? "ok" : "BEYOND")}"));
        }

        var beyond = results.Count(r => !r.Passes);
        output.WriteLine(beyond == 0 ? $"All {results.Count} quantities are within tolerance."
            : $"{beyond} of {results.Count} quantities are beyond tolerance.");
    }
}
