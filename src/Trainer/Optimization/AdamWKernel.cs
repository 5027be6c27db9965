using MhcOperator.Trainer.Interop;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Optimization;

/// <summary>
/// libtorch's fused AdamW on the CPU: one pass over each parameter. β = (0.9, 0.95) and ε = 1e-20 as in arXiv 2512.24880, table 5: such an
/// ε only guards against 0/0.
/// </summary>
internal static class AdamWKernel
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.95;
    private const double Epsilon = 1e-20;

    /// <summary>Updates weights, averages m and squares v, tensor by tensor.</summary>
    /// <param name="weights">float32, in place.</param>
    /// <param name="gradients">Of the same sizes.</param>
    /// <param name="averages">m, in place.</param>
    /// <param name="squares">v, in place.</param>
    /// <param name="step">float32 scalar: number of this update, from 1.</param>
    /// <param name="learningRate">lr.</param>
    /// <param name="weightDecay">w ← w − lr · decay · w.</param>
    public static void Update(ReadOnlySpan<Tensor> weights, ReadOnlySpan<Tensor> gradients, ReadOnlySpan<Tensor> averages,
        ReadOnlySpan<Tensor> squares, Tensor step, double learningRate, double weightDecay)
    {
        if (weights.IsEmpty)
        {
            return;
        }

        var steps = new Tensor[weights.Length];
        Array.Fill(steps, step);
        // _fused_adamw_(self, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, state_steps, *, lr, beta1, beta2, weight_decay, eps,
        //               amsgrad, maximize, grad_scale, found_inf)
        Dispatcher.Call("aten::_fused_adamw_", "",
        [
            Dispatcher.List(weights), Dispatcher.List(gradients), Dispatcher.List(averages), Dispatcher.List(squares),
            Dispatcher.List([]), Dispatcher.List(steps),
            Dispatcher.Float(learningRate), Dispatcher.Float(Beta1), Dispatcher.Float(Beta2),
            Dispatcher.Float(weightDecay), Dispatcher.Float(Epsilon),
            Dispatcher.Bool(false), Dispatcher.Bool(false), Dispatcher.None, Dispatcher.None,
        ]);
    }
}
