namespace MhcOperator.Operator.Runtime;

/// <summary>An event on the server that may still count up.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Count">How often it has happened.</param>
/// <param name="Since">When it happened first.</param>
internal sealed record RecordedEvent(string Name, int Count, DateTimeOffset Since);
