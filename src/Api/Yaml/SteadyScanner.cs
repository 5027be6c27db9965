using YamlDotNet.Core;
using YamlDotNet.Core.Tokens;

namespace MhcOperator.Api.Yaml;

/// <summary>
/// Looks at the next token as often as it is asked and stays there until it is consumed. YamlDotNet's own scanner goes on at each look, and
/// its parser looks twice behind a scalar with an anchor inside braces: what followed such a scalar was lost.
/// </summary>
internal sealed class SteadyScanner(IScanner scanner) : IScanner
{
    public Mark CurrentPosition => scanner.CurrentPosition;

    public Token? Current => scanner.Current;

    public bool MoveNext() => scanner.MoveNext();

    // At the end the parser makes sure that there is nothing more, without having consumed the end.
    public bool MoveNextWithoutConsuming() => scanner.Current is not (null or StreamEnd) || scanner.MoveNextWithoutConsuming();

    public void ConsumeCurrent() => scanner.ConsumeCurrent();
}
