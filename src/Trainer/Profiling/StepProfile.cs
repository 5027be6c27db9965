using System.Diagnostics;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Profiling;

/// <summary>
/// Where the time of a training step goes, by name. Forward, each part says when it ends (<see cref="Ends"/>). Backward, the same places
/// are passed in the other order: a function in the graph that does nothing notes when, so that the time between two of them is that of the
/// part that lies between. All parts follow one another, so that nothing is counted twice.
/// </summary>
internal sealed class StepProfile
{
    [ThreadStatic]
    private static StepProfile? _current;

    private readonly Dictionary<(string Part, ProfilePhase Phase), double> _seconds = [];
    private readonly List<string> _parts = []; // of this step, in the order of the forward pass
    private long _stepBegan;
    private long _last;
    private double _total;

    /// <summary>Steps measured.</summary>
    public int Steps { get; private set; }

    /// <summary>Mean seconds of a step, from its beginning to its end.</summary>
    public double SecondsPerStep => _total / Steps;

    /// <summary>Mean seconds of each part, in the order in which they first came.</summary>
    public IEnumerable<(string Part, ProfilePhase Phase, double Seconds)> Parts =>
        _seconds.Select(p => (p.Key.Part, p.Key.Phase, p.Value / Steps));

    /// <summary>Share of the time that has a name, 0 to 1.</summary>
    public double Accounted => _seconds.Values.Sum() / _total;

    /// <summary>
    /// A part of the forward pass ends with this tensor. Where nobody measures, this is all that happens: the tensor comes back.
    /// </summary>
    /// <param name="result">all that the parts after this one take from it</param>
    /// <param name="part">name of the part</param>
    /// <returns>the tensor to go on with: the same values</returns>
    public static Tensor Ends(Tensor result, string part) => _current is { } profile ? profile.End(result, part) : result;

    /// <summary>A step begins on this thread.</summary>
    public void BeginStep()
    {
        _current = this;
        _parts.Clear();
        _stepBegan = _last = Stopwatch.GetTimestamp();
    }

    /// <summary>The forward pass is over.</summary>
    /// <param name="part">name of its last part</param>
    public void EndForward(string part)
    {
        Add(part, ProfilePhase.Forward);
        _parts.Add(part);
    }

    /// <summary>The backward pass is over.</summary>
    public void EndBackward() => Add(_parts[0], ProfilePhase.Backward);

    /// <summary>A part that is neither of the forward nor of the backward pass has ended.</summary>
    public void EndOther(string part) => Add(part, ProfilePhase.Update);

    /// <summary>The step is over.</summary>
    public void EndStep()
    {
        _current = null;
        _total += Stopwatch.GetElapsedTime(_stepBegan).TotalSeconds;
        Steps++;
    }

    /// <summary>The backward pass has come to the end of a part, so that the one after it is done.</summary>
    /// <param name="part">number of the part that ends there</param>
    internal void PassBackward(int part) => Add(_parts[part + 1], ProfilePhase.Backward);

    private Tensor End(Tensor result, string part)
    {
        Add(part, ProfilePhase.Forward);
        _parts.Add(part);
        return result.requires_grad ? ProfileFunction.Apply(result, this, _parts.Count - 1) : result;
    }

    private void Add(string part, ProfilePhase phase)
    {
        var now = Stopwatch.GetTimestamp();
        _seconds[(part, phase)] = _seconds.GetValueOrDefault((part, phase)) + Stopwatch.GetElapsedTime(_last, now).TotalSeconds;
        _last = now;
    }
}
