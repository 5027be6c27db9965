using MhcOperator.Testing.Programs;

namespace Api.Tests.Packages;

/// <summary>Runs eng/packages.sh, with the real .NET SDK. Packages come from the folder that the build has filled.</summary>
internal static class PackagesScript
{
    /// <param name="source">Address of the source that is asked for vulnerabilities; empty for the machine's own.</param>
    /// <param name="arguments">What and of what.</param>
    public static async Task<Answer> RunAsync(string source, params string[] arguments)
    {
        var answers = Directory.CreateTempSubdirectory("mhc-packages-").FullName;
        try
        {
            return await External.RunAsync(Path.Combine(Repository.Root, "eng", "packages.sh"), arguments, ("AUDIT_SOURCES", source),
                ("NUGET_HTTP_CACHE_PATH", answers), ("MSBUILDDISABLENODEREUSE", "1"));
        }
        finally
        {
            Directory.Delete(answers, recursive: true);
        }
    }
}
