using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MhcOperator.Trainer.Interop;

/// <summary>Finds the native libraries beside the program, and says how to get one that is missing.</summary>
internal static class NativeLibraries
{
    /// <summary>libtorch's CPU library, for its C ABI.</summary>
    public const string Torch = "torch_cpu";

    /// <summary>TorchSharp's native half.</summary>
    public const string TorchSharp = "LibTorchSharp";

    /// <summary>The mHC kernels (native/include/mhc.h).</summary>
    public const string Kernels = "mhc_native";

    /// <summary>The collectives (native/include/mhc_collectives.h).</summary>
    public const string Collectives = "mhc_collectives";

    /// <summary>Whether the library's file is beside the program.</summary>
    public static bool IsPresent(string name) => File.Exists(PathOf(name));

    [ModuleInitializer]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, $"lib{name}.so");

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search)
    {
        if (name is not (Torch or TorchSharp or Kernels or Collectives))
        {
            return 0;
        }

        var path = PathOf(name);
        if (!File.Exists(path))
        {
            throw new DllNotFoundException(name is Kernels or Collectives
                ? $"{path} is missing. Build it with eng/build-native.sh, then build the trainer again, which copies it."
                : $"{path} is missing. It comes with the package TorchSharp-cpu: build the trainer for linux-x64.");
        }

        return NativeLibrary.Load(path);
    }
}
