// Every function of the C ABI with arguments, and every operation on streams with a way to call it by numbered pointers.
#pragma once

#include "mhc.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace mhc::test {

// A function of the C ABI, for which arguments are bytes.
struct Function {
    const char *name;
    uint32_t size; // of its arguments
    std::function<int(const void *arguments, char *error, size_t error_size)> call;
};

template <class A>
Function function(const char *name, int (*call)(const A *, char *, size_t)) {
    return {name, sizeof(A), [call](const void *arguments, char *error, size_t error_size) {
                return call(static_cast<const A *>(arguments), error, error_size);
            }};
}

inline const std::vector<Function> kFunctions = {
    function("sinkhorn_forward", mhc_sinkhorn_forward),
    function("sinkhorn_backward", mhc_sinkhorn_backward),
    function("coefficients_forward", mhc_coefficients_forward),
    function("coefficients_backward", mhc_coefficients_backward),
    function("read_forward", mhc_read_forward),
    function("read_backward", mhc_read_backward),
    function("write_forward", mhc_write_forward),
    function("write_backward", mhc_write_backward),
    function("enter_forward", mhc_enter_forward),
    function("write_backward_y", mhc_write_backward_y),
    function("layer_backward", mhc_layer_backward),
    function("connect_forward", mhc_connect_forward),
    function("connect_backward", mhc_connect_backward),
    function("finish_forward", mhc_finish_forward),
    function("finish_backward", mhc_finish_backward),
    function("attention_forward", mhc_attention_forward),
    function("attention_backward", mhc_attention_backward),
    function("multiply", mhc_multiply),
};

// What an operation is called with.
struct CallArguments {
    std::vector<float *> p; // in order of Operation::pointers
    int64_t tokens, channels;
    int32_t n, iterations, accumulate = 0, dtype = MHC_FLOAT32, replicated = 0, reserved = 0;
    uint32_t wrong = 0; // added to the size of the arguments

    template <class A>
    int call(int (*function)(const A *, char *, size_t), A arguments, char *error, size_t error_size) const {
        arguments.head = {static_cast<uint32_t>(sizeof arguments) + wrong, dtype, n, iterations, tokens, channels};
        return function(&arguments, error, error_size);
    }
};

struct Operation {
    const char *name;
    std::vector<const char *> pointers; // in order of CallArguments::p
    std::function<int(const CallArguments &, char *, size_t)> call;
    bool channels = true, iterations = false, accumulate = false, replicated = false, reserved = false; // that it has
    std::vector<const char *> optional = {}; // pointers that may be null
};

inline const std::vector<Operation> kOperations = {
    {.name = "sinkhorn_forward",
     .pointers = {"logits", "output"},
     .call = [](const CallArguments &a, char *e,
                size_t size) { return a.call(mhc_sinkhorn_forward, {.logits = a.p[0], .output = a.p[1]}, e, size); },
     .channels = false,
     .iterations = true},
    {.name = "sinkhorn_backward",
     .pointers = {"logits", "grad_output", "grad_logits"},
     .call =
         [](const CallArguments &a, char *e, size_t size) {
             return a.call(mhc_sinkhorn_backward, {.logits = a.p[0], .grad_output = a.p[1], .grad_logits = a.p[2]}, e, size);
         },
     .channels = false,
     .iterations = true},
    {.name = "coefficients_forward",
     .pointers = {"x", "phi", "bias", "alpha", "pre", "post", "res", "raw", "r"},
     .call =
         [](const CallArguments &a, char *e, size_t size) {
             return a.call(mhc_coefficients_forward,
                           {.x = a.p[0],
                            .phi = a.p[1],
                            .bias = a.p[2],
                            .alpha = a.p[3],
                            .pre = a.p[4],
                            .post = a.p[5],
                            .res = a.p[6],
                            .raw = a.p[7],
                            .r = a.p[8]},
                           e, size);
         },
     .iterations = true},
    {.name = "enter_forward",
     .pointers = {"x", "phi", "bias", "alpha", "pre", "post", "res", "raw", "r", "h"},
     .call =
         [](const CallArguments &a, char *e, size_t size) {
             return a.call(mhc_enter_forward,
                           {.x = a.p[0],
                            .phi = a.p[1],
                            .bias = a.p[2],
                            .alpha = a.p[3],
                            .pre = a.p[4],
                            .post = a.p[5],
                            .res = a.p[6],
                            .raw = a.p[7],
                            .r = a.p[8],
                            .h = a.p[9]},
                           e, size);
         },
     .iterations = true},
    {.name = "coefficients_backward",
     .pointers = {"x", "phi", "bias", "alpha", "raw", "r", "grad_pre", "grad_post", "grad_res", "grad_x", "grad_phi",
                  "grad_bias", "grad_alpha"},
     .call =
         [](const CallArguments &a, char *e, size_t size) {
             return a.call(mhc_coefficients_backward,
                           {.x = a.p[0],
                            .phi = a.p[1],
                            .bias = a.p[2],
                            .alpha = a.p[3],
                            .raw = a.p[4],
                            .r = a.p[5],
                            .grad_pre = a.p[6],
                            .grad_post = a.p[7],
                            .grad_res = a.p[8],
                            .grad_x = a.p[9],
                            .grad_phi = a.p[10],
                            .grad_bias = a.p[11],
                            .grad_alpha = a.p[12],
                            .accumulate_x = a.accumulate,
                            .reserved = a.reserved},
                           e, size);
         },
     .iterations = true,
     .accumulate = true,
     .reserved = true},
    {.name = "read_forward",
     .pointers = {"x", "pre", "h"},
     .call = [](const CallArguments &a, char *e,
                size_t size) { return a.call(mhc_read_forward, {.x = a.p[0], .pre = a.p[1], .h = a.p[2]}, e, size); }},
    {.name = "read_backward",
     .pointers = {"x", "pre", "grad_h", "grad_x", "grad_pre"},
     .call =
         [](const CallArguments &a, char *e, size_t size) {
             return a.call(mhc_read_backward,
                           {.x = a.p[0],
                            .pre = a.p[1],
                            .grad_h = a.p[2],
                            .grad_x = a.p[3],
                            .grad_pre = a.p[4],
                            .accumulate_x = a.accumulate,
                            .reserved = a.reserved},
                           e, size);
         },
     .accumulate = true,
     .reserved = true},
    {.name = "write_forward",
     .pointers = {"x", "y", "res", "post", "output"},
     .call =
         [](const CallArguments &a, char *e, size_t size) {
             return a.call(mhc_write_forward, {.x = a.p[0], .y = a.p[1], .res = a.p[2], .post = a.p[3], .output = a.p[4]}, e,
                           size);
         }},
    {.name = "write_backward",
     .pointers = {"x", "y", "res", "post", "grad_output", "grad_x", "grad_y", "grad_res", "grad_post"},
     .call =
         [](const CallArguments &a, char *e, size_t size) {
             return a.call(mhc_write_backward,
                           {.x = a.p[0],
                            .y = a.p[1],
                            .res = a.p[2],
                            .post = a.p[3],
                            .grad_output = a.p[4],
                            .grad_x = a.p[5],
                            .grad_y = a.p[6],
                            .grad_res = a.p[7],
                            .grad_post = a.p[8],
                            .accumulate_x = a.accumulate,
                            .reserved = a.reserved},
                           e, size);
         },
     .accumulate = true,
     .reserved = true},
    {.name = "write_backward_y",
     .pointers = {"post", "grad_output", "grad_y"},
     .call =
         [](const CallArguments &a, char *e, size_t size) {
             return a.call(mhc_write_backward_y, {.post = a.p[0], .grad_output = a.p[1], .grad_y = a.p[2]}, e, size);
         }},
    {.name = "layer_backward",
     .pointers = {"x", "y", "phi", "bias", "alpha", "pre", "post", "res", "raw", "r", "grad_output", "grad_h", "grad_x",
                  "grad_phi", "grad_bias", "grad_alpha"},
     .call =
         [](const CallArguments &a, char *e, size_t size) {
             return a.call(mhc_layer_backward,
                           {.x = a.p[0],
                            .y = a.p[1],
                            .phi = a.p[2],
                            .bias = a.p[3],
                            .alpha = a.p[4],
                            .pre = a.p[5],
                            .post = a.p[6],
                            .res = a.p[7],
                            .raw = a.p[8],
                            .r = a.p[9],
                            .grad_output = a.p[10],
                            .grad_h = a.p[11],
                            .grad_x = a.p[12],
                            .grad_phi = a.p[13],
                            .grad_bias = a.p[14],
                            .grad_alpha = a.p[15]},
                           e, size);
         },
     .iterations = true},
    {.name = "connect_forward",
     .pointers = {"x", "y", "res_before", "post_before", "x_next", "phi", "bias", "alpha", "norm", "pre", "post", "res", "raw",
                  "r", "h"},
     .call =
         [](const CallArguments &a, char *e, size_t size) {
             return a.call(mhc_connect_forward,
                           {.x = a.p[0],
                            .y = a.p[1],
                            .res_before = a.p[2],
                            .post_before = a.p[3],
                            .phi = a.p[5],
                            .bias = a.p[6],
                            .alpha = a.p[7],
                            .norm = a.p[8],
                            .x_next = a.p[4],
                            .pre = a.p[9],
                            .post = a.p[10],
                            .res = a.p[11],
                            .raw = a.p[12],
                            .r = a.p[13],
                            .h = a.p[14],
                            .epsilon = 1e-6f,
                            .x_replicated = a.replicated},
                           e, size);
         },
     .iterations = true,
     .replicated = true,
     .optional = {"y", "norm"}},
    {.name = "connect_backward",
     .pointers = {"x",        "y",         "phi",        "bias",        "alpha",  "norm",   "pre",         "post",
                  "res",      "raw",       "r",          "grad_output", "grad_h", "grad_x", "post_before", "grad_y_before",
                  "grad_phi", "grad_bias", "grad_alpha", "grad_norm"},
     .call =
         [](const CallArguments &a, char *e, size_t size) {
             return a.call(mhc_connect_backward,
                           {.x = a.p[0],
                            .y = a.p[1],
                            .phi = a.p[2],
                            .bias = a.p[3],
                            .alpha = a.p[4],
                            .norm = a.p[5],
                            .pre = a.p[6],
                            .post = a.p[7],
                            .res = a.p[8],
                            .raw = a.p[9],
                            .r = a.p[10],
                            .grad_output = a.p[11],
                            .grad_h = a.p[12],
                            .post_before = a.p[14],
                            .grad_x = a.p[13],
                            .grad_y_before = a.p[15],
                            .grad_phi = a.p[16],
                            .grad_bias = a.p[17],
                            .grad_alpha = a.p[18],
                            .grad_norm = a.p[19],
                            .epsilon = 1e-6f,
                            .x_replicated = a.replicated,
                            .grad_output_replicated = a.replicated,
                            .reserved = a.reserved},
                           e, size);
         },
     .iterations = true,
     .replicated = true,
     .reserved = true,
     .optional = {"grad_x"}},
    {.name = "finish_forward",
     .pointers = {"x", "y", "res", "post", "norm", "total", "output"},
     .call =
         [](const CallArguments &a, char *e, size_t size) {
             return a.call(mhc_finish_forward,
                           {.x = a.p[0],
                            .y = a.p[1],
                            .res = a.p[2],
                            .post = a.p[3],
                            .norm = a.p[4],
                            .total = a.p[5],
                            .output = a.p[6],
                            .epsilon = 1e-6f,
                            .x_replicated = a.replicated},
                           e, size);
         },
     .replicated = true},
    {.name = "finish_backward",
     .pointers = {"total", "post", "norm", "grad_output", "grad_total", "grad_y", "grad_norm"},
     .call =
         [](const CallArguments &a, char *e, size_t size) {
             return a.call(mhc_finish_backward,
                           {.total = a.p[0],
                            .post = a.p[1],
                            .norm = a.p[2],
                            .grad_output = a.p[3],
                            .grad_total = a.p[4],
                            .grad_y = a.p[5],
                            .grad_norm = a.p[6],
                            .epsilon = 1e-6f,
                            .reserved = a.reserved},
                           e, size);
         },
     .reserved = true},
};

} // namespace mhc::test
