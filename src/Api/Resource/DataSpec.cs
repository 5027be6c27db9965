namespace MhcOperator.Api;

/// <summary>What is trained on.</summary>
public sealed record DataSpec
{
    /// <summary>Where it is.</summary>
    public DataSource Source { get; set; } = new();

    /// <summary>What the files hold.</summary>
    public DataFormat Format { get; set; } = DataFormat.Text;

    /// <summary>How text becomes tokens.</summary>
    public Tokenizer Tokenizer { get; set; } = Tokenizer.Bytes;

    /// <summary>Share kept back for validation, from the end; at least 0, under 1.</summary>
    public double ValidationFraction { get; set; } = 0.01;
}
