namespace MhcOperator.Api.Contract;

/// <summary>A yes or no in an environment variable.</summary>
public static class EnvironmentFlag
{
    private const string Yes = "true";
    private const string No = "false";

    /// <summary>The text of it.</summary>
    public static string Render(bool flag) => flag ? Yes : No;

    /// <summary>Reads <c>true</c> or <c>false</c>; absent is false, and null anything else.</summary>
    public static bool? Parse(string? text) => text switch
    {
        null or "" or No => false,
        Yes => true,
        _ => null,
    };
}
