using static TorchSharp.torch;

namespace MhcOperator.Trainer.Interop;

/// <summary>Calls operators that TorchSharp does not bind, by their schema name, through libtorch's stable dispatcher ABI.</summary>
internal static unsafe class Dispatcher
{
    private static readonly ulong AbiVersion = TorchShim.AbiVersion();

    /// <summary>An absent optional argument.</summary>
    public const ulong None = 0;

    /// <summary>A floating-point argument.</summary>
    public static ulong Float(double value) => BitConverter.DoubleToUInt64Bits(value);

    /// <summary>A boolean argument.</summary>
    public static ulong Bool(bool value) => value ? 1UL : 0UL;

    /// <summary>A tensor argument. The call takes the new handle.</summary>
    public static ulong Handle(Tensor tensor)
    {
        nint handle;
        Check(TorchShim.NewTensorHandle(tensor.Handle, &handle), "aoti_torch_new_tensor_handle");
        GC.KeepAlive(tensor);
        return (ulong)handle;
    }

    /// <summary>A tensor-list argument. The call takes the list.</summary>
    public static ulong List(ReadOnlySpan<Tensor> tensors)
    {
        nint list;
        Check(TorchShim.NewList((nuint)tensors.Length, &list), "torch_new_list_reserve_size");
        foreach (var tensor in tensors)
        {
            Check(TorchShim.ListPushBack(list, Handle(tensor)), "torch_list_push_back");
        }

        return (ulong)list;
    }

    /// <summary>Runs an operator. Arguments lie on <paramref name="stack"/> in schema order; results replace them from the start.</summary>
    /// <exception cref="InvalidOperationException">The operator refused its arguments; libtorch has printed why.</exception>
    public static void Call(string operation, string overload, Span<ulong> stack)
    {
        fixed (ulong* pointer = stack)
        {
            Check(TorchShim.CallDispatcher(operation, overload, pointer, AbiVersion), operation);
        }
    }

    /// <summary>
    /// How often a tensor has been changed in place. Tensors over the same memory count for themselves unless one is a view of the other.
    /// </summary>
    public static ulong Version(Tensor tensor)
    {
        Span<ulong> stack = [Handle(tensor)];
        Call("aten::_version", "", stack);
        return stack[0];
    }

    /// <summary>Lays a tensor over another one's memory, as <c>tensor.data = data</c> does in Python.</summary>
    public static void SetData(Tensor tensor, Tensor data) => Call("aten::set_data", "", [Handle(tensor), Handle(data)]);

    private static void Check(int status, string function)
    {
        if (status != 0)
        {
            throw new InvalidOperationException($"libtorch reported failure of {function} (code {status}).");
        }
    }
}
