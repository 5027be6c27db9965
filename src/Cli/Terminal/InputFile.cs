using System.Text;
using MhcOperator.Api.Manifests;

namespace MhcOperator.Cli.Terminal;

/// <summary>A file named on the command line, or <c>-</c> for standard input.</summary>
internal static class InputFile
{
    // The longest manifest with four bytes a character; what is longer (or has no end) is not read on.
    private const int MaxBytes = 4 * JobManifestReader.MaxLength;

    private static readonly Encoding Utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    // kubectl knows these marks too.
    private static readonly (byte[] Mark, Encoding Encoding)[] Marked =
    [
        ([0xef, 0xbb, 0xbf], Utf8),
        ([0xff, 0xfe], new UnicodeEncoding(bigEndian: false, byteOrderMark: false, throwOnInvalidBytes: true)),
        ([0xfe, 0xff], new UnicodeEncoding(bigEndian: true, byteOrderMark: false, throwOnInvalidBytes: true)),
    ];

    /// <summary>Reads the whole text.</summary>
    /// <exception cref="CliException">It cannot be read, is no text or is too long; the message says which file and why.</exception>
    public static async Task<string> ReadAsync(CliHost host, string name, CancellationToken cancel)
    {
        if (string.Equals(name, "-", StringComparison.Ordinal))
        {
            return await ReadInputAsync(host, cancel);
        }

        var path = host.FullPath(name);
        if (Directory.Exists(path))
        {
            throw new CliException($"{name} is a folder; expected a YAML file, or - for standard input");
        }

        try
        {
            await using var file = new FileStream(path,
                new FileStreamOptions { Access = FileAccess.Read, Share = FileShare.ReadWrite, BufferSize = 0 });
            return Decode(await ReadAsync(file, name, cancel));
        }
        catch (DecoderFallbackException e)
        {
            throw new CliException($"{name}: expected text in UTF-8, got other bytes behind byte {e.Index}");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CliException($"{name}: there is no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{name}: cannot be read: {e.Message}");
        }
    }

    private static async Task<string> ReadInputAsync(CliHost host, CancellationToken cancel)
    {
        try
        {
            var text = new char[JobManifestReader.MaxLength + 1];
            var length = await host.Input.ReadBlockAsync(text, cancel);
            return length <= JobManifestReader.MaxLength ? new string(text, 0, length) : throw TooLong("-");
        }
        catch (DecoderFallbackException)
        {
            throw new CliException("-: expected text in UTF-8, got other bytes");
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(FileStream file, string name, CancellationToken cancel)
    {
        using var read = new MemoryStream();
        var part = new byte[1 << 16];
        for (int count; (count = await file.ReadAsync(part, cancel)) > 0;)
        {
            read.Write(part, 0, count);
            if (read.Length > MaxBytes)
            {
                throw TooLong(name);
            }
        }

        return read.GetBuffer().AsMemory(0, (int)read.Length);
    }

    private static string Decode(ReadOnlyMemory<byte> bytes)
    {
        var (mark, encoding) = Marked.FirstOrDefault(m => bytes.Span.StartsWith(m.Mark), ([], Utf8));
        return encoding.GetString(bytes.Span[mark.Length..]);
    }

    private static CliException TooLong(string name) =>
        new(FormattableString.Invariant($"{name}: expected at most {JobManifestReader.MaxLength} characters, got more"));
}
