using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Profiling;

/// <summary>Hands a tensor on, and its gradient back, and tells a <see cref="StepProfile"/> when.</summary>
internal sealed class ProfileFunction : autograd.SingleTensorFunction<ProfileFunction>
{
    private const string ProfileKey = "profile";
    private const string PartKey = "part";
    private const int Inputs = 3;

    public override string Name => nameof(ProfileFunction);

    /// <param name="x">any shape</param>
    /// <param name="profile">who is told</param>
    /// <param name="part">number of the part that ends here</param>
    /// <returns>the same memory</returns>
    public static Tensor Apply(Tensor x, StepProfile profile, int part) => apply(x, profile, part);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.set_materialize_grads(false);
        ctx.save_data(ProfileKey, vars[1]);
        ctx.save_data(PartKey, vars[2]);
        return ((Tensor)vars[0]).detach();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) => BackwardFault.Guard(Inputs, () =>
    {
        ((StepProfile)ctx.get_data(ProfileKey)).PassBackward((int)ctx.get_data(PartKey));
        return ReturnedGradients.Keep([grad_output, null!, null!]);
    });
}
