namespace MhcOperator.Operator.Runtime;

/// <summary>An answer is longer than the caller wants to hold in memory.</summary>
internal sealed class AnswerTooLongException(long most) : IOException(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"the answer is longer than {most} bytes"));
