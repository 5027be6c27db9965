using System.Text.Json.Nodes;
using MhcOperator.Api.Errors;

namespace MhcOperator.Api.Yaml;

/// <summary>One document of a YAML text.</summary>
/// <param name="Root">Its JSON; null for an empty document or one that could not be read.</param>
/// <param name="Lines">Where its fields are.</param>
/// <param name="Errors">What was wrong with the text.</param>
internal sealed record YamlDocument(JsonNode? Root, SourceLines Lines, IReadOnlyList<FieldError> Errors);
