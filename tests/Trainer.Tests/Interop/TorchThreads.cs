using System.Runtime.CompilerServices;
using TorchSharp;

namespace MhcOperator.Trainer.Tests.Interop;

/// <summary>
/// One libtorch thread in the tests: classes run side by side already, and threads that wait for each other on a busy machine take minutes.
/// </summary>
internal static class TorchThreads
{
    [ModuleInitializer]
    internal static void UseOne() => torch.set_num_threads(1);
}
