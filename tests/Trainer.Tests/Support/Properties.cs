using FsCheck;
using FsCheck.Fluent;

namespace MhcOperator.Trainer.Tests.Support;

/// <summary>Runs a property over random seeds; a test makes what it needs from its seed.</summary>
internal static class Properties
{
    public static void ForSeeds(int cases, Action<Random> property) =>
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(cases),
            Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
            {
                property(new Random(seed));
                return true;
            }));
}
