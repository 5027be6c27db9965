#include "fixture.h"
#include "operations_table.h"

#include <algorithm>

using namespace mhc::test;

namespace {

constexpr int64_t kThreeTokens = 3, kFiveChannels = 5;
constexpr int kStreams = 2, kIterations = 4;

// Tensors large enough for every argument at once; inputs and outputs are distinct.
struct Arguments : CallArguments {
    std::vector<Tensor> tensors;

    explicit Arguments(const Operation &operation)
        : CallArguments{{},
                        kThreeTokens,
                        operation.channels ? kFiveChannels : 0,
                        kStreams,
                        operation.iterations ? kIterations : 0},
          tensors(20, Tensor(kThreeTokens * kStreams * kFiveChannels * 8, 0.5f)) {
        for (Tensor &tensor : tensors)
            p.push_back(tensor);
    }
};

void expect_refused(const Operation &operation, const Arguments &arguments, const char *argument) {
    char error[128] = "";
    const int code = operation.call(arguments, error, sizeof error);
    expect(code == MHC_ERROR_ARGUMENT && std::string(error).rfind(std::string(argument) + ":", 0) == 0,
           "%s with a bad %s: code %d, message '%s'", operation.name, argument, code, error);
    for (const Tensor &tensor : arguments.tensors)
        for (int64_t i = 0; i < tensor.size(); i++)
            expect(tensor[i] == 0.5f, "%s with a bad %s has written", operation.name, argument);
}

} // namespace

MHC_TEST(every_operation_accepts_good_arguments_and_no_error_buffer) {
    const Selected plain("plain");
    for (const Operation &operation : kOperations) {
        const int code = operation.call(Arguments(operation), nullptr, 0);
        expect(code == MHC_OK, "%s: code %d", operation.name, code);
    }
}

MHC_TEST(every_operation_names_a_null_or_misaligned_pointer) {
    for (const Operation &operation : kOperations)
        for (size_t i = 0; i < operation.pointers.size(); i++) {
            Arguments missing(operation), misaligned(operation);
            missing.p[i] = nullptr;
            if (std::count_if(operation.optional.begin(), operation.optional.end(),
                              [&](const char *name) { return std::strcmp(name, operation.pointers[i]) == 0; }) == 0)
                expect_refused(operation, missing, operation.pointers[i]);
            misaligned.p[i] = reinterpret_cast<float *>(reinterpret_cast<char *>(misaligned.p[i]) + 2);
            expect_refused(operation, misaligned, operation.pointers[i]);
        }
}

MHC_TEST(every_operation_names_a_size_out_of_range) {
    for (const Operation &operation : kOperations) {
        for (const int64_t tokens : {int64_t{-1}, INT64_MIN, INT64_MAX, INT64_MAX / 1000}) {
            Arguments a(operation);
            a.tokens = tokens;
            expect_refused(operation, a, "tokens");
        }
        for (const int n : {0, -4, 9, INT32_MAX}) {
            Arguments a(operation);
            a.n = n;
            expect_refused(operation, a, "n");
        }
        for (const int64_t channels : {int64_t{-1}, INT64_MIN, INT64_MAX, INT64_MAX / 32}) {
            Arguments a(operation);
            a.channels = channels;
            expect_refused(operation, a, "channels");
        }
        for (const int iterations : {0, -20, MHC_MAX_ITERATIONS + 1}) {
            Arguments a(operation);
            a.iterations = iterations;
            if (operation.iterations)
                expect_refused(operation, a, "iterations");
        }
        for (const int flag : {-1, 2}) {
            Arguments accumulate(operation), replicated(operation);
            accumulate.accumulate = flag;
            replicated.replicated = flag;
            if (operation.accumulate)
                expect_refused(operation, accumulate, "accumulate_x");
            if (operation.replicated)
                expect_refused(operation, replicated, "x_replicated");
        }
    }
}

MHC_TEST(every_operation_refuses_what_it_has_no_use_for) {
    for (const Operation &operation : kOperations) {
        Arguments channels(operation), iterations(operation), dtype(operation), reserved(operation);
        channels.channels = iterations.iterations = dtype.dtype = reserved.reserved = 1;
        if (!operation.channels) {
            expect_refused(operation, channels, "channels");
            expect_refused(operation, dtype, "dtype");
        }
        if (!operation.iterations)
            expect_refused(operation, iterations, "iterations");
        if (operation.reserved)
            expect_refused(operation, reserved, "reserved");
    }
}

MHC_TEST(every_operation_refuses_arguments_of_another_size) {
    for (const Operation &operation : kOperations)
        for (const uint32_t wrong : {-1, 1, -8, 8, 0x12345678, INT32_MIN}) {
            Arguments a(operation);
            a.wrong = wrong;
            expect_refused(operation, a, "size");
        }
}

// What was given lies at the end of the memory that there is: instrumented, and only there, more would be seen.
MHC_TEST(every_function_reads_nothing_but_a_size_that_it_does_not_know) {
    for (const Function &function : kFunctions)
        for (const uint32_t size :
             {uint32_t{0}, uint32_t{4}, function.size - 1, function.size + 1, function.size + 8, UINT32_MAX}) {
            const std::unique_ptr<uint32_t> arguments(new uint32_t(size));
            char error[128] = "", expected[128];
            const int code = function.call(arguments.get(), error, sizeof error);
            std::snprintf(expected, sizeof expected, "size: expected %u, got %u: library and caller are of different versions",
                          function.size, size);
            expect(code == MHC_ERROR_ARGUMENT && std::strcmp(error, expected) == 0, "%s: code %d, message '%s', not '%s'",
                   function.name, code, error, expected);
        }
}

MHC_TEST(every_function_names_arguments_that_are_null_or_misaligned) {
    for (const Function &function : kFunctions) {
        char error[128] = "";
        int code = function.call(nullptr, error, sizeof error);
        expect(code == MHC_ERROR_ARGUMENT && std::strcmp(error, "arguments: is null") == 0, "%s: code %d, message '%s'",
               function.name, code, error);
        alignas(8) const char bytes[12] = {};
        code = function.call(bytes + 4, error, sizeof error);
        expect(code == MHC_ERROR_ARGUMENT && std::strcmp(error, "arguments: is not aligned to 8 bytes") == 0,
               "%s: code %d, message '%s'", function.name, code, error);
    }
}

MHC_TEST(every_operation_on_streams_takes_bfloat16_and_names_an_unknown_data_type) {
    const Selected plain("plain");
    for (const Operation &operation : kOperations) {
        if (!operation.channels)
            continue;
        for (const int dtype : {-1, 2}) {
            Arguments a(operation);
            a.dtype = dtype;
            expect_refused(operation, a, "dtype");
        }
        Arguments a(operation);
        a.dtype = MHC_BFLOAT16;
        for (size_t i = 0; i < operation.pointers.size(); i++)
            for (const char *name : {"x", "y", "h", "x_next", "grad_h", "grad_x", "grad_y_before"})
                if (std::strcmp(operation.pointers[i], name) == 0)
                    a.p[i] = reinterpret_cast<float *>(reinterpret_cast<char *>(a.p[i]) + 2);
        char error[128] = "";
        const int code = operation.call(a, error, sizeof error);
        expect(code == MHC_OK, "%s: code %d: %s", operation.name, code, error);
    }
}

MHC_TEST(a_message_is_cut_to_the_buffer) {
    char error[8] = "xxxxxxx";
    const auto arguments = sized(mhc_sinkhorn_forward_args{.head = Shape{1, 4, 0}.head(20)});
    expect(mhc_sinkhorn_forward(&arguments, error, 5) == MHC_ERROR_ARGUMENT, "no error");
    expect(std::strcmp(error, "logi") == 0 && error[5] == 'x', "message '%s'", error);
}

MHC_TEST(an_unknown_instruction_set_is_refused_by_name) {
    const Selected unknown("sse9");
    char error[256] = "";
    expect(mhc_initialize(nullptr, error, sizeof error) == MHC_ERROR_UNSUPPORTED, "accepted");
    expect(std::strstr(error, "MHC_ISA") != nullptr && std::strstr(error, "sse9") != nullptr, "message '%s'", error);
    expect(mhc_isa() == nullptr, "mhc_isa() is not null");
    float one = 1, out = 0;
    const auto arguments = sized(mhc_sinkhorn_forward_args{.head = Shape{1, 1, 0}.head(1), .logits = &one, .output = &out});
    expect(mhc_sinkhorn_forward(&arguments, error, sizeof error) == MHC_ERROR_UNSUPPORTED && out == 0, "an operation ran");
}

MHC_TEST(the_choice_of_a_build_ends_with_what_asked_for_it) {
    const std::string before = mhc_isa();
    for (const char *name : {"plain", "avx2", "avx512", "avx512_bf16", "sse9"})
        Selected build(name);
    expect(std::getenv("MHC_ISA") == nullptr && mhc_isa() == before, "left at %s", mhc_isa());
}

MHC_TEST(a_failing_parallel_for_is_reported) {
    const Selected failing("plain", [](int64_t, int64_t, int64_t, void (*)(int64_t, int64_t, void *), void *) { return 1; });
    const Shape s{4096, 4, 0};
    Random random(1);
    Tensor logits(s.tokens * 16, random), output(logits.size());
    char error[128] = "";
    const auto arguments = sized(mhc_sinkhorn_forward_args{.head = s.head(20), .logits = logits, .output = output});
    expect(mhc_sinkhorn_forward(&arguments, error, sizeof error) == MHC_ERROR_PARALLEL, "not reported");
    expect(std::strstr(error, "parallel_for") != nullptr, "message '%s'", error);
}

MHC_TEST(the_version_has_three_numbers) {
    int major, minor, patch;
    expect(std::sscanf(mhc_version(), "%d.%d.%d", &major, &minor, &patch) == 3, "version '%s'", mhc_version());
}

MHC_TEST_MAIN
