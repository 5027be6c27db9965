#include "gang.h"

#include <cmath>
#include <limits>

using namespace mhc::test;

namespace {

// Sums that float32 and, for the small ones, bfloat16 hold exactly.
float value_of(int rank, int64_t i) {
    return static_cast<float>(rank + i % 7);
}

float sum_of(int size, int64_t i) {
    return static_cast<float>(size * (size - 1) / 2 + size * (i % 7));
}

uint16_t bfloat16_of(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return static_cast<uint16_t>(bits >> 16);
}

const std::vector<int64_t> kCounts = {0, 1, 3, 17, 1000, 70000};

} // namespace

MHC_TEST(all_reduce_adds_float32) {
    for (const int size : {1, 2, 3, 4})
        gang(size, [](Member &m) {
            for (const int64_t count : kCounts) {
                std::vector<float> data(count);
                for (int64_t i = 0; i < count; i++)
                    data[i] = value_of(m.rank, i);
                m.expect_ok(mhc_group_all_reduce(m.group, data.data(), count, MHC_GROUP_FLOAT32, m.error, sizeof m.error),
                            "all_reduce");
                for (int64_t i = 0; i < count; i++)
                    expect(data[i] == sum_of(m.size, i), "rank %d of %d: element %d is %g", m.rank, m.size, int(i), data[i]);
            }
        });
}

MHC_TEST(all_reduce_adds_bfloat16) {
    for (const int size : {1, 2, 3, 4})
        gang(size, [](Member &m) {
            for (const int64_t count : kCounts) {
                std::vector<uint16_t> data(count);
                for (int64_t i = 0; i < count; i++)
                    data[i] = bfloat16_of(value_of(m.rank, i));
                m.expect_ok(mhc_group_all_reduce(m.group, data.data(), count, MHC_GROUP_BFLOAT16, m.error, sizeof m.error),
                            "all_reduce");
                for (int64_t i = 0; i < count; i++)
                    expect(data[i] == bfloat16_of(sum_of(m.size, i)), "rank %d of %d: element %d", m.rank, m.size, int(i));
            }
        });
}

MHC_TEST(all_reduce_in_bfloat16_rounds_to_nearest_even_and_keeps_nan) {
    gang(2, [](Member &m) {
        const float nan = std::numeric_limits<float>::quiet_NaN();
        // 256 + 1 lies between 256 and 258, 258 + 1 between 258 and 260: both go to the even one of their neighbours.
        const float mine[] = {m.rank == 0 ? 256.0f : 1.0f, m.rank == 0 ? 258.0f : 1.0f, m.rank == 0 ? nan : 1.0f};
        uint16_t data[] = {bfloat16_of(mine[0]), bfloat16_of(mine[1]), bfloat16_of(mine[2])};
        m.expect_ok(mhc_group_all_reduce(m.group, data, 3, MHC_GROUP_BFLOAT16, m.error, sizeof m.error), "all_reduce");
        expect(data[0] == bfloat16_of(256.0f) && data[1] == bfloat16_of(260.0f), "rounded to %04x %04x", data[0], data[1]);
        expect((data[2] & 0x7fff) > 0x7f80, "NaN became %04x", data[2]);
    });
}

MHC_TEST(all_reduce_gives_every_rank_the_same_bits) {
    std::vector<std::vector<float>> results(3);
    gang(3, [&](Member &m) {
        std::vector<float> data(10007);
        for (size_t i = 0; i < data.size(); i++)
            data[i] = std::sin(static_cast<float>(i * 3 + m.rank)) * 1e3f;
        m.expect_ok(mhc_group_all_reduce(m.group, data.data(), 10007, MHC_GROUP_FLOAT32, m.error, sizeof m.error),
                    "all_reduce");
        results[m.rank] = data;
    });
    expect(results[0] == results[1] && results[0] == results[2], "ranks differ");
}

MHC_TEST(reduce_scatter_gives_each_rank_its_block) {
    for (const int size : {1, 2, 3, 4})
        gang(size, [](Member &m) {
            for (const int64_t count : kCounts) {
                std::vector<float> input(count * m.size), output(count);
                std::vector<uint16_t> halves(count * m.size);
                for (int64_t i = 0; i < count * m.size; i++) {
                    input[i] = value_of(m.rank, i);
                    halves[i] = bfloat16_of(input[i]);
                }
                m.expect_ok(mhc_group_reduce_scatter(m.group, input.data(), output.data(), count, MHC_GROUP_FLOAT32, m.error,
                                                     sizeof m.error),
                            "reduce_scatter");
                uint16_t *own = halves.data() + m.rank * count;
                m.expect_ok(
                    mhc_group_reduce_scatter(m.group, halves.data(), own, count, MHC_GROUP_BFLOAT16, m.error, sizeof m.error),
                    "reduce_scatter in place");
                for (int64_t i = 0; i < count; i++) {
                    const float expected = sum_of(m.size, m.rank * count + i);
                    expect(output[i] == expected && own[i] == bfloat16_of(expected), "rank %d of %d: element %d is %g", m.rank,
                           m.size, int(i), output[i]);
                }
            }
        });
}

MHC_TEST(all_gather_puts_blocks_in_order_of_rank) {
    for (const int size : {1, 2, 3, 4})
        gang(size, [](Member &m) {
            for (const int64_t bytes : kCounts)
                for (const bool in_place : {false, true}) {
                    std::vector<char> mine(bytes, static_cast<char>('a' + m.rank)), all(bytes * m.size, '-');
                    char *own = all.data() + m.rank * bytes;
                    if (in_place)
                        std::copy(mine.begin(), mine.end(), own);
                    m.expect_ok(
                        mhc_group_all_gather(m.group, in_place ? own : mine.data(), all.data(), bytes, m.error, sizeof m.error),
                        "all_gather");
                    for (int64_t i = 0; i < bytes * m.size; i++)
                        expect(all[i] == 'a' + i / bytes, "rank %d of %d: byte %d is %c", m.rank, m.size, int(i), all[i]);
                }
        });
}

MHC_TEST(all_to_all_brings_each_rank_its_block_from_every_rank_and_counts_what_left) {
    for (const int size : {1, 2, 3, 4})
        gang(size, [](Member &m) {
            for (const int64_t bytes : kCounts) {
                std::vector<char> input(bytes * m.size), output(bytes * m.size, '-');
                for (int64_t i = 0; i < bytes * m.size; i++)
                    input[i] = static_cast<char>('a' + 4 * m.rank + (bytes == 0 ? 0 : i / bytes));
                int64_t before = 0, after = 0;
                m.expect_ok(mhc_group_bytes_sent(m.group, &before, m.error, sizeof m.error), "bytes_sent");
                m.expect_ok(mhc_group_all_to_all(m.group, input.data(), output.data(), bytes, m.error, sizeof m.error),
                            "all_to_all");
                m.expect_ok(mhc_group_bytes_sent(m.group, &after, m.error, sizeof m.error), "bytes_sent");
                expect(after - before == bytes * (m.size - 1), "rank %d of %d: %d bytes sent for blocks of %d", m.rank, m.size,
                       int(after - before), int(bytes));
                for (int64_t i = 0; i < bytes * m.size; i++)
                    expect(output[i] == static_cast<char>('a' + 4 * (i / bytes) + m.rank), "rank %d of %d: byte %d is %c",
                           m.rank, m.size, int(i), output[i]);
            }
        });
}

MHC_TEST(a_ring_sends_all_blocks_but_one) {
    gang(3, [](Member &m) {
        std::vector<float> data(3000);
        int64_t before = 0, after = 0;
        mhc_group_bytes_sent(m.group, &before, nullptr, 0);
        m.expect_ok(
            mhc_group_reduce_scatter(m.group, data.data(), data.data(), 1000, MHC_GROUP_FLOAT32, m.error, sizeof m.error),
            "reduce_scatter");
        m.expect_ok(mhc_group_all_gather(m.group, data.data() + 1000 * m.rank, data.data(), 4000, m.error, sizeof m.error),
                    "all_gather");
        mhc_group_bytes_sent(m.group, &after, nullptr, 0);
        expect(after - before == 2 * 2 * 4000, "%d bytes sent", int(after - before));
    });
}

MHC_TEST(broadcast_replaces_data_by_the_roots) {
    for (const int size : {1, 2, 3, 4})
        gang(size, [](Member &m) {
            for (int root = 0; root < m.size; root++)
                for (const int64_t bytes : kCounts) {
                    std::vector<char> data(bytes, static_cast<char>(m.rank));
                    m.expect_ok(mhc_group_broadcast(m.group, data.data(), bytes, root, m.error, sizeof m.error), "broadcast");
                    expect(data == std::vector<char>(bytes, static_cast<char>(root)), "rank %d of %d: root %d, %d bytes",
                           m.rank, m.size, root, int(bytes));
                }
        });
}

MHC_TEST(barrier_waits_for_every_rank) {
    std::atomic<int> arrived{0};
    gang(4, [&](Member &m) {
        for (int round = 1; round <= 20; round++) {
            arrived++;
            m.expect_ok(mhc_group_barrier(m.group, m.error, sizeof m.error), "barrier");
            expect(arrived >= 4 * round, "rank %d passed with %d arrivals in round %d", m.rank, arrived.load(), round);
            m.expect_ok(mhc_group_barrier(m.group, m.error, sizeof m.error), "barrier");
        }
    });
}

MHC_TEST(calls_from_several_threads_on_one_group_run_one_after_another) {
    gang(2, [](Member &m) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; i++)
            threads.emplace_back([&m] {
                std::vector<float> data(5000, 1.0f);
                for (int round = 0; round < 25; round++) {
                    char error[256] = "";
                    const int code = mhc_group_all_reduce(m.group, data.data(), 5000, MHC_GROUP_FLOAT32, error, sizeof error);
                    expect(code == MHC_GROUP_OK, "rank %d: code %d: %s", m.rank, code, error);
                    data.assign(5000, 1.0f);
                }
            });
        for (std::thread &thread : threads)
            thread.join();
    });
}

MHC_TEST(a_killed_peer_is_an_error_at_once_and_the_group_is_dead) {
    FileStore store;
    const DoomedPeer peer(store, SIGKILL);
    Member m(0, 2, store);
    m.expect_ok(m.code, "create");
    m.expect_ok(mhc_group_barrier(m.group, m.error, sizeof m.error), "barrier");
    std::vector<float> data(1 << 20);
    const double start = seconds();
    const int code = mhc_group_all_reduce(m.group, data.data(), 1 << 20, MHC_GROUP_FLOAT32, m.error, sizeof m.error);
    expect(code == MHC_GROUP_ERROR_PEER, "code %d: %s", code, m.error);
    expect(seconds() - start < 5, "took %.1f s", seconds() - start);
    expect(mhc_group_barrier(m.group, m.error, sizeof m.error) == MHC_GROUP_ERROR_DEAD, "not dead");
}

MHC_TEST(a_stopped_peer_is_an_error_at_the_timeout) {
    FileStore store;
    const DoomedPeer peer(store, SIGSTOP);
    Member m(0, 2, store);
    m.expect_ok(mhc_group_barrier(m.group, m.error, sizeof m.error), "barrier");
    m.expect_ok(mhc_group_set_timeout(m.group, 300, m.error, sizeof m.error), "set_timeout");
    std::vector<float> data(1 << 20);
    const double start = seconds();
    const int code =
        mhc_group_reduce_scatter(m.group, data.data(), data.data(), 1 << 19, MHC_GROUP_FLOAT32, m.error, sizeof m.error);
    expect(code == MHC_GROUP_ERROR_TIMEOUT, "code %d: %s", code, m.error);
    expect(seconds() - start >= 0.29 && seconds() - start < 5, "took %.2f s", seconds() - start);
}

MHC_TEST(a_peer_that_never_comes_is_an_error_at_the_timeout) {
    Store store;
    const double start = seconds();
    Member m(0, 2, store, 300);
    expect(m.code == MHC_GROUP_ERROR_CONNECT && m.group == nullptr, "code %d: %s", m.code, m.error);
    expect(std::strstr(m.error, "store") != nullptr, "message '%s'", m.error);
    expect(seconds() - start >= 0.29 && seconds() - start < 5, "took %.2f s", seconds() - start);
}

MHC_TEST(a_peer_that_comes_and_does_not_connect_is_an_error_at_the_timeout) {
    constexpr int32_t timeout = 1000;
    constexpr int rounds = 32;
    // Of two ranks one connects and the other waits for it: which is which gloo takes from their ports, by chance.
    int round = 0;
    bool waited = false;
    for (; round < rounds && !waited; ++round) {
        Store store;
        SilentStore says_where_it_is_and_no_more(store);
        const int silent = round % 2;
        std::thread other([&] { Member(silent, 2, says_where_it_is_and_no_more, timeout); });
        const double start = seconds();
        Member m(1 - silent, 2, store, timeout);
        expect(m.code == MHC_GROUP_OK || m.code == MHC_GROUP_ERROR_CONNECT, "code %d: %s", m.code, m.error);
        expect(seconds() - start < 3.5, "took %.1f s", seconds() - start);
        waited = m.code != MHC_GROUP_OK;
        says_where_it_is_and_no_more.release();
        other.join();
    }
    expect(waited, "no rank waited for a connection in %d rounds", round);
}

MHC_TEST(a_peer_that_vanishes_while_it_connects_is_an_error_and_not_the_end_of_this_process) {
    for (const VanishingPeer::Role role : {VanishingPeer::Role::connects, VanishingPeer::Role::listens})
        for (int round = 0; round < 50; round++) {
            VanishingPeer peer(role);
            Member m(0, 2, peer, 1000);
            // Whether the connection is there for a moment is chance.
            const int code = m.code == MHC_GROUP_OK ? mhc_group_barrier(m.group, m.error, sizeof m.error) : m.code;
            expect(code == (m.code == MHC_GROUP_OK ? MHC_GROUP_ERROR_PEER : MHC_GROUP_ERROR_CONNECT), "code %d: %s", code,
                   m.error);
        }
}

MHC_TEST(abort_wakes_a_blocked_collective_and_the_peer) {
    std::atomic<bool> woken{false};
    gang(2, [&](Member &m) {
        float data[64] = {};
        // A rank that aborts before its peer has connected is one that the peer cannot connect with.
        m.expect_ok(mhc_group_barrier(m.group, m.error, sizeof m.error), "barrier");
        if (m.rank == 0) {
            std::thread other([&] { expect(mhc_group_abort(m.group, nullptr, 0) == MHC_GROUP_OK, "abort failed"); });
            const double start = seconds();
            const int code = mhc_group_all_reduce(m.group, data, 64, MHC_GROUP_FLOAT32, m.error, sizeof m.error);
            expect(code == MHC_GROUP_ERROR_ABORTED, "code %d: %s", code, m.error);
            expect(seconds() - start < 5, "took %.1f s", seconds() - start);
            other.join();
            expect(mhc_group_barrier(m.group, m.error, sizeof m.error) == MHC_GROUP_ERROR_ABORTED, "not aborted");
            woken = true;
        } else {
            while (!woken)
                std::this_thread::yield();
            const int code = mhc_group_all_reduce(m.group, data, 64, MHC_GROUP_FLOAT32, m.error, sizeof m.error);
            expect(code == MHC_GROUP_ERROR_PEER, "code %d: %s", code, m.error);
        }
    });
}

MHC_TEST(a_new_group_on_the_same_store_works_under_a_new_prefix) {
    Store store;
    for (const char *prefix : {"attempt-1", "attempt-2"}) {
        std::thread other([&] {
            Member m(1, 2, store, kTimeout, prefix);
            m.expect_ok(mhc_group_barrier(m.group, m.error, sizeof m.error), "barrier");
        });
        Member m(0, 2, store, kTimeout, prefix);
        m.expect_ok(mhc_group_barrier(m.group, m.error, sizeof m.error), "barrier");
        other.join();
    }
}

MHC_TEST(bad_arguments_are_named) {
    Store store;
    mhc_group *group = nullptr;
    char error[128] = "";
    const auto refused = [&](int code, const char *argument) {
        expect(code == MHC_GROUP_ERROR_ARGUMENT && std::string(error).rfind(std::string(argument) + ":", 0) == 0,
               "%s: code %d, message '%s'", argument, code, error);
    };
    const mhc_group_create_args good = {.size = sizeof good,
                                        .rank = 0,
                                        .ranks = 2,
                                        .timeout_ms = 1,
                                        .host = "127.0.0.1",
                                        .prefix = "p",
                                        .set = Store::set,
                                        .get = Store::get,
                                        .user = &store};
    const auto refused_with = [&](const char *argument, void (*spoil)(mhc_group_create_args &)) {
        mhc_group_create_args bad = good;
        spoil(bad);
        refused(mhc_group_create(&group, &bad, error, sizeof error), argument);
        expect(group == nullptr, "%s: there is a group", argument);
    };
    refused(mhc_group_create(nullptr, &good, error, sizeof error), "group");
    refused(mhc_group_create(&group, nullptr, error, sizeof error), "arguments");
    for (const uint32_t size : {uint32_t{0}, good.size - 1, good.size + 1, UINT32_MAX}) {
        // Instrumented, a read of more than the size would be seen.
        const std::unique_ptr<uint32_t> other(new uint32_t(size));
        refused(mhc_group_create(&group, reinterpret_cast<const mhc_group_create_args *>(other.get()), error, sizeof error),
                "size");
    }
    refused_with("ranks", [](auto &a) { a.ranks = 0; });
    refused_with("rank", [](auto &a) { a.rank = 2; });
    refused_with("rank", [](auto &a) { a.rank = -1; });
    refused_with("host", [](auto &a) { a.host = "a.name"; });
    refused_with("prefix", [](auto &a) { a.prefix = nullptr; });
    refused_with("set", [](auto &a) { a.set = nullptr; });
    refused_with("get", [](auto &a) { a.get = nullptr; });
    refused_with("timeout_ms", [](auto &a) { a.timeout_ms = 0; });
    const mhc_group_create_args alone = {.size = sizeof alone, .ranks = 1, .timeout_ms = 1000};
    expect(mhc_group_create(&group, &alone, error, sizeof error) == MHC_GROUP_OK, "a group of one: %s", error);
    float data[4] = {};
    refused(mhc_group_all_reduce(nullptr, data, 4, MHC_GROUP_FLOAT32, error, sizeof error), "group");
    refused(mhc_group_all_reduce(group, nullptr, 4, MHC_GROUP_FLOAT32, error, sizeof error), "data");
    refused(mhc_group_all_reduce(group, data, -4, MHC_GROUP_FLOAT32, error, sizeof error), "count");
    refused(mhc_group_all_reduce(group, data, 4, 7, error, sizeof error), "type");
    refused(mhc_group_reduce_scatter(group, nullptr, data, 4, MHC_GROUP_FLOAT32, error, sizeof error), "input");
    refused(mhc_group_reduce_scatter(group, data, nullptr, 4, MHC_GROUP_FLOAT32, error, sizeof error), "output");
    refused(mhc_group_all_gather(group, nullptr, data, 4, error, sizeof error), "input");
    refused(mhc_group_all_gather(group, data, nullptr, 4, error, sizeof error), "output");
    refused(mhc_group_all_gather(group, data, data, -1, error, sizeof error), "bytes");
    refused(mhc_group_broadcast(group, data, 4, 1, error, sizeof error), "root");
    refused(mhc_group_barrier(nullptr, error, sizeof error), "group");
    refused(mhc_group_set_timeout(group, 0, error, sizeof error), "timeout_ms");
    refused(mhc_group_abort(nullptr, error, sizeof error), "group");
    expect(mhc_group_barrier(group, error, sizeof error) == MHC_GROUP_OK, "the group still works: %s", error);
    expect(mhc_group_destroy(group, error, sizeof error) == MHC_GROUP_OK &&
               mhc_group_destroy(nullptr, error, sizeof error) == 0,
           "destroy: %s", error);
}

MHC_TEST_MAIN
