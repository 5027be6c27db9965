using System.Text;
using MhcOperator.Api;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Model;
using MhcOperator.Trainer.Preparation;
using MhcOperator.Trainer.Training;
using static TorchSharp.torch;

namespace MhcOperator.Trainer.Generation;

/// <summary>
/// Writes text with a trained model, one token at a time. Keys and values are kept, so that each token is computed once; when the context is
/// full, its newer half is read again from its beginning, and writing goes on behind it.
/// </summary>
internal sealed class TextGenerator : IDisposable
{

    private readonly Transformer _model;
    private readonly BytePairEncoder? _encoder; // null: bytes
    private readonly KeyValueCache? _cache;
    private readonly int _context;
    private readonly List<int> _tokens = [];
    private long _start; // of the context, in _tokens

    /// <param name="trained">Whose model writes; the caller's to dispose.</param>
    /// <param name="cached">Whether keys and values are kept; the text is the same but for rounding.</param>
    /// <exception cref="TrainerException">The model's tokens are not those of a known tokenizer.</exception>
    public TextGenerator(TrainedModel trained, bool cached)
    {
        var manifest = trained.Manifest;
        if (manifest.Tokenizer == Tokenizer.Bytes && manifest.Vocabulary != Vocabulary.Of(Tokenizer.Bytes))
        {
            throw TrainerException.Configuration("NotText", $"checkpoint {manifest.Step}: the model has {manifest.Vocabulary} tokens of no known tokenizer; text can be made by models of bytes ({Vocabulary.Of(Tokenizer.Bytes)} tokens), Cl100k and O200k");
        }

        _model = trained.Model;
        _context = manifest.Model.ContextLength;
        _encoder = manifest.Tokenizer == Tokenizer.Bytes ? null : new BytePairEncoder(manifest.Tokenizer);
        _cache = cached ? new KeyValueCache(_model.Sizes, batch: 1) : null;
    }

    /// <summary>The prompt and what follows. Bytes that make no character are shown as U+FFFD.</summary>
    public string Continue(string prompt, int tokens, double temperature, int seed)
    {
        _tokens.Clear();
        _tokens.AddRange(Encode(prompt.Length > 0 ? prompt : "\n"));
        _cache?.Clear();
        _start = Math.Max(0, _tokens.Count - _context);
        var generator = new Random(seed);
        for (var i = 0; i < tokens; i++)
        {
            _tokens.Add(Next(temperature, generator));
        }

        return _encoder?.Decode(_tokens.Where(t => t < _encoder.Vocabulary)) ?? Encoding.UTF8.GetString([.. _tokens.Select(t => (byte)t)]);
    }

    /// <inheritdoc/>
    public void Dispose() => _cache?.Dispose();

    private IEnumerable<int> Encode(string text) => _encoder?.Encode(text) ?? Encoding.UTF8.GetBytes(text).Select(b => (int)b);

    private int Next(double temperature, Random generator)
    {
        using var scope = NewDisposeScope();
        if (_tokens.Count - _start > _context)
        {
            _start = _tokens.Count - Math.Max(1, _context / 2);
            _cache?.Clear();
        }

        var unread = _tokens.Skip((int)(_start + (_cache?.Length ?? 0))).Select(t => (long)t).ToArray();
        var logits = _model.Logits(tensor(unread, [1, unread.Length]), _cache).select(1, unread.Length - 1).reshape(-1).to(ScalarType.Float64);
        return temperature == 0 ? (int)logits.argmax().item<long>() : Draw(nn.functional.softmax(logits / temperature, dim: 0).data<double>().ToArray(), generator);
    }

    private static int Draw(double[] weights, Random generator)
    {
        var draw = generator.NextDouble();
        for (var token = 0; token < weights.Length; token++)
        {
            draw -= weights[token];
            if (draw < 0)
            {
                return token;
            }
        }

        return weights.Length - 1;
    }
}
