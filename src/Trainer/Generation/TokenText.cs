using System.Text;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Preparation;

namespace MhcOperator.Trainer.Generation;

/// <summary>
/// What a model's tokens mean. A vocabulary may be larger than the tokenizer's, as one is that was rounded up for speed: the tokens beyond
/// mean nothing.
/// </summary>
internal sealed class TokenText
{
    private readonly BytePairEncoder? _encoder; // null: bytes

    private TokenText(BytePairEncoder? encoder) => _encoder = encoder;

    /// <summary>Tokens that can stand in a text; their numbers are under this.</summary>
    public int Tokens => _encoder?.OrdinaryTokens ?? Vocabulary.Of(Tokenizer.Bytes);

    /// <summary>The token after a text; null where nothing ends one.</summary>
    public int? End => _encoder?.EndOfText;

    /// <summary>Whether a model's tokens are the bytes of its text.</summary>
    public static bool IsBytes(CheckpointManifest manifest) => manifest.Tokenizer == Tokenizer.Bytes
        && (manifest.Format, manifest.Vocabulary) switch
        {
            (DataFormat.Text, _) => true,
            // numbers of an unknown tokenizer, most likely, where there are more
            (_, var vocabulary) => vocabulary == Vocabulary.Of(Tokenizer.Bytes),
        };

    /// <summary>Of a model.</summary>
    /// <exception cref="TrainerException">The model's tokens are not those of a known tokenizer.</exception>
    public static TokenText Of(CheckpointManifest manifest)
    {
        if (manifest.Tokenizer != Tokenizer.Bytes)
        {
            return new TokenText(new BytePairEncoder(manifest.Tokenizer));
        }

        return IsBytes(manifest)
            ? new TokenText(encoder: null)
            : throw TrainerException.Configuration(EndReason.NotText,
                $"checkpoint {manifest.Step}: the model was trained on {manifest.Vocabulary} token numbers of no known tokenizer; text can be made by models of bytes ({Vocabulary.Of(Tokenizer.Bytes)} tokens), Cl100k and O200k (spec.data.tokenizer)");
    }

    /// <summary>The tokens of a text.</summary>
    public IEnumerable<int> Encode(string text) => _encoder?.Encode(text) ?? Encoding.UTF8.GetBytes(text).Select(b => (int)b);

    /// <summary>The text of tokens; bytes that make no character are U+FFFD.</summary>
    public string Decode(IEnumerable<int> tokens) => _encoder?.Decode(tokens) ?? Encoding.UTF8.GetString([.. tokens.Select(t => (byte)t)]);
}
