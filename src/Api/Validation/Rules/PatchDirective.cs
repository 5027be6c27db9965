namespace MhcOperator.Api.Validation.Rules;

/// <summary>
/// How a template says that something goes, in the words of Kubernetes' own patches. A null says it too, but <c>kubectl apply</c> loses
/// nulls when it applies an object for the second time.
/// </summary>
public static class PatchDirective
{
    /// <summary>Field of an object, or of an item of a list, that holds the directive.</summary>
    public const string Name = "$patch";

    /// <summary>The object goes.</summary>
    public const string Delete = "delete";

    /// <summary>The object takes the place of the operator's, whose fields go.</summary>
    public const string Replace = "replace";
}
