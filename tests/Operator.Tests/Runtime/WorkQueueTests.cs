using FsCheck;
using FsCheck.Fluent;
using MhcOperator.Operator.Runtime;
using MhcOperator.Operator.Tests.Runtime.Support;
using Microsoft.Extensions.Time.Testing;

namespace MhcOperator.Operator.Tests.Runtime;

public sealed class WorkQueueTests
{
    private const int Keys = 4;
    private readonly FakeTimeProvider _time = new();

    private WorkQueue<int> NewQueue(Func<int, bool>? canWait = null) =>
        new(_time, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), ScriptedServer.Metrics(), canWait);

    [Fact]
    public void Whatever_is_added_taken_and_done_no_key_is_given_twice_at_once_and_none_is_lost() =>
        Prop.ForAll(Gen.Choose(0, 5 * Keys - 1).ListOf().ToArbitrary(), script =>
        {
            using var queue = NewQueue(key => (key + _time.GetUtcNow().Second) % 2 == 0); // some can wait, now and then
            var owed = new HashSet<int>(); // added since it was taken last
            var working = new HashSet<int>();
            foreach (var step in script)
            {
                Perform(queue, step / Keys, step % Keys, owed, working);
            }

            foreach (var key in working.ToList())
            {
                queue.Done(key);
                working.Remove(key);
            }

            _time.Advance(TimeSpan.FromMinutes(1));
            while (queue.Depth > 0)
            {
                var key = Take(queue);
                Assert.True(working.Add(key));
                owed.Remove(key);
                queue.Done(key);
                working.Remove(key);
            }

            Assert.Empty(owed);
        }).QuickCheckThrowOnFailure();

    private void Perform(WorkQueue<int> queue, int operation, int key, HashSet<int> owed, HashSet<int> working)
    {
        switch (operation)
        {
            case 0:
                queue.Add(key);
                owed.Add(key);
                break;
            case 1:
                queue.AddAfter(key, TimeSpan.FromSeconds(key + 1));
                owed.Add(key);
                break;
            case 2:
                _time.Advance(TimeSpan.FromSeconds(key));
                break;
            case 3 when queue.Depth > 0:
                var taken = Take(queue);
                Assert.True(working.Add(taken), $"{taken} is worked on already");
                owed.Remove(taken);
                break;
            case 4 when working.Remove(key):
                queue.Done(key);
                break;
        }
    }

    [Fact]
    public void The_oldest_work_that_has_not_ended_tells_how_long_it_has_gone_on()
    {
        using var queue = NewQueue();
        Assert.Equal(TimeSpan.Zero, queue.OldestUnfinished);
        queue.Add(1);
        queue.Add(2);
        var first = Take(queue);
        _time.Advance(TimeSpan.FromSeconds(5));
        var second = Take(queue);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(6), queue.OldestUnfinished);
        queue.Done(first);
        Assert.Equal(TimeSpan.FromSeconds(1), queue.OldestUnfinished);
        queue.Done(second);
        Assert.Equal(TimeSpan.Zero, queue.OldestUnfinished);
    }

    [Fact]
    public void A_key_added_many_times_is_taken_once()
    {
        using var queue = NewQueue();
        queue.Add(7);
        queue.Add(7);
        queue.Add(7);
        Assert.Equal(1, queue.Depth);
        queue.Done(Take(queue));
        Assert.Equal(0, queue.Depth);
    }

    [Fact]
    public void What_can_wait_comes_after_the_rest_but_for_one_turn_in_many()
    {
        const int turns = WorkQueue<int>.Turns;
        using var queue = NewQueue(key => key >= 100);
        foreach (var key in (int[])[100, 101, 102, .. Enumerable.Range(0, turns + 4)])
        {
            queue.Add(key);
        }

        Assert.Equal(turns + 7, queue.Depth);
        var taken = Enumerable.Range(0, turns + 7).Select(_ => Take(queue)).ToList();
        Assert.Equal([.. Enumerable.Range(0, turns - 1), 100, .. Enumerable.Range(turns - 1, 5), 101, 102], taken);
    }

    [Fact]
    public void A_key_that_can_wait_no_longer_goes_to_the_others()
    {
        var waits = true;
        using var queue = NewQueue(key => key == 100 && waits);
        queue.Add(100);
        queue.Add(1);
        waits = false;
        queue.Add(100);
        queue.Add(2);
        Assert.Equal([1, 100, 2], [Take(queue), Take(queue), Take(queue)]);
        Assert.Equal(0, queue.Depth);
    }

    [Fact]
    public void A_key_added_while_it_is_worked_on_comes_once_more_afterwards()
    {
        using var queue = NewQueue();
        queue.Add(7);
        var key = Take(queue);
        queue.Add(7);
        queue.Add(7);
        Assert.Equal(0, queue.Depth);
        queue.Done(key);
        Assert.Equal(1, queue.Depth);
    }

    [Fact]
    public void Of_several_delays_the_shortest_counts()
    {
        using var queue = NewQueue();
        queue.AddAfter(7, TimeSpan.FromSeconds(10));
        queue.AddAfter(7, TimeSpan.FromSeconds(2));
        queue.AddAfter(7, TimeSpan.FromSeconds(5));
        _time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.Equal(0, queue.Depth);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        queue.Done(Take(queue));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(0, queue.Depth);
    }

    [Fact]
    public void The_wait_after_a_failure_doubles_up_to_the_longest_and_starts_again_after_success()
    {
        using var queue = NewQueue();
        var waits = Enumerable.Range(0, 7).Select(_ => queue.Retry(7).TotalSeconds).ToArray();
        Assert.Equal([1, 2, 4, 8, 16, 30, 30], waits);
        queue.Forget(7);
        Assert.Equal(TimeSpan.FromSeconds(1), queue.Retry(7));
    }

    [Fact]
    public async Task A_worker_that_waits_gets_the_next_key()
    {
        using var queue = NewQueue();
        var waiting = queue.TakeAsync(TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        queue.AddAfter(7, TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(7, await waiting);
    }

    [Fact]
    public void Whoever_still_adds_keys_when_the_queue_is_gone_is_not_disturbed()
    {
        var queue = NewQueue();
        queue.Add(7);
        Assert.Equal(7, Take(queue));
        queue.Add(7);
        queue.AddAfter(8, TimeSpan.FromSeconds(1));
        queue.Dispose();

        queue.Add(9);
        queue.AddAfter(10, TimeSpan.FromSeconds(1));
        queue.Done(7);
        queue.Retry(7);
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(0, queue.Depth);
    }

    private static int Take(WorkQueue<int> queue)
    {
        var taking = queue.TakeAsync(TestContext.Current.CancellationToken);
        Assert.True(taking.IsCompletedSuccessfully);
        return taking.Result;
    }
}
