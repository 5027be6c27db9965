namespace MhcOperator.Operator.Hosting.Checks;

/// <summary>How one check ended.</summary>
/// <param name="Verdict">Whether it holds.</param>
/// <param name="Text">What was found and, where it does not hold, what to do.</param>
internal readonly record struct CheckResult(CheckVerdict Verdict, string Text)
{
    public static CheckResult Holds(string text) => new(CheckVerdict.Ok, text);

    public static CheckResult Skipped(string text) => new(CheckVerdict.Skipped, text);

    /// <param name="found">What was found.</param>
    /// <param name="act">What to do.</param>
    public static CheckResult Fails(string found, string act) => new(CheckVerdict.Failed, $"{found}. {act}");
}

/// <summary>Whether something holds.</summary>
internal enum CheckVerdict
{
    /// <summary>It does.</summary>
    Ok,

    /// <summary>It is not there, which is nobody's fault.</summary>
    Skipped,

    /// <summary>It does not.</summary>
    Failed,
}
