using System.Diagnostics;
using System.Reflection;
using TorchSharp;

namespace MhcOperator.Trainer.Tests.Interop;

public sealed class TorchSharpTests
{
    /// <summary>
    /// What <c>build/PatchTorchSharp.targets</c> sees to: an optimized wrapper lets a number be freed while native code reads it.
    /// </summary>
    [Fact]
    public void The_wrappers_keep_their_arguments_until_native_code_has_returned()
    {
        var mark = typeof(torch).Assembly.GetCustomAttribute<DebuggableAttribute>();

        Assert.True(mark is { IsJITOptimizerDisabled: true });
    }
}
