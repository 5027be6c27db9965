using System.Text.Json;

namespace MhcOperator.Testing.Kubernetes;

/// <summary>The API server's own record of every request.</summary>
public sealed class AuditLog(string file)
{
    /// <summary>Answered requests of the operator processes, in the order of their answers.</summary>
    public IReadOnlyList<AuditEntry> OfOperators()
    {
        using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var entries = new List<AuditEntry>();
        while (reader.ReadLine() is { } line)
        {
            // A line that is being written has no end yet.
            if (line.EndsWith('}') && line.Contains("\"userAgent\":\"mhc-operator/", StringComparison.Ordinal))
            {
                using var document = JsonDocument.Parse(line);
                entries.Add(AuditEntry.Of(document.RootElement));
            }
        }

        return entries;
    }
}
