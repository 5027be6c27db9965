// Calls with random arguments: small and good ones, and ones that are null, misaligned, negative, huge or unknown. A call
// computes or says what is wrong; it writes nothing beside its tensors, and nothing at all where it refuses.
#include "fuzzing.h"
#include "operations_table.h"

using namespace mhc::test;

namespace {

// Numbers of calls that once did harm.
constexpr uint64_t kKept[] = {4294969487, 4294967364, 4294967605};

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
    const auto iterations = static_cast<int32_t>(1 + dice.below(dice.one_in(50) ? MHC_MAX_ITERATIONS : 8));
    a.iterations = operation.iterations ? iterations : 0;
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
        call.refusable = true;
        break;
    case 3:
        a.iterations = static_cast<int32_t>(dice.of({0, -1, MHC_MAX_ITERATIONS + 1, INT32_MAX, INT32_MIN}));
        call.refusable = call.refusable || operation.iterations || a.iterations != 0;
        break;
    case 4:
        a.dtype = static_cast<int32_t>(dice.of({-1, 2, 7, INT32_MAX, INT32_MIN}));
        call.refusable = true;
        break;
    case 5:
        a.accumulate = a.replicated = static_cast<int32_t>(dice.of({-1, 2, INT32_MAX, INT32_MIN}));
        call.refusable = call.refusable || operation.accumulate || operation.replicated;
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
    a.wrong = wrong_size(call);
    if (operation.reserved && dice.one_in(40)) {
        a.reserved = static_cast<int32_t>(dice.of({1, -1, INT32_MIN}));
        call.refusable = true;
    }
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
    const mhc_attention_head head = {0, dtype, sizes[0], sizes[1], sizes[2], sizes[3], sizes[4]};
    const uint32_t wrong = wrong_size(call);
    const auto run = [&](auto *function, auto arguments) {
        arguments.head.size = static_cast<uint32_t>(sizeof arguments) + wrong;
        return function(&arguments, error, sizeof error);
    };
    const int code = backward
                         ? run(mhc_attention_backward,
                               mhc_attention_backward_args{.head = head, .qkv = p[0], .grad_output = p[1], .grad_qkv = p[2]})
                         : run(mhc_attention_forward, mhc_attention_forward_args{.head = head, .qkv = p[0], .output = p[1]});
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
    const mhc_multiply_args arguments = {.size = static_cast<uint32_t>(sizeof arguments) + wrong_size(call),
                                         .dtype = dtype,
                                         .rows = sizes[0],
                                         .columns = sizes[1],
                                         .depth = sizes[2],
                                         .left = left,
                                         .right = right,
                                         .to = to,
                                         .to_dtype = to_dtype,
                                         .left_transposed = flags[0],
                                         .right_transposed = flags[1],
                                         .accumulate = flags[2]};
    const int code = mhc_multiply(&arguments, error, sizeof error);
    call.expect_harmless(code, MHC_ERROR_ARGUMENT, error);
}

void call_any(Dice &dice) {
    switch (dice.below(8)) {
    case 0:
        return call_attention(dice);
    case 1:
        return call_multiply(dice);
    default:
        return call_operation(dice);
    }
}

} // namespace

MHC_TEST(no_argument_does_more_harm_than_an_error) {
    name_the_call_that_crashes();
    uint64_t number = given("MHC_FUZZ_SEED", 1) << 32;
    constexpr double kBuilds = 4;
    const auto run = [&] { number = call_many(kKept, number, 1 / kBuilds, call_any); };
    each_isa(MHC_BFLOAT16, run, pool<2>);
}

MHC_TEST_MAIN
