using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MhcOperator.Api.Yaml;

/// <summary>
/// Turns every failure of the parser into a <see cref="YamlException"/>. YamlDotNet's scanner ends on some broken texts
/// (such as a field name over several lines inside brackets) with exceptions of other types.
/// </summary>
internal sealed class GuardedParser(IParser parser) : IParser
{
    public ParsingEvent? Current => parser.Current;

    public bool MoveNext()
    {
        try
        {
            return parser.MoveNext();
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or FormatException
            or OverflowException or NullReferenceException)
        {
            // Others are no fault of the text: memory that is gone, a library that cannot be opened.
            var after = parser.Current?.End ?? Mark.Empty;
            throw new YamlException(after, after, "the text behind this cannot be read; a part of it may not be closed", e);
        }
    }
}
