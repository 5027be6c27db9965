using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using k8s.Models;
using MhcOperator.Operator.Runtime;

namespace MhcOperator.Operator.Tests.Runtime;

public sealed class StoreTests
{
    [Fact]
    public void After_any_changes_finding_by_owner_agrees_with_looking_at_every_object() =>
        Prop.ForAll(Gen.Choose(0, 99).ListOf().ToArbitrary(), script =>
        {
            var store = NewStore();
            var model = new Dictionary<NamespacedName, V1Pod>();
            var version = 0;
            foreach (var step in script)
            {
                var pod = Pod($"p{step % 5}", owner: $"job{step / 5 % 3}", version: ++version);
                if (step < 60)
                {
                    Assert.True(store.Set(pod));
                    model[NamespacedName.Of(pod)] = pod;
                }
                else if (step < 90)
                {
                    Assert.Equal(model.Remove(NamespacedName.Of(pod)), store.Delete(pod));
                }
                else
                {
                    var kept = model.Where(pair => pair.Key != NamespacedName.Of(pod)).ToDictionary();
                    Assert.Equal(model.Count - kept.Count, store.Replace(kept.Values).Count);
                    model = kept;
                }
            }

            Assert.Equal(Names(model.Values), Names(store.List()));
            foreach (var owner in new[] { "job0", "job1", "job2" })
            {
                Assert.Equal(Names(model.Values.Where(pod => pod.Metadata.Labels["owner"] == owner)),
                    Names(store.ListOwned(new NamespacedName("ns", owner))));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_is_older_or_the_same_is_ignored_so_that_events_may_come_twice_or_late()
    {
        var store = NewStore();
        Assert.True(store.Set(Pod("a", "job", 10)));
        Assert.False(store.Set(Pod("a", "job", 9)));
        Assert.False(store.Set(Pod("a", "job", 10)));
        Assert.True(store.Set(Pod("a", "job", 100)));
    }

    [Fact]
    public void A_late_deletion_does_not_take_away_the_new_object_of_that_name()
    {
        var store = NewStore();
        store.Set(Pod("a", "job", 20, uid: "new"));
        Assert.False(store.Delete(Pod("a", "job", 19, uid: "old")));
        Assert.NotNull(store.Find(new NamespacedName("ns", "a")));
    }

    [Fact]
    public void A_list_reports_deletions_that_were_missed()
    {
        var store = NewStore();
        store.Set(Pod("a", "job", 1));
        store.Set(Pod("b", "job", 2));
        Assert.Equal(["a"], store.Replace([Pod("b", "job", 2)]).Select(pod => pod.Metadata.Name));
    }

    [Fact]
    public void A_list_of_one_namespace_says_nothing_of_the_others()
    {
        var store = NewStore();
        store.Set(Pod("a", "job", 1));
        Assert.Empty(store.Replace([], "other"));
        Assert.Single(store.Replace([], "ns"));
    }

    [Theory]
    [InlineData(null, "1", true)]
    [InlineData("9", "10", true)]
    [InlineData("10", "9", false)]
    [InlineData("10", "10", false)]
    [InlineData("18446744073709551615", "18446744073709551616", true)]
    public void Versions_are_compared_as_numbers_of_any_size(string? version, string other, bool isOlder) =>
        Assert.Equal(isOlder, ResourceVersions.IsOlder(version, other));

    private static Store<V1Pod> NewStore() => new(pod => new NamespacedName("ns", pod.Metadata.Labels["owner"]));

    private static string[] Names(IEnumerable<V1Pod> pods) => [.. pods.Select(pod => pod.Metadata.Name).Order(StringComparer.Ordinal)];

    private static V1Pod Pod(string name, string owner, int version, string uid = "uid") => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            NamespaceProperty = "ns",
            Uid = uid,
            ResourceVersion = version.ToString(CultureInfo.InvariantCulture),
            Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["owner"] = owner },
        },
    };
}
