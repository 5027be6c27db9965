// What the fuzzers of the C ABIs share: random arguments, guarded memory, and calls that come from a number each, which a
// failure and a crash name: put among those that are kept it is tried first from then on. MHC_FUZZ_SECONDS makes a fuzzer last
// so long, and MHC_FUZZ_SEED gives the first number.
#pragma once

#include "fixture.h"

#include <chrono>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

namespace mhc::test {

constexpr int64_t kCalls = kInstrumented ? 600 : 2000, kFewCalls = 200;
constexpr int kCanary = 64;
constexpr char kMark = '\x5a';

inline volatile uint64_t current = 0;

// For a process that is about to end, whatever it was in the middle of.
inline void name_the_call() {
    char text[64];
    const int length =
        std::snprintf(text, sizeof text, "the call with the number %llu\n", static_cast<unsigned long long>(current));
    (void)!write(STDERR_FILENO, text, static_cast<size_t>(length));
}

inline void name_the_call_that_crashes() {
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

// What is added to the size of a call's arguments: seldom anything.
inline uint32_t wrong_size(Call &call) {
    if (!call.dice.one_in(25))
        return 0;
    call.refusable = true;
    return static_cast<uint32_t>(call.dice.of({1, -1, 4, -4, 8, -8, 64, INT32_MAX, INT32_MIN}));
}

// A number from the environment.
inline uint64_t given(const char *variable, uint64_t otherwise) {
    const char *value = std::getenv(variable);
    return value == nullptr || value[0] == 0 ? otherwise : std::strtoull(value, nullptr, 10);
}

// All kept calls, and then others until there were enough; the next number to call with.
template <size_t N, class F>
uint64_t call_many(const uint64_t (&kept)[N], uint64_t number, double share, const F &call) {
    const auto one = [&](uint64_t each) {
        current = each;
        Dice dice(each);
        call(dice);
    };
    for (const uint64_t each : kept)
        one(each);
    const auto limit = std::chrono::duration<double>(static_cast<double>(given("MHC_FUZZ_SECONDS", 0)) * share);
    const auto begin = std::chrono::steady_clock::now();
    for (int64_t i = 0; limit.count() > 0 ? std::chrono::steady_clock::now() - begin < limit : i < (few() ? kFewCalls : kCalls);
         i++)
        one(number++);
    return number;
}

} // namespace mhc::test
