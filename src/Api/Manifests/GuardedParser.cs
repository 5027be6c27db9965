using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MhcOperator.Api.Manifests;

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
        catch (Exception e) when (e is not (YamlException or OutOfMemoryException))
        {
            var after = parser.Current?.End ?? Mark.Empty;
            throw new YamlException(after, after, "the text after this cannot be read", e);
        }
    }
}
