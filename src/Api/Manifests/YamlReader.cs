using System.Text.Json.Nodes;
using MhcOperator.Api.Schema;
using MhcOperator.Api.Validation;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MhcOperator.Api.Manifests;

/// <summary>
/// Makes JSON of YAML, with the line of every field. Reads scalars as kubectl does. Works on the parser's events, with
/// no reflection. Never throws for what a text says, and does not do much more work than the text is long: depth and
/// number of nodes are limited, aliases counted with all that they stand for.
/// </summary>
internal static class YamlReader
{
    /// <summary>Longest text that is read, in characters; the API server takes 1.5 MB.</summary>
    public const int MaxLength = 4 << 20;

    /// <summary>All documents; after a syntax error there is no further one, and the last carries the error.</summary>
    public static IReadOnlyList<YamlDocument> Read(string text)
    {
        if (text.Length > MaxLength)
        {
            return [Failed($"expected at most {MaxLength} characters, got {text.Length}")];
        }

        var documents = new List<YamlDocument>();
        var parser = new GuardedParser(new Parser(new StringReader(text)));
        YamlTreeBuilder? builder = null;
        try
        {
            parser.Consume<StreamStart>();
            while (parser.TryConsume<DocumentStart>(out _))
            {
                builder = new YamlTreeBuilder(parser);
                var root = builder.ReadRoot();
                parser.Consume<DocumentEnd>();
                documents.Add(new YamlDocument(root, builder.Lines, builder.Errors));
                builder = null;
            }
        }
        catch (YamlException e)
        {
            documents.Add(SyntaxError(e, builder, text));
        }
        catch (InvalidOperationException)
        {
            // The scanner gives up so, without a place, on a flow sequence that ends in the middle of a mapping.
            var place = parser.Current?.End ?? new Mark(0, 1, 1);
            documents.Add(SyntaxError(new YamlException(place, place, "something is not closed"), builder, text));
        }

        return documents;
    }

    private static YamlDocument SyntaxError(YamlException e, YamlTreeBuilder? builder, string text)
    {
        // The parser finds a tab only when the block around it ends, so its own mark is too early.
        var tab = FirstLineWithTab(text, Math.Max(1, (int)e.Start.Line));
        var line = tab ?? (int)Math.Max(1, e.End.Line);
        var path = builder is { Path.Length: > 0 } ? builder.Path : FieldPath.Document;
        var hint = tab is null ? "" : " Indent with spaces, YAML allows no tabs there.";
        var error = new FieldError(path, $"expected YAML, got a syntax error: {e.Message}{hint}", line);
        return new YamlDocument(null, builder?.Lines ?? new SourceLines { First = line }, [.. builder?.Errors ?? [], error]);
    }

    private static YamlDocument Failed(string message) => new(null, new SourceLines(), [new FieldError(FieldPath.Document, message, 1)]);

    private static int? FirstLineWithTab(string text, int from)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (number >= from && line.TrimStart(' ') is ['\t', ..])
            {
                return number;
            }
        }

        return null;
    }
}
