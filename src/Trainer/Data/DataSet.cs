using System.Globalization;
using MhcOperator.Api;
using MhcOperator.Api.Contract;
using MhcOperator.Trainer.Failures;

namespace MhcOperator.Trainer.Data;

/// <summary>
/// The tokens of a job, cut into samples of contextLength + 1 tokens. Sample i begins at token i × contextLength; its last token is the
/// next sample's first, so that every token is predicted once an epoch. The end of the data is kept back for validation.
/// </summary>
internal sealed class DataSet : IDisposable
{
    private readonly OpenFiles _open;
    private readonly TokenSequence _tokens;
    private readonly int _context;

    private DataSet(OpenFiles open, TokenSequence tokens, int context, long trainingTokens, string origin)
    {
        _open = open;
        _tokens = tokens;
        _context = context;
        Origin = origin;
        TrainingSamples = (trainingTokens - 1) / context;
        ValidationSamples = Math.Max(0, (tokens.Length - trainingTokens - 1) / context);
        _validationStart = trainingTokens;
    }

    private readonly long _validationStart;
    private string? _fingerprint;

    /// <summary>Samples to train on.</summary>
    public long TrainingSamples { get; }

    /// <summary>Samples kept back.</summary>
    public long ValidationSamples { get; }

    /// <summary>Tells this data from other data (<see cref="DataFingerprint"/>).</summary>
    /// <exception cref="TrainerException">A file cannot be read.</exception>
    public string Fingerprint => _fingerprint ??= DataFingerprint.Of(_tokens);

    /// <summary>For people: what was opened.</summary>
    public string Origin { get; }

    /// <summary>Opens the data of a job.</summary>
    /// <param name="data">The job's section; <c>source.path</c> is a path on this machine.</param>
    /// <param name="context">Tokens that one sample predicts.</param>
    /// <param name="vocabulary">Token numbers are under this.</param>
    /// <param name="corpus">Folder of the text used where the job names none; null: the .NET SDK's documentation.</param>
    /// <exception cref="TrainerException">A file cannot be read, is not what the format promises, or there are too few tokens.</exception>
    public static DataSet Open(DataSpec data, int context, int vocabulary, string? corpus)
    {
        if (data is { Format: DataFormat.Text, Tokenizer: not Tokenizer.Bytes })
        {
            throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                $"spec.data.tokenizer: {data.Tokenizer} was given with spec.data.format: Text; prepare the text once with `mhc-trainer prepare --tokenizer {data.Tokenizer} --output DIR FILES`, and train on DIR with format: Tokens");
        }

        var origin = data.Source.Path is { Length: > 0 } path ? path : corpus is { Length: > 0 } ? corpus : null;
        if (origin is null && data.Format == DataFormat.Tokens)
        {
            throw TrainerException.Configuration(EndReason.ConfigurationInvalid,
                "spec.data.source: nothing was given; token files were expected (spec.data.format: Tokens)");
        }

        var files = origin is null ? DataFileFinder.FindDefault() : data.Format == DataFormat.Tokens ? DataFileFinder.FindTokens(origin)
            : DataFileFinder.Find(origin);
        origin ??= "the .NET SDK's XML documentation";
        var open = new OpenFiles();
        try
        {
            return FromFiles(open, Open(data, files, vocabulary, origin, open), data.ValidationFraction, context, vocabulary, origin);
        }
        catch
        {
            open.Dispose();
            throw;
        }
    }

    /// <summary>Reads one training sample.</summary>
    /// <param name="sample">0…<see cref="TrainingSamples"/>−1.</param>
    /// <param name="tokens">[contextLength + 1], filled.</param>
    public void ReadTraining(long sample, Span<long> tokens) => _tokens.Read(sample * _context, tokens);

    /// <summary>Reads one validation sample.</summary>
    /// <param name="sample">0…<see cref="ValidationSamples"/>−1.</param>
    /// <param name="tokens">[contextLength + 1], filled.</param>
    public void ReadValidation(long sample, Span<long> tokens) => _tokens.Read(_validationStart + (sample * _context), tokens);

    /// <inheritdoc/>
    public void Dispose() => _open.Dispose();

    private static List<TokenFile> Open(DataSpec data, IReadOnlyList<string> paths, int vocabulary, string origin, OpenFiles open)
    {
        if (data.Format == DataFormat.Text)
        {
            List<TokenFile> texts = [.. paths.Select(p => TokenFile.OfBytes(p, open))];
            var whole = texts.Sum(f => f.Length) <= TextFiles.WholeCheckBytes;
            texts.ForEach(f => TextFiles.CheckUtf8(f, whole));
            return texts;
        }

        List<TokenFile> files = [.. paths.Select(p => TokenFile.OfTokens(p, vocabulary, open))];
        PreparedData.Check(origin, data.Tokenizer, files);
        TokenNumbers.Check(files, vocabulary);
        return files;
    }

    private static DataSet FromFiles(OpenFiles open, List<TokenFile> files, double validationFraction, int context, int vocabulary,
        string origin)
    {
        var tokens = new TokenSequence(files, vocabulary);
        var training = tokens.Length - (long)(tokens.Length * validationFraction);
        if (training <= context)
        {
            throw TrainerException.DataUnreadable(
                string.Create(CultureInfo.InvariantCulture,
                    $"data source {origin}: {tokens.Length} tokens in {files.Count} files leave {training} for training; one sample needs {context + 1} (spec.model.contextLength + 1)"));
        }

        return new DataSet(open, tokens, context, training,
            $"{origin} ({tokens.FileCount} files, {tokens.Length.ToString("N0", CultureInfo.InvariantCulture)} tokens)");
    }
}
