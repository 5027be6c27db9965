// Calls of the collectives with random arguments, in a group of one process, and groups whose store says anything: see
// test_fuzz.cpp for what a call may do.
#include "fuzzing.h"
#include "mhc_collectives.h"

using namespace mhc::test;

namespace {

// Numbers of calls that once did harm.
constexpr uint64_t kKept[] = {4294967705, 4294969231};

// A group of one, made anew where a call has ended it.
class Alone {
  public:
    ~Alone() { mhc_group_destroy(group_, nullptr, 0); }

    mhc_group *get() {
        const mhc_group_create_args arguments = {.size = sizeof arguments, .ranks = 1, .timeout_ms = 1000};
        if (group_ == nullptr)
            expect(mhc_group_create(&group_, &arguments, nullptr, 0) == 0, "no group of one");
        return group_;
    }

    void forget() {
        mhc_group_destroy(group_, nullptr, 0);
        group_ = nullptr;
    }

  private:
    mhc_group *group_ = nullptr;
};

void call_collective(Dice &dice) {
    static Alone alone;
    Call call(dice, "a collective");
    mhc_group *group = alone.get();
    if (dice.one_in(30)) {
        group = nullptr;
        call.refusable = true;
    }
    const int operation = static_cast<int>(dice.below(5));
    int32_t type = static_cast<int32_t>(dice.below(2)), root = 0;
    const bool typed = operation < 2;
    int64_t count = dice.below(dice.one_in(8) ? 300 : 20);
    const int64_t width = !typed ? 1 : type == MHC_GROUP_BFLOAT16 ? 2 : 4;
    void *input = call.tensor<void>(count * width, width, 30);
    void *output = operation == 0 || operation == 4 ? nullptr : call.tensor<void>(count * width, width, 30);
    if (dice.one_in(8)) {
        count = dice.bad();
        call.refusable = true;
    } else if (typed && dice.one_in(10)) {
        type = static_cast<int32_t>(dice.of({-1, 2, 7, INT32_MAX, INT32_MIN}));
        call.refusable = true;
    } else if (operation == 4 && dice.one_in(4)) {
        root = static_cast<int32_t>(dice.of({-1, 1, INT32_MAX, INT32_MIN}));
        call.refusable = true;
    }
    char error[160] = "";
    const size_t size = dice.one_in(10) ? 0 : sizeof error;
    char *message = size == 0 ? nullptr : error;
    int code = 0;
    switch (operation) {
    case 0:
        code = mhc_group_all_reduce(group, input, count, type, message, size);
        break;
    case 1:
        code = mhc_group_reduce_scatter(group, input, output, count, type, message, size);
        break;
    case 2:
        code = mhc_group_all_gather(group, input, output, count, message, size);
        break;
    case 3:
        code = mhc_group_all_to_all(group, input, output, count, message, size);
        break;
    default:
        code = mhc_group_broadcast(group, input, count, root, message, size);
        break;
    }
    call.expect_harmless(code, MHC_GROUP_ERROR_ARGUMENT, size == 0 ? "not asked for" : error);
}

void call_other(Dice &dice) {
    static Alone alone;
    Call call(dice, "a group's own call");
    mhc_group *group = dice.one_in(8) ? nullptr : alone.get();
    call.refusable = group == nullptr;
    char error[160] = "";
    int64_t bytes = 0;
    int32_t timeout = static_cast<int32_t>(1 + dice.below(5000));
    switch (dice.below(4)) {
    case 0:
        if (dice.one_in(3)) {
            timeout = static_cast<int32_t>(dice.of({0, -1, INT32_MIN}));
            call.refusable = true;
        }
        return call.expect_harmless(mhc_group_set_timeout(group, timeout, error, sizeof error), MHC_GROUP_ERROR_ARGUMENT,
                                    error);
    case 1: {
        int64_t *to = dice.one_in(3) ? nullptr : &bytes;
        call.refusable = call.refusable || to == nullptr;
        return call.expect_harmless(mhc_group_bytes_sent(group, to, error, sizeof error), MHC_GROUP_ERROR_ARGUMENT, error);
    }
    case 2:
        return call.expect_harmless(mhc_group_barrier(group, error, sizeof error), MHC_GROUP_ERROR_ARGUMENT, error);
    default:
        call.expect_harmless(mhc_group_abort(group, error, sizeof error), MHC_GROUP_ERROR_ARGUMENT, error);
        if (group != nullptr) {
            const int code = mhc_group_barrier(group, error, sizeof error);
            expect(code == MHC_GROUP_ERROR_ABORTED, "after an abort: code %d, %s", code, error);
            alone.forget();
        }
    }
}

// A store that keeps nothing and gives bytes that no address begins with.
struct Liar {
    Dice &dice;
    int answers = 0;

    static int set(void *user, const char *, const void *, int64_t) {
        return static_cast<Liar *>(user)->dice.one_in(8) ? -1 : 0;
    }

    static int64_t get(void *user, const char *, void *buffer, int64_t capacity, int32_t) {
        Liar &liar = *static_cast<Liar *>(user);
        if (++liar.answers > 100 || liar.dice.one_in(8))
            return -1;
        if (liar.dice.one_in(8))
            return liar.dice.of({INT64_MIN, INT64_MAX, int64_t{1} << 62, int64_t{1} << 45, capacity + 1});
        const int64_t size = liar.dice.below(liar.dice.one_in(8) ? 4097 : 40);
        std::memset(buffer, static_cast<int>(0xf0 + liar.dice.below(16)), static_cast<size_t>(std::min(size, capacity)));
        return size;
    }
};

void call_create(Dice &dice) {
    Liar liar{dice};
    Call call(dice, "create");
    int32_t size = static_cast<int32_t>(1 + dice.below(4)), rank = static_cast<int32_t>(dice.below(size));
    int32_t timeout = static_cast<int32_t>(1 + dice.below(50));
    const char *hosts[] = {"127.0.0.1", "::1", nullptr, "", "256.1.1.1", "127.0.0.1:80", "%n%s", "a.name"};
    const char *host = hosts[dice.one_in(2) ? 0 : dice.below(8)], *prefix = "p";
    mhc_store_set set = Liar::set;
    mhc_store_get get = Liar::get;
    call.refusable = size > 1 && (host == nullptr || std::strpbrk(host, ".:") == nullptr);
    switch (dice.below(16)) {
    case 0:
        size = static_cast<int32_t>(dice.of({0, -1, INT32_MIN, INT32_MAX, (1 << 20) + 1}));
        call.refusable = true;
        break;
    case 1:
        rank = static_cast<int32_t>(dice.of({-1, 4, INT32_MIN, INT32_MAX}));
        call.refusable = true;
        break;
    case 2:
        timeout = static_cast<int32_t>(dice.of({0, -1, INT32_MIN}));
        call.refusable = true;
        break;
    case 3:
        set = nullptr;
        break;
    case 4:
        get = nullptr;
        break;
    case 5:
        prefix = nullptr;
        break;
    default:
        break;
    }
    mhc_group *group = nullptr;
    char error[160] = "";
    const mhc_group_create_args arguments = {.size = static_cast<uint32_t>(sizeof arguments) + wrong_size(call),
                                             .rank = rank,
                                             .ranks = size,
                                             .timeout_ms = timeout,
                                             .host = host,
                                             .prefix = prefix,
                                             .set = set,
                                             .get = get,
                                             .user = &liar};
    const int code = mhc_group_create(&group, &arguments, error, sizeof error);
    const bool alone = code == 0 && size == 1;
    call.expect_harmless(code == MHC_GROUP_ERROR_CONNECT ? MHC_GROUP_ERROR_ARGUMENT : code, MHC_GROUP_ERROR_ARGUMENT, error);
    expect(alone == (group != nullptr), "call %llu of create: code %d, size %d, %s", static_cast<unsigned long long>(current),
           code, size, error);
    mhc_group_destroy(group, nullptr, 0);
}

void call_wire(Dice &dice) {
    Call call(dice, "wire");
    int32_t format = static_cast<int32_t>(dice.below(3));
    int64_t count = dice.below(dice.one_in(8) ? 700 : 140), bytes = 0;
    char error[160] = "";
    expect(mhc_wire_size(format, count, &bytes, error, sizeof error) == 0, "%s", error);
    float *values = call.tensor<float>(count * 4, 4, 20);
    void *wire = call.tensor<void>(bytes, 2, 20);
    if (dice.one_in(8)) {
        count = dice.bad();
        call.refusable = true;
    } else if (dice.one_in(8)) {
        format = static_cast<int32_t>(dice.of({-1, 3, INT32_MAX, INT32_MIN}));
        call.refusable = true;
    }
    const int code = dice.one_in(2) ? mhc_wire_encode(format, values, count, wire, error, sizeof error)
                                    : mhc_wire_add(format, wire, values, count, error, sizeof error);
    call.expect_harmless(code, MHC_GROUP_ERROR_ARGUMENT, error);
    expect(mhc_wire_size(format, count, nullptr, error, sizeof error) == MHC_GROUP_ERROR_ARGUMENT, "%s", error);
}

void call_any(Dice &dice) {
    if (dice.one_in(40))
        return call_create(dice);
    switch (dice.below(4)) {
    case 0:
        return call_other(dice);
    case 1:
        return call_wire(dice);
    default:
        return call_collective(dice);
    }
}

} // namespace

MHC_TEST(no_argument_does_more_harm_than_an_error) {
    name_the_call_that_crashes();
    std::signal(SIGPIPE, SIG_IGN); // as .NET does
    call_many(kKept, given("MHC_FUZZ_SEED", 1) << 32, 1, call_any);
}

MHC_TEST_MAIN
