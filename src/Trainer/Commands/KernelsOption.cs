using System.CommandLine;
using MhcOperator.CommandLine;
using MhcOperator.Trainer.Interop;
using MhcOperator.Trainer.State;

namespace MhcOperator.Trainer.Commands;

/// <summary><c>--mhc-kernels native|reference</c>.</summary>
internal static class KernelsOption
{
    /// <summary>The option; native where the library is there, else reference.</summary>
    public static Option<KernelKind> Create()
    {
        var option = ChoiceOption.Create<KernelKind>("--mhc-kernels",
            "native: the fused kernels of libmhc_native.so; reference: composed torch operations. Native where the library is beside the program.");
        option.DefaultValueFactory = _ => NativeLibraries.IsPresent(NativeLibraries.Kernels) ? KernelKind.Native : KernelKind.Reference;
        return option;
    }
}
