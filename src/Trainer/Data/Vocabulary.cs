using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Data;

/// <summary>How many token numbers a job has.</summary>
internal static class Vocabulary
{
    private const int ByteValues = 256;
    private const int Cl100kTokens = 100277;
    private const int O200kTokens = 200019;

    /// <summary>The job's own number, else the tokenizer's.</summary>
    /// <exception cref="TrainerException">The job's number is under the tokenizer's.</exception>
    public static int Of(TrainerConfiguration configuration)
    {
        var least = Of(configuration.Data.Tokenizer);
        return configuration.Model.Vocabulary is not { } given || given >= least || configuration.Data.Format == DataFormat.Tokens
            ? configuration.Model.Vocabulary ?? least
            : throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                $"spec.model.vocabulary: {given} was given; the tokenizer {configuration.Data.Tokenizer} needs at least {least}");
    }

    /// <summary>How many token numbers a tokenizer has, special ones included.</summary>
    public static int Of(Tokenizer tokenizer) => tokenizer switch
    {
        Tokenizer.Cl100k => Cl100kTokens,
        Tokenizer.O200k => O200kTokens,
        _ => ByteValues,
    };
}
