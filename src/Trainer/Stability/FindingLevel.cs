namespace MhcOperator.Trainer.Stability;

/// <summary>How much is to be made of a step.</summary>
internal enum FindingLevel
{
    /// <summary>As most are.</summary>
    Ordinary,

    /// <summary>Not as most are, and not rare enough to make anything of it.</summary>
    Unusual,

    /// <summary>The step looks bad.</summary>
    Suspicious,

    /// <summary>It has looked bad for so long that training is unstable, unless the weights turn out to be well.</summary>
    Confirmed,

    /// <summary>Training is unstable, whatever the data.</summary>
    Certain,
}
