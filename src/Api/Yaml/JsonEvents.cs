using System.Globalization;
using System.Text;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MhcOperator.Api.Yaml;

/// <summary>
/// Reads one or more JSON values, one after the other, as a YAML parser would tell them. kubectl takes a file that begins with
/// a brace for such a stream.
/// </summary>
internal sealed class JsonEvents(string text) : IParser
{
    private static readonly JsonReaderOptions Options = new() { AllowMultipleValues = true, MaxDepth = 1000 };

    private readonly byte[] _bytes = Encoding.UTF8.GetBytes(text);
    private readonly Queue<ParsingEvent> _next = new([new StreamStart()]);
    private JsonReaderState _state = new(Options);
    private int _read;
    private int _counted;
    private int _line = 1;
    private bool _ended;

    public ParsingEvent? Current { get; private set; }

    public static bool IsStream(string text) => text.AsSpan(0, Math.Min(text.Length, 4096)).TrimStart() is ['{', ..];

    /// <exception cref="YamlException">It is no JSON.</exception>
    public bool MoveNext()
    {
        if (_next.Count == 0 && !_ended)
        {
            try
            {
                ReadToken();
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                var line = e is JsonException { LineNumber: { } before } ? (int)before + 1 : _line;
                var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
                throw new YamlException(At(line), At(line), end < 0 ? e.Message : e.Message[..end], e);
            }
        }

        var some = _next.TryDequeue(out var current);
        Current = current;
        return some;
    }

    private void ReadToken()
    {
        var reader = new Utf8JsonReader(_bytes.AsSpan(_read), isFinalBlock: true, _state);
        if (!reader.Read())
        {
            _ended = true;
            _next.Enqueue(new StreamEnd());
            return;
        }

        var start = _read + (int)reader.TokenStartIndex;
        _line += _bytes.AsSpan(_counted, start - _counted).Count((byte)'\n');
        _counted = start;
        var place = At(_line);
        var begins = reader.TokenType is not (JsonTokenType.EndObject or JsonTokenType.EndArray);
        if (reader.CurrentDepth == 0 && begins)
        {
            _next.Enqueue(new DocumentStart(null, null, isImplicit: true, place, place));
        }

        _next.Enqueue(Event(ref reader, place));
        if (reader.CurrentDepth == 0 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            _next.Enqueue(new DocumentEnd(isImplicit: true, place, place));
        }

        _read += (int)reader.BytesConsumed;
        _state = reader.CurrentState;
    }

    private static ParsingEvent Event(ref Utf8JsonReader reader, Mark at) => reader.TokenType switch
    {
        JsonTokenType.StartObject => new MappingStart(AnchorName.Empty, TagName.Empty, true, MappingStyle.Flow, at, at),
        JsonTokenType.EndObject => new MappingEnd(at, at),
        JsonTokenType.StartArray => new SequenceStart(AnchorName.Empty, TagName.Empty, true, SequenceStyle.Flow, at, at),
        JsonTokenType.EndArray => new SequenceEnd(at, at),
        JsonTokenType.PropertyName or JsonTokenType.String => Scalar(reader.GetString()!, ScalarStyle.DoubleQuoted, at),
        JsonTokenType.Number => Scalar(Number(ref reader, at), ScalarStyle.Plain, at),
        _ => Scalar(Encoding.UTF8.GetString(reader.ValueSpan), ScalarStyle.Plain, at),
    };

    // Spelled so that YAML reads the same number.
    private static string Number(ref Utf8JsonReader reader, Mark at) =>
        reader.TryGetInt64(out var whole) ? whole.ToString(CultureInfo.InvariantCulture)
        : reader.TryGetDouble(out var number) && double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture)
        : throw new YamlException(at, at, $"{Encoding.UTF8.GetString(reader.ValueSpan)} is no finite number");

    private static Scalar Scalar(string text, ScalarStyle style, Mark at) =>
        new(AnchorName.Empty, TagName.Empty, text, style, style == ScalarStyle.Plain, style != ScalarStyle.Plain, at, at);

    private static Mark At(int line) => new(0, line, 1);
}
