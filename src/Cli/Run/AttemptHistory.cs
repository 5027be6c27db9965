namespace MhcOperator.Cli.Run;

/// <summary>What was seen of one gang.</summary>
/// <param name="number">Attempt, from 1.</param>
/// <param name="startedAt">When it was made.</param>
internal sealed class AttemptHistory(int number, DateTimeOffset startedAt)
{
    /// <summary>Attempt, from 1.</summary>
    public int Number { get; } = number;

    /// <summary>When it was made.</summary>
    public DateTimeOffset StartedAt { get; } = startedAt;

    /// <summary>When it ended; null while it runs.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>First update that it did.</summary>
    public int? FirstStep { get; private set; }

    /// <summary>Last update that was seen.</summary>
    public int? LastStep { get; private set; }

    /// <summary>Step and loss of the first update that was seen.</summary>
    public (int Step, double Loss)? FirstLoss { get; private set; }

    /// <summary>Step and loss of the last update that was seen with a finite loss.</summary>
    public (int Step, double Loss)? LastLoss { get; private set; }

    /// <summary>How it ended, for people; null while it runs.</summary>
    public string? Result { get; set; }

    private readonly List<(int Step, double Loss)> _losses = [];

    /// <summary>Notes one answer of rank 0; one without a first step speaks of no update of this gang yet.</summary>
    public void Note(int? firstStep, int step, double? loss)
    {
        if (firstStep is null)
        {
            return;
        }

        FirstStep ??= firstStep;
        LastStep = step;
        if (loss is { } finite)
        {
            FirstLoss ??= (step, finite);
            LastLoss = (step, finite);
            _losses.Add((step, finite));
        }
    }

    /// <summary>All workers have ended with 0, so every update was done, whether or not rank 0 was asked after the last one.</summary>
    public void Complete(int totalSteps) => LastStep = FirstStep is null ? null : totalSteps;

    /// <summary>The highest loss from a step on; null where none was seen.</summary>
    public (int Step, double Loss)? WorstSince(int step)
    {
        var seen = _losses.Where(l => l.Step >= step).ToList();
        return seen.Count == 0 ? null : seen.MaxBy(l => l.Loss);
    }

    /// <summary>The last loss before a step; null where none was seen.</summary>
    public (int Step, double Loss)? LastBefore(int step)
    {
        var seen = _losses.Where(l => l.Step < step).ToList();
        return seen.Count == 0 ? null : seen[^1];
    }
}
