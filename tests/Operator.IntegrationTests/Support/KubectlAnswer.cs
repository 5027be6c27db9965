using System.Text.Json.Nodes;

namespace MhcOperator.Operator.IntegrationTests.Support;

/// <summary>What kubectl made of a file.</summary>
/// <param name="Objects">In their order; none where it ended with an error.</param>
/// <param name="Error">Its words; null where all went well.</param>
internal sealed record KubectlAnswer(IReadOnlyList<JsonObject> Objects, string? Error);
