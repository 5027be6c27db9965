using MhcOperator.Trainer.Interop;

namespace MhcOperator.Trainer.Tests.Interop;

public sealed class DispatcherTests
{
    [Fact]
    public void An_unknown_operator_is_an_exception_that_names_it()
    {
        var exception = Assert.Throws<InvalidOperationException>(() => Dispatcher.Call("aten::no_such_operator", "", [Dispatcher.None]));

        Assert.Contains("aten::no_such_operator", exception.Message, StringComparison.Ordinal);
    }
}
