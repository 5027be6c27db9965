using System.Globalization;
using MhcOperator.Api.Errors;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MhcOperator.Api.Yaml;

/// <summary>
/// Makes JSON of YAML, with the line of every field. Reads as kubectl does, so that what is found valid here is what the API server gets;
/// where it cannot, or where versions of kubectl differ, there is an error that says so. Works on the parser's events, with no reflection.
/// Never throws for what a text says, and does not do much more work than the text is long: depth, length of paths, number of nodes and
/// of errors are limited, aliases counted with all that they stand for.
/// </summary>
internal static class YamlReader
{
    /// <summary>Longest text that is read, in characters; the API server takes 1.5 MB.</summary>
    public const int MaxLength = 4 << 20;

    /// <summary>All documents; one that cannot be read carries the error.</summary>
    public static IReadOnlyList<YamlDocument> Read(string text) =>
        text.Length > MaxLength ? [Failed($"expected at most {MaxLength} characters, got {text.Length}", 1)]
        : JsonEvents.IsStream(text) ? ReadJson(text)
        : [.. ManifestTexts.Split(text).SelectMany(ReadYaml)];

    private static List<YamlDocument> ReadJson(string text)
    {
        var parser = new JsonEvents(text);
        var documents = new List<YamlDocument>();
        while (ReadNext(parser, new ManifestText(text, 1)) is { } document)
        {
            documents.Add(document);
            if (document is { Root: null, Errors.Count: > 0 })
            {
                break;
            }
        }

        return documents;
    }

    private static List<YamlDocument> ReadYaml(ManifestText text)
    {
        var documents = new List<YamlDocument>();
        if (Unreadable(text) is { } error)
        {
            documents.Add(error);
        }
        else
        {
            var parser = new GuardedParser(new Parser(new SteadyScanner(new Scanner(new StringReader(text.Text)))));
            if (ReadNext(parser, text) is { } document)
            {
                documents.Add(document);
                if (document is not { Root: null, Errors.Count: > 0 } && ReadNext(parser, text) is { } dropped)
                {
                    documents.Add(Failed("expected a line of --- before this document; without one kubectl drops it", dropped.Lines.First));
                }
            }
        }

        if (text.Error is not null)
        {
            documents.Add(Failed(text.Error, text.ErrorLine));
        }

        return documents;
    }

    /// <summary>Null at the end. After a syntax error there is nothing to go on with.</summary>
    private static YamlDocument? ReadNext(IParser parser, ManifestText text)
    {
        YamlTreeBuilder? builder = null;
        try
        {
            parser.TryConsume<StreamStart>(out _);
            if (!parser.TryConsume<DocumentStart>(out _))
            {
                return null;
            }

            builder = new YamlTreeBuilder(parser, text);
            var root = builder.ReadRoot();
            parser.Consume<DocumentEnd>();
            return new YamlDocument(root, builder.Lines, builder.Errors);
        }
        catch (YamlException e)
        {
            return SyntaxError(e, builder, text, parser is JsonEvents);
        }
    }

    private static YamlDocument SyntaxError(YamlException e, YamlTreeBuilder? builder, ManifestText text, bool json)
    {
        // The parser finds a tab only when the block around it ends, so its own mark is too early.
        var tab = json ? null : LineWithTab(text.Text, Math.Max(1, (int)e.Start.Line));
        var line = tab is { } number ? text.Line - 1 + number : text.LineOf(e.End);
        var hint = tab is not null ? " Indent with spaces, YAML allows no tabs there."
            : json ? " A text that begins with { is JSON for kubectl; where it is meant as YAML, begin with a line of ---."
            : "";
        var path = builder is { Path.Length: > 0 } ? builder.Path : FieldPath.Document;
        var error = new FieldError(path, $"expected {(json ? "JSON" : "YAML")}, got a syntax error: {e.Message}{hint}", line);
        return new YamlDocument(null, builder?.Lines ?? new SourceLines(line), [.. builder?.Errors ?? [], error]);
    }

    private static YamlDocument Failed(string message, int line) =>
        new(null, new SourceLines(line), [new FieldError(FieldPath.Document, message, line)]);

    /// <summary>What kubectl's YAML refuses before it looks at any structure, and ours would not.</summary>
    private static YamlDocument? Unreadable(ManifestText text)
    {
        var number = text.Line;
        var begun = false;
        foreach (var line in text.Text.AsSpan().EnumerateLines())
        {
            if (!begun && line is ['%', ..])
            {
                return Failed("expected no directive (a line that begins with %); kubectl refuses it", number);
            }

            if (!begun && line is "..." or ['.', '.', '.', ' ' or '\t', ..])
            {
                return Failed("expected no line of ... here, which ends a document, before one has begun; kubectl refuses it", number);
            }

            if (FirstControl(line) is { } control)
            {
                return Failed(string.Create(CultureInfo.InvariantCulture, $"expected no control characters, got U+{(int)control:X4}"),
                    number);
            }

            begun |= line.TrimStart() is not ([] or ['#', ..]);
            number++;
        }

        return null;
    }

    private static char? FirstControl(ReadOnlySpan<char> line)
    {
        foreach (var c in line)
        {
            if ((char.IsControl(c) && c is not '\t') || c is '\ufffe' or '\uffff')
            {
                return c;
            }
        }

        return null;
    }

    private static int? LineWithTab(string text, int from)
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
