// Every operation on streams, with a way to call it by numbered pointers.
#pragma once

#include "mhc.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace mhc::test {

// What an operation is called with.
struct CallArguments {
    std::vector<float *> p; // in order of Operation::pointers
    int64_t tokens, channels;
    int32_t n, iterations, accumulate = 0, dtype = MHC_FLOAT32, replicated = 0;
};

struct Operation {
    const char *name;
    std::vector<const char *> pointers; // in order of CallArguments::p
    bool channels, iterations, accumulate;
    std::function<int(const CallArguments &, char *, size_t)> call;
    std::vector<const char *> optional = {}; // pointers that may be null
};

inline const std::vector<Operation> kOperations = {
    {"sinkhorn_forward",
     {"logits", "output"},
     false,
     true,
     false,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_sinkhorn_forward(a.p[0], a.p[1], a.tokens, a.n, a.iterations, e, size);
     }},
    {"sinkhorn_backward",
     {"logits", "grad_output", "grad_logits"},
     false,
     true,
     false,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_sinkhorn_backward(a.p[0], a.p[1], a.p[2], a.tokens, a.n, a.iterations, e, size);
     }},
    {"coefficients_forward",
     {"x", "phi", "bias", "alpha", "pre", "post", "res", "raw", "r"},
     true,
     true,
     false,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_coefficients_forward(a.dtype, a.p[0], a.p[1], a.p[2], a.p[3], a.p[4], a.p[5], a.p[6], a.p[7], a.p[8],
                                         a.tokens, a.n, a.channels, a.iterations, e, size);
     }},
    {"enter_forward",
     {"x", "phi", "bias", "alpha", "pre", "post", "res", "raw", "r", "h"},
     true,
     true,
     false,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_enter_forward(a.dtype, a.p[0], a.p[1], a.p[2], a.p[3], a.p[4], a.p[5], a.p[6], a.p[7], a.p[8], a.p[9],
                                  a.tokens, a.n, a.channels, a.iterations, e, size);
     }},
    {"coefficients_backward",
     {"x", "phi", "bias", "alpha", "raw", "r", "grad_pre", "grad_post", "grad_res", "grad_x", "grad_phi", "grad_bias",
      "grad_alpha"},
     true,
     true,
     true,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_coefficients_backward(a.dtype, a.p[0], a.p[1], a.p[2], a.p[3], a.p[4], a.p[5], a.p[6], a.p[7], a.p[8],
                                          a.p[9], a.p[10], a.p[11], a.p[12], a.tokens, a.n, a.channels, a.iterations,
                                          a.accumulate, e, size);
     }},
    {"read_forward",
     {"x", "pre", "h"},
     true,
     false,
     false,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_read_forward(a.dtype, a.p[0], a.p[1], a.p[2], a.tokens, a.n, a.channels, e, size);
     }},
    {"read_backward",
     {"x", "pre", "grad_h", "grad_x", "grad_pre"},
     true,
     false,
     true,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_read_backward(a.dtype, a.p[0], a.p[1], a.p[2], a.p[3], a.p[4], a.tokens, a.n, a.channels, a.accumulate, e,
                                  size);
     }},
    {"write_forward",
     {"x", "y", "res", "post", "output"},
     true,
     false,
     false,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_write_forward(a.dtype, a.p[0], a.p[1], a.p[2], a.p[3], a.p[4], a.tokens, a.n, a.channels, e, size);
     }},
    {"write_backward",
     {"x", "y", "res", "post", "grad_output", "grad_x", "grad_y", "grad_res", "grad_post"},
     true,
     false,
     true,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_write_backward(a.dtype, a.p[0], a.p[1], a.p[2], a.p[3], a.p[4], a.p[5], a.p[6], a.p[7], a.p[8], a.tokens,
                                   a.n, a.channels, a.accumulate, e, size);
     }},
    {"write_backward_y",
     {"post", "grad_output", "grad_y"},
     true,
     false,
     false,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_write_backward_y(a.dtype, a.p[0], a.p[1], a.p[2], a.tokens, a.n, a.channels, e, size);
     }},
    {"layer_backward",
     {"x", "y", "phi", "bias", "alpha", "pre", "post", "res", "raw", "r", "grad_output", "grad_h", "grad_x", "grad_phi",
      "grad_bias", "grad_alpha"},
     true,
     true,
     false,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_layer_backward(a.dtype, a.p[0], a.p[1], a.p[2], a.p[3], a.p[4], a.p[5], a.p[6], a.p[7], a.p[8], a.p[9],
                                   a.p[10], a.p[11], a.p[12], a.p[13], a.p[14], a.p[15], a.tokens, a.n, a.channels,
                                   a.iterations, e, size);
     }},
    {"connect_forward",
     {"x", "y", "res_before", "post_before", "x_next", "phi", "bias", "alpha", "norm", "pre", "post", "res", "raw", "r", "h"},
     true,
     true,
     false,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_connect_forward(a.dtype, a.p[0], a.replicated, a.p[1], a.p[2], a.p[3], a.p[4], a.p[5], a.p[6], a.p[7],
                                    a.p[8], 1e-6f, a.p[9], a.p[10], a.p[11], a.p[12], a.p[13], a.p[14], a.tokens, a.n,
                                    a.channels, a.iterations, e, size);
     },
     {"y", "norm"}},
    {"connect_backward",
     {"x",        "y",         "phi",        "bias",        "alpha",  "norm",   "pre",         "post",
      "res",      "raw",       "r",          "grad_output", "grad_h", "grad_x", "post_before", "grad_y_before",
      "grad_phi", "grad_bias", "grad_alpha", "grad_norm"},
     true,
     true,
     false,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_connect_backward(a.dtype, a.p[0], a.replicated, a.p[1], a.p[2], a.p[3], a.p[4], a.p[5], 1e-6f, a.p[6],
                                     a.p[7], a.p[8], a.p[9], a.p[10], a.p[11], a.replicated, a.p[12], a.p[13], a.p[14], a.p[15],
                                     a.p[16], a.p[17], a.p[18], a.p[19], a.tokens, a.n, a.channels, a.iterations, e, size);
     },
     {"grad_x"}},
    {"finish_forward",
     {"x", "y", "res", "post", "norm", "total", "output"},
     true,
     false,
     false,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_finish_forward(a.dtype, a.p[0], a.replicated, a.p[1], a.p[2], a.p[3], a.p[4], 1e-6f, a.p[5], a.p[6],
                                   a.tokens, a.n, a.channels, e, size);
     }},
    {"finish_backward",
     {"total", "post", "norm", "grad_output", "grad_total", "grad_y", "grad_norm"},
     true,
     false,
     false,
     [](const CallArguments &a, char *e, size_t size) {
         return mhc_finish_backward(a.dtype, a.p[0], a.p[1], a.p[2], 1e-6f, a.p[3], a.p[4], a.p[5], a.p[6], a.tokens, a.n,
                                    a.channels, e, size);
     }},
};

} // namespace mhc::test
