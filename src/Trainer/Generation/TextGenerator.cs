using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;
using MhcOperator.Trainer.Model;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Generation;

/// <summary>
/// Writes text with a trained model, one token at a time, up to the token that ends a text. Keys and values are kept, so that each token is
/// computed once; when the context is full, its newer half is read again from its beginning, and writing goes on behind it.
/// </summary>
internal sealed class TextGenerator : IDisposable
{
    private readonly Transformer _model;
    private readonly TokenText _text;
    private readonly KeyValueCache? _cache;
    private readonly int _context;
    private readonly List<int> _tokens = [];
    private long _start; // of the context, in _tokens

    /// <param name="trained">Whose model writes; the caller's to dispose.</param>
    /// <param name="cached">Whether keys and values are kept; the text is the same but for rounding.</param>
    /// <exception cref="TrainerException">The model's tokens are not those of a known tokenizer.</exception>
    public TextGenerator(TrainedModel trained, bool cached)
    {
        _text = TokenText.Of(trained.Manifest);
        _model = trained.Model;
        _context = trained.Manifest.Model.ContextLength;
        _cache = cached ? new KeyValueCache(_model.Sizes, batch: 1) : null;
    }

    /// <summary>Tokens that were made last.</summary>
    public int Made { get; private set; }

    /// <summary>The prompt and what follows. Bytes that make no character are shown as U+FFFD.</summary>
    /// <exception cref="TrainerException">The model does not know a token of the prompt, or its weights are damaged.</exception>
    public string Continue(string prompt, int tokens, Sampling sampling, int seed)
    {
        _tokens.Clear();
        _tokens.AddRange(_text.Encode(prompt.Length > 0 ? prompt : "\n"));
        if (_tokens.Max() >= _model.Sizes.Vocabulary)
        {
            throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                $"--prompt: its text has the token {_tokens.Max()}, which the model's vocabulary of {_model.Sizes.Vocabulary} has not");
        }

        _cache?.Clear();
        _start = Math.Max(0, _tokens.Count - _context);
        var generator = new Random(seed);
        for (Made = 0; Made < tokens; Made++)
        {
            var next = Next(sampling, generator);
            if (next == _text.End)
            {
                break;
            }

            _tokens.Add(next);
        }

        return _text.Decode(_tokens);
    }

    /// <inheritdoc/>
    public void Dispose() => _cache?.Dispose();

    private int Next(Sampling sampling, Random generator)
    {
        using var scope = NewDisposeScope();
        if (_tokens.Count - _start > _context)
        {
            _start = _tokens.Count - Math.Max(1, _context / 2);
            _cache?.Clear();
        }

        var unread = _tokens.Skip((int)(_start + (_cache?.Length ?? 0))).Select(t => (long)t).ToArray();
        var last = _model.Logits(tensor(unread, [1, unread.Length]), _cache).select(1, unread.Length - 1).reshape(-1);
        var logits = last.to(ScalarType.Float64).data<double>().ToArray();
        var known = logits.AsSpan(0, Math.Min(logits.Length, Math.Max(_text.Tokens, _text.End + 1 ?? 0)));
        if (_text.End is { } end)
        {
            known[_text.Tokens..Math.Min(end, known.Length)].Fill(double.NegativeInfinity); // numbers that no token has
        }

        return sampling.Draw(known, generator);
    }
}
