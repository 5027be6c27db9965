// The headers as C11: a caller in C, whose structs have no padding (the compiler is told to refuse any).
#include "mhc.h"
#include "mhc_collectives.h"

#include <stdio.h>
#include <string.h>

// Sums of rows of an operation's result, and its refusal of what is not there.
int main(void) {
    const float logits[8] = {0.0f, 1.0f, -2.0f, 0.5f, 3.0f, 0.0f, 0.0f, -1.0f};
    float output[8];
    char error[64] = "";
    mhc_sinkhorn_forward_args arguments = {
        .head = {.size = sizeof arguments, .n = 2, .iterations = 20, .tokens = 2}, .logits = logits, .output = output};
    int good = mhc_sinkhorn_forward(&arguments, error, sizeof error) == MHC_OK;
    for (int row = 0; row < 4; row++) {
        const float sum = output[2 * row] + output[2 * row + 1];
        good = good && sum > 0.999f && sum < 1.001f;
    }
    arguments.logits = NULL;
    good = good && mhc_sinkhorn_forward(&arguments, error, sizeof error) == MHC_ERROR_ARGUMENT;
    good = good && strcmp(error, "logits: is null") == 0;
    printf("%s  a_caller_in_c_computes_and_is_refused\n%d passed, %d failed\n", good ? "passed" : "FAILED", good, !good);
    return !good;
}
