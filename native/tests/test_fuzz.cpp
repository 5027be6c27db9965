// Calls with random arguments: small and good ones, and ones that are null, misaligned, negative, huge or unknown. A call
// computes or says what is wrong; it writes nothing beside its tensors, and nothing at all where it refuses.
//
// Every call comes from a number of its own, which a failure and a crash name: put into kKept it is tried first from then on.
// MHC_FUZZ_SECONDS makes it last so long, and MHC_FUZZ_SEED gives the first number.
#include "fixture.h"
#include "operations_table.h"

#include <chrono>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

using namespace mhc::test;

namespace {

// Numbers of calls that once did harm.
constexpr uint64_t kKept[] = {4294969487, 4294967364, 4294967605};

constexpr int64_t kCalls = kInstrumented ? 600 : 2000, kFewCalls = 200;
constexpr int kCanary = 64;
constexpr char kMark = '\x5a';

volatile uint64_t current = 0;

// For a process that is about to end, whatever it was in the middle of.
void name_the_call() {
    char text[64];
    const int length =
        std::snprintf(text, sizeof text, "the call with the number %llu\n", static_cast<unsigned long long>(current));
    (void)!write(STDERR_FILENO, text, static_cast<size_t>(length));
}

void name_the_call_that_crashes() {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_set_death_callback(name_the_call);
#else
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
        std::signal(signal, [](int caught) {
            name_the_call();
            std::signal(caught, SIG_DFL);
            std::raise(caught);
        });
#endif
}

// Random arguments of one call.
class Dice {
  public:
    explicit Dice(uint64_t seed) : random_(seed) {}

    int64_t below(int64_t limit) { return static_cast<int64_t>(random_.next() % static_cast<uint64_t>(limit)); }
    bool one_in(int64_t count) { return below(count) == 0; }

    template <size_t N>
    int64_t of(const int64_t (&values)[N]) {
        return values[below(N)];
    }

    // Sizes that no tensor of this machine has, and that are no sizes.
    int64_t bad() {
        constexpr int64_t values[] = {-1,
                                      -2,
                                      -1024,
                                      INT32_MIN,
                                      INT64_MIN,
                                      INT64_MAX,
                                      INT64_MAX - 1,
                                      INT64_MAX / 2,
                                      int64_t{1} << 62,
                                      int64_t{1} << 61,
                                      (int64_t{1} << 60) + 3};
        return of(values);
    }

    float value() {
        const uint32_t bits = static_cast<uint32_t>(random_.next());
        float any;
        std::memcpy(&any, &bits, sizeof any);
        return one_in(16) ? any : static_cast<float>(random_.normal());
    }

  private:
    Random random_;
};

// So many bytes between two canaries; the last canary begins right behind them.
class Guarded {
  public:
    Guarded(int64_t size, Dice &dice) : size_(size), memory_(kCanary + size + kCanary, kMark) {
        for (int64_t i = 0; i + 4 <= size; i += 4) {
            const float value = dice.value();
            std::memcpy(data() + i, &value, sizeof value);
        }
        before_ = memory_;
    }

    char *data() { return memory_.data() + kCanary; }
    bool untouched() const { return memory_ == before_; }

    bool whole() const {
        for (int i = 0; i < kCanary; i++)
            if (memory_[i] != kMark || memory_[kCanary + size_ + i] != kMark)
                return false;
        return true;
    }

  private:
    int64_t size_;
    std::vector<char> memory_, before_;
};

// The memory of one call, and what became of it.
struct Call {
    Dice &dice;
    const char *name;
    std::vector<Guarded> tensors = {};
    bool refusable = false; // an argument is bad

    Call(Dice &dice, const char *name) : dice(dice), name(name) { tensors.reserve(24); }

    // A tensor, or in one call of several something else in its place.
    template <class T = float>
    T *tensor(int64_t bytes, int64_t alignment, int64_t bad_one_in, bool may_be_null = false) {
        tensors.emplace_back(bytes, dice);
        char *p = tensors.back().data();
        if (dice.one_in(bad_one_in)) {
            if (dice.one_in(2) && alignment > 1) {
                refusable = true;
                return reinterpret_cast<T *>(p + 1);
            }
            refusable = refusable || (bytes != 0 && !may_be_null);
            return nullptr;
        }
        // A tensor without elements may be null.
        return bytes == 0 && dice.one_in(2) ? nullptr : reinterpret_cast<T *>(p);
    }

    void expect_harmless(int code, int refused, const char *error) {
        const auto number = static_cast<unsigned long long>(current);
        expect(code == 0 || (code == refused && error[0] != 0), "call %llu of %s: code %d, message '%s'", number, name, code,
               error);
        expect(!refusable || code != 0, "call %llu of %s took a bad argument", number, name);
        for (const Guarded &tensor : tensors) {
            expect(tensor.whole(), "call %llu of %s wrote beside a tensor", number, name);
            expect(code == 0 || tensor.untouched(), "call %llu of %s wrote and refused: %s", number, name, error);
        }
    }
};

// Elements of a tensor of mhc.h by its name; an `output` and its gradient have the shape that their operation gives them.
int64_t elements(const Operation &operation, const std::string &name, const CallArguments &a) {
    const int64_t t = a.tokens, n = a.n, c = a.channels, m = n * n + 2 * n;
    const std::string of = operation.name;
    const auto is = [&](std::initializer_list<const char *> names) {
        for (const char *each : names)
            if (name == each)
                return true;
        return false;
    };
    if (is({"logits", "grad_logits", "res", "res_before", "grad_res"}) || of.rfind("sinkhorn", 0) == 0)
        return t * n * n;
    if (is({"pre", "post", "post_before", "grad_pre", "grad_post"}))
        return t * n;
    if (is({"phi", "grad_phi"}))
        return n * c * m;
    if (is({"bias", "grad_bias"}))
        return m;
    if (is({"alpha", "grad_alpha"}))
        return 3;
    if (is({"norm", "grad_norm"}))
        return c;
    if (name == "raw")
        return t * m;
    if (name == "r")
        return t;
    const bool one_row = is({"y", "h", "grad_h", "grad_y", "grad_y_before", "total", "grad_total"}) ||
                         of == "finish_backward" || (of == "finish_forward" && name == "output");
    const bool replicated = a.replicated != 0 && (name == "x" || name == "grad_output") &&
                            (of.rfind("connect", 0) == 0 || of.rfind("finish", 0) == 0);
    return one_row || replicated ? t * c : t * n * c;
}

bool is_stored(const Operation &operation, const std::string &name) {
    if (std::string(operation.name).rfind("sinkhorn", 0) == 0)
        return false;
    for (const char *each : {"x", "y", "h", "x_next", "output", "grad_output", "grad_h", "grad_x", "grad_y", "grad_y_before",
                             "total", "grad_total"})
        if (name == each)
            return true;
    return false;
}

// One of the operations on streams.
void call_operation(Dice &dice) {
    const Operation &operation = kOperations[dice.below(static_cast<int64_t>(kOperations.size()))];
    Call call(dice, operation.name);
    CallArguments a{};
    a.tokens = dice.below(dice.one_in(8) ? 70 : 6);
    a.channels = operation.channels ? dice.below(dice.one_in(8) ? 140 : 20) : 0;
    a.n = static_cast<int32_t>(1 + dice.below(MHC_MAX_STREAMS));
    a.iterations = static_cast<int32_t>(1 + dice.below(dice.one_in(50) ? MHC_MAX_ITERATIONS : 8));
    a.dtype = operation.channels && dice.one_in(2) ? MHC_BFLOAT16 : MHC_FLOAT32;
    a.accumulate = static_cast<int32_t>(dice.below(2));
    a.replicated = static_cast<int32_t>(dice.below(2));
    const int64_t width = a.dtype == MHC_BFLOAT16 ? 2 : 4;
    for (const std::string name : operation.pointers) {
        const int64_t each = is_stored(operation, name) ? width : 4;
        // Where some may be null, others may be null along with them.
        a.p.push_back(call.tensor(elements(operation, name, a) * each, each, 60, !operation.optional.empty()));
    }
    switch (dice.below(20)) {
    case 0:
        a.tokens = dice.bad();
        call.refusable = true;
        break;
    case 1:
        a.n = static_cast<int32_t>(dice.of({0, -1, 9, 1 << 20, INT32_MAX, INT32_MIN}));
        call.refusable = true;
        break;
    case 2:
        a.channels = dice.bad();
        call.refusable = call.refusable || operation.channels;
        break;
    case 3:
        a.iterations = static_cast<int32_t>(dice.of({0, -1, MHC_MAX_ITERATIONS + 1, INT32_MAX, INT32_MIN}));
        call.refusable = call.refusable || operation.iterations;
        break;
    case 4:
        a.dtype = static_cast<int32_t>(dice.of({-1, 2, 7, INT32_MAX, INT32_MIN}));
        call.refusable = call.refusable || operation.channels;
        break;
    case 5:
        a.accumulate = a.replicated = static_cast<int32_t>(dice.of({-1, 2, INT32_MAX, INT32_MIN}));
        call.refusable = call.refusable || operation.accumulate;
        break;
    case 6:
        // Nothing to compute, however large the rest is said to be.
        if (std::string(operation.name).rfind("read", 0) == 0 || std::string(operation.name).rfind("write", 0) == 0) {
            a.tokens = 0;
            a.channels = INT64_MAX >> 13;
            call.refusable = false;
        }
        break;
    default:
        break;
    }
    char error[160] = "";
    const size_t size = dice.one_in(10) ? 0 : sizeof error;
    const int code = operation.call(a, size == 0 ? nullptr : error, size);
    call.expect_harmless(code, MHC_ERROR_ARGUMENT, size == 0 ? "not asked for" : error);
}

void call_attention(Dice &dice) {
    Call call(dice, "attention");
    const bool backward = dice.one_in(2);
    int32_t dtype = static_cast<int32_t>(dice.below(2));
    int64_t sizes[5] = {dice.below(3), dice.below(dice.one_in(8) ? 40 : 8), 0, 1 + dice.below(3),
                        1 + dice.below(dice.one_in(8) ? 130 : 20)};
    sizes[2] = sizes[3] * (1 + dice.below(3));
    const int64_t width = dtype == MHC_BFLOAT16 ? 2 : 4, row = sizes[0] * sizes[1] * sizes[4] * width;
    void *p[3];
    p[0] = call.tensor<void>(row * (sizes[2] + 2 * sizes[3]), width, 30);
    p[1] = call.tensor<void>(row * sizes[2], width, 30);
    p[2] = backward ? call.tensor<void>(row * (sizes[2] + 2 * sizes[3]), width, 30) : nullptr;
    if (dice.one_in(4)) {
        sizes[dice.below(5)] = dice.bad();
        call.refusable = true;
    } else if (dice.one_in(8)) {
        // Nothing to compute, however large the rest is said to be.
        sizes[dice.below(2)] = 0;
        sizes[dice.below(2) == 0 ? 4 : 1] = dice.of({0x7fffffff, 1 << 20, 1 << 30});
        call.refusable = false;
        if (sizes[0] * sizes[1] != 0 || sizes[4] == 0)
            return;
        p[0] = p[1] = p[2] = nullptr;
    } else if (dice.one_in(20)) {
        dtype = static_cast<int32_t>(dice.of({-1, 2, INT32_MAX}));
        call.refusable = true;
    }
    char error[160] = "";
    const int code = backward ? mhc_attention_backward(dtype, p[0], p[1], p[2], sizes[0], sizes[1], sizes[2], sizes[3],
                                                       sizes[4], error, sizeof error)
                              : mhc_attention_forward(dtype, p[0], p[1], sizes[0], sizes[1], sizes[2], sizes[3], sizes[4],
                                                      error, sizeof error);
    call.expect_harmless(code, MHC_ERROR_ARGUMENT, error);
}

void call_multiply(Dice &dice) {
    Call call(dice, "multiply");
    int32_t dtype = static_cast<int32_t>(dice.below(2)),
            to_dtype = dtype == MHC_FLOAT32 ? 0 : static_cast<int32_t>(dice.below(2));
    int32_t flags[3] = {static_cast<int32_t>(dice.below(2)), static_cast<int32_t>(dice.below(2)),
                        to_dtype == MHC_FLOAT32 ? static_cast<int32_t>(dice.below(2)) : 0};
    int64_t sizes[3];
    for (int64_t &size : sizes)
        size = dice.below(dice.one_in(8) ? 150 : 20);
    if (dtype == MHC_BFLOAT16)
        sizes[2] &= ~int64_t{1};
    const int64_t width = dtype == MHC_BFLOAT16 ? 2 : 4, to_width = to_dtype == MHC_BFLOAT16 ? 2 : 4;
    void *left = call.tensor<void>(sizes[0] * sizes[2] * width, width, 30);
    void *right = call.tensor<void>(sizes[2] * sizes[1] * width, width, 30);
    void *to = call.tensor<void>(sizes[0] * sizes[1] * to_width, to_width, 30);
    if (dice.one_in(4)) {
        sizes[dice.below(3)] = dice.bad();
        call.refusable = true;
    } else if (dice.one_in(8)) {
        // Nothing to compute, however large the rest is said to be.
        sizes[0] = sizes[1] = sizes[2] = 0;
        sizes[dice.below(3)] = int64_t{1} << 30;
        left = right = to = nullptr;
        call.refusable = false;
    } else if (dice.one_in(10)) {
        flags[dice.below(3)] = static_cast<int32_t>(dice.of({-1, 2, INT32_MIN}));
        call.refusable = true;
    } else if (dice.one_in(10)) {
        (dice.one_in(2) ? dtype : to_dtype) = static_cast<int32_t>(dice.of({-1, 2, INT32_MAX}));
        call.refusable = true;
    }
    char error[160] = "";
    const int code = mhc_multiply(dtype, left, flags[0], right, flags[1], to_dtype, to, flags[2], sizes[0], sizes[1], sizes[2],
                                  error, sizeof error);
    call.expect_harmless(code, MHC_ERROR_ARGUMENT, error);
}

void call_number(uint64_t number) {
    current = number;
    Dice dice(number);
    switch (dice.below(8)) {
    case 0:
        return call_attention(dice);
    case 1:
        return call_multiply(dice);
    default:
        return call_operation(dice);
    }
}

// A number from the environment.
uint64_t given(const char *variable, uint64_t otherwise) {
    const char *value = std::getenv(variable);
    return value == nullptr || value[0] == 0 ? otherwise : std::strtoull(value, nullptr, 10);
}

// All kept calls, and then others until there were enough; the next number to call with.
uint64_t call_many(uint64_t number, double share) {
    for (const uint64_t kept : kKept)
        call_number(kept);
    const auto limit = std::chrono::duration<double>(static_cast<double>(given("MHC_FUZZ_SECONDS", 0)) * share);
    const auto begin = std::chrono::steady_clock::now();
    for (int64_t i = 0; limit.count() > 0 ? std::chrono::steady_clock::now() - begin < limit : i < (few() ? kFewCalls : kCalls);
         i++)
        call_number(number++);
    return number;
}

} // namespace

MHC_TEST(no_argument_does_more_harm_than_an_error) {
    name_the_call_that_crashes();
    uint64_t number = given("MHC_FUZZ_SEED", 1) << 32;
    constexpr double kBuilds = 4;
    const auto run = [&] { number = call_many(number, 1 / kBuilds); };
    each_isa(MHC_BFLOAT16, run, pool<2>);
}

MHC_TEST_MAIN
