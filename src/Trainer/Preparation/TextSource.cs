using System.Globalization;
using MhcOperator.Api.Files;
using MhcOperator.CommandLine;
using MhcOperator.Trainer.Data;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Preparation;

/// <summary>A text that is read once from its beginning to its end: a regular file, a pipe or standard input.</summary>
/// <param name="Path">Where it is; <c>-</c>: standard input.</param>
/// <param name="Size">Bytes; null where only its end will tell.</param>
internal sealed record TextSource(string Path, long? Size)
{
    private const string StandardInputFile = "/dev/stdin";

    /// <summary>
    /// The texts of what was named: files, folders of files, pipes, standard input. All that can be told before it is read is.
    /// </summary>
    /// <exception cref="TrainerException">There is no such file, it cannot be opened, or it is nothing that can be read.</exception>
    public static IEnumerable<TextSource> Find(string named)
    {
        if (named is DataFileFinder.StandardInput or StandardInputFile)
        {
            return [new TextSource(DataFileFinder.StandardInput, Size: null)];
        }

        var files = DataFileFinder.Find(named);
        return files is [var only]
            && string.Equals(only, named, StringComparison.Ordinal)
            && Guarded(named, () => RegularFile.Look(named)).IsPipe
            ? [new TextSource(named, Size: null)]
            : files.Select(f => new TextSource(f, Guarded(f, () =>
            {
                var (handle, status) = RegularFile.OpenNamed(f);
                handle.Dispose();
                return status.Size;
            })));
    }

    /// <summary>The pieces of the text.</summary>
    /// <exception cref="TrainerException">It is not UTF-8, cannot be read, or has changed since it was found.</exception>
    public IEnumerable<TextPiece> Cut(TextCutter cutter)
    {
        using var stream = Guarded(Path, Open);
        using var pieces = cutter.Cut(stream).GetEnumerator();
        long read = 0;
        while (Guarded(Path, pieces.MoveNext))
        {
            TextFiles.CheckUtf8(Path, read, pieces.Current.Bytes);
            read += pieces.Current.Bytes.Length;
            yield return pieces.Current;
        }

        if (Size is { } size && read != size)
        {
            throw TrainerException.DataUnreadable(
                string.Create(CultureInfo.InvariantCulture,
                    $"data file {Path}: it had {size} bytes at first, and {read} were read; it must not change meanwhile"));
        }
    }

    private Stream Open() => Size is null
            ? Path == DataFileFinder.StandardInput
            ? Surroundings.InputIsClosed ? throw new IOException("standard input is closed") : Console.OpenStandardInput()
            : new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0)
        : new FileStream(RegularFile.OpenNamed(Path).Handle, FileAccess.Read, bufferSize: 0);

    private static T Guarded<T>(string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DataFailure.Of(path, e);
        }
    }
}
