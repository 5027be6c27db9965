namespace MhcOperator.Api.Validation.Rules;

/// <summary>The shape of the transformer.</summary>
internal static class ModelRules
{
    private const string Width = "spec.model.width";
    private const string Heads = "spec.model.heads";

    public static IReadOnlyList<Rule> All { get; } =
    [
        Rule.ForField(
            Heads,
            ("self.model.width % self.model.heads == 0", "expected a divisor of spec.model.width"),
            [Width],
            job => job.Spec.Model is var m && m.Width % m.Heads == 0
                ? null
                : FormattableString.Invariant($"expected a divisor of {Width} ({m.Width}), got {m.Heads}")),
        Rule.ForField(
            Heads,
            ("self.model.width % self.model.heads != 0 || self.model.width / self.model.heads % 2 == 0",
                "expected an even spec.model.width / spec.model.heads, for rotary positions"),
            [Width],
            job => job.Spec.Model is var m && (m.Width % m.Heads != 0 || m.Width / m.Heads % 2 == 0)
                ? null
                : FormattableString.Invariant(
                    $"expected an even {Width} / {Heads}, for rotary positions, got {m.Width} / {m.Heads} = {m.Width / m.Heads}")),
        Rule.ForField(
            "spec.model.keyValueHeads",
            ("!has(self.model.keyValueHeads) || self.model.heads % self.model.keyValueHeads == 0",
                "expected a divisor of spec.model.heads"),
            [Heads],
            job => job.Spec.Model is var m && (m.KeyValueHeads is not { } heads || m.Heads % heads == 0)
                ? null
                : FormattableString.Invariant($"expected a divisor of {Heads} ({m.Heads}), got {m.KeyValueHeads}")),
        Rule.ForField(
            "spec.model.vocabulary",
            ("!has(self.model.vocabulary) || self.data.format != 'Text' || self.model.vocabulary >= (self.data.tokenizer == 'Bytes' ? 256 : self.data.tokenizer == 'Cl100k' ? 100277 : 200019)",
                "expected at least the token numbers of spec.data.tokenizer"),
            ["spec.data.format", "spec.data.tokenizer"],
            job => (job.Spec.Model.Vocabulary, job.Spec.Data) is var (vocabulary, data)
                && (vocabulary is not { } given || data.Format != DataFormat.Text || given >= TokenNumbers(data.Tokenizer))
                ? null
                : FormattableString.Invariant(
                    $"expected at least the {TokenNumbers(data.Tokenizer)} token numbers of spec.data.tokenizer ({data.Tokenizer}), got {vocabulary}")),
        Rule.ForField(
            "spec.model.mhc.parameters",
            ("self.model.mhc.parameters == 'Full' || self.model.residual == 'Mhc'", "expected Full where spec.model.residual is not Mhc"),
            ["spec.model.residual"],
            job => job.Spec.Model is { Mhc.Parameters: not MhcCoordinates.Full, Residual: not ResidualKind.Mhc } m
                ? $"expected Full where spec.model.residual ({m.Residual}) is not Mhc, got {m.Mhc.Parameters}"
                : null),
    ];

    private static int TokenNumbers(Tokenizer tokenizer) => tokenizer switch
    {
        Tokenizer.Cl100k => 100277,
        Tokenizer.O200k => 200019,
        _ => 256,
    };
}
