namespace MhcOperator.Api;

/// <summary>Restarts that kept their pods.</summary>
public sealed record InPlaceStatus
{
    /// <summary>Attempt for which the pods that are there were made, where that is not the current one; null: they were made for it.</summary>
    public int? PodsAttempt { get; set; }

    /// <summary>True: not every process of the current attempt has been seen to begin; null: all have, or the pods were made anew.</summary>
    public bool? Pending { get; set; }

    /// <summary>How many there were.</summary>
    public int Restarts { get; set; }

    /// <summary>Furthest step at the last of them: there is no other in place before training has come further.</summary>
    public int AtStep { get; set; }

    /// <summary>When the last of them was decided.</summary>
    public DateTime? Since { get; set; }
}
