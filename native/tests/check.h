// A test program is a list of cases: MHC_TEST(name_as_a_sentence) { expect(...); }. Run without arguments it runs all of them,
// with arguments those whose names are given. It ends with the line "N passed, N failed".
#pragma once

#include <atomic>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

namespace mhc::test {

struct Case {
    const char *name;
    void (*body)();
};

inline std::vector<Case> &cases() {
    static std::vector<Case> all;
    return all;
}

struct Registration {
    Registration(const char *name, void (*body)()) { cases().push_back({name, body}); }
};

inline std::atomic<int> &failures() {
    static std::atomic<int> count{0};
    return count;
}

// Counts a failure and prints it; after ten in one case it only counts.
__attribute__((format(printf, 2, 3))) inline void expect(bool condition, const char *format, ...) {
    if (condition)
        return;
    if (++failures() > 10)
        return;
    std::va_list arguments;
    va_start(arguments, format);
    std::printf("    ");
    std::vprintf(format, arguments);
    std::printf("\n");
    va_end(arguments);
}

inline int run_cases(int count, char **names) {
    // A write to a peer that has died must fail, not end the process; .NET has SIGPIPE ignored in the programs that we serve.
    std::signal(SIGPIPE, SIG_IGN);
    int passed = 0, failed = 0;
    for (const Case &each : cases()) {
        bool wanted = count <= 1;
        for (int i = 1; i < count; i++)
            wanted = wanted || std::strcmp(names[i], each.name) == 0;
        if (!wanted)
            continue;
        failures() = 0;
        const auto build = [] {
            const char *name = std::getenv("MHC_ISA");
            return std::string(name == nullptr ? "none" : name);
        };
        const std::string chosen = build();
        try {
            each.body();
        } catch (const std::exception &problem) {
            expect(false, "unexpected exception: %s", problem.what());
        }
        expect(build() == chosen, "leaves MHC_ISA at %s for the tests after it", build().c_str());
        std::printf("%s  %s\n", failures() == 0 ? "passed" : "FAILED", each.name);
        std::fflush(stdout);
        (failures() == 0 ? passed : failed)++;
    }
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
}

} // namespace mhc::test

#define MHC_TEST(name)                                                                                                         \
    static void name();                                                                                                        \
    static const mhc::test::Registration registration_of_##name(#name, name);                                                  \
    static void name()

#define MHC_TEST_MAIN                                                                                                          \
    int main(int count, char **names) {                                                                                        \
        return mhc::test::run_cases(count, names);                                                                             \
    }
