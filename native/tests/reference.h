// The equations of MHC (P eq. 3, 7, 8, 9) in float64, one token at a time and written for clarity, forward and backward.
#pragma once

#include "fixture.h"

#include <algorithm>

namespace mhc::test {

using Doubles = std::vector<double>;

// Half an iteration on one n x n matrix: every column (or row) divided by its sum. Returns the sums.
inline Doubles normalise(double *m, int n, bool columns) {
    Doubles sums(n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            sums[columns ? j : i] += m[i * n + j];
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            m[i * n + j] /= sums[columns ? j : i];
    return sums;
}

// Result of one matrix; with `grad`, it is turned from dL/d(result) into dL/d(logits).
inline Doubles sinkhorn(const double *logits, int n, int iterations, double *grad = nullptr) {
    const double top = *std::max_element(logits, logits + n * n);
    Doubles m(n * n);
    for (int k = 0; k < n * n; k++)
        m[k] = std::exp(logits[k] - top);
    const Doubles start = m;
    std::vector<Doubles> results, sums;
    for (int half = 0; half < 2 * iterations; half++) {
        sums.push_back(normalise(m.data(), n, half % 2 == 0));
        results.push_back(m);
    }
    if (grad == nullptr)
        return m;
    for (int half = 2 * iterations - 1; half >= 0; half--) {
        const bool columns = half % 2 == 0;
        Doubles dots(n);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                dots[columns ? j : i] += grad[i * n + j] * results[half][i * n + j];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                grad[i * n + j] = (grad[i * n + j] - dots[columns ? j : i]) / sums[half][columns ? j : i];
    }
    for (int k = 0; k < n * n; k++)
        grad[k] *= start[k];
    return m;
}

inline double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

// As a tensor of the shape's data type holds them.
inline Doubles stored(const Shape &s, Doubles values) {
    if (s.dtype == MHC_BFLOAT16)
        for (double &value : values)
            value = rounded(static_cast<float>(value));
    return values;
}

struct CoefficientValues {
    Doubles pre, post, res, raw, r;
};

struct CoefficientGradients {
    Doubles x, phi, bias, alpha;
};

inline CoefficientValues coefficients(const Shape &s, const Doubles &x, const Doubles &phi, const Doubles &bias,
                                      const Doubles &alpha, int iterations) {
    const int n = s.n, m = static_cast<int>(s.coefficients());
    CoefficientValues v{Doubles(s.tokens * n), Doubles(s.tokens * n), {}, Doubles(s.tokens * m), Doubles(s.tokens)};
    for (int64_t t = 0; t < s.tokens; t++) {
        double squares = 0;
        double *raw = &v.raw[t * m];
        for (int64_t k = 0; k < s.depth(); k++) {
            const double value = x[t * s.depth() + k];
            squares += value * value;
            for (int c = 0; c < m; c++)
                raw[c] += value * phi[k * m + c];
        }
        v.r[t] = std::sqrt(squares / static_cast<double>(s.depth()));
        Doubles logits(m);
        for (int c = 0; c < m; c++) {
            raw[c] /= v.r[t];
            logits[c] = alpha[c < n ? 0 : c < 2 * n ? 1 : 2] * raw[c] + bias[c];
        }
        for (int i = 0; i < n; i++) {
            v.pre[t * n + i] = sigmoid(logits[i]);
            v.post[t * n + i] = 2 * sigmoid(logits[n + i]);
        }
        const Doubles res = sinkhorn(&logits[2 * n], n, iterations);
        v.res.insert(v.res.end(), res.begin(), res.end());
    }
    return v;
}

inline CoefficientGradients coefficients_backward(const Shape &s, const Doubles &x, const Doubles &phi, const Doubles &bias,
                                                  const Doubles &alpha, const CoefficientValues &v, const Doubles &grad_pre,
                                                  const Doubles &grad_post, const Doubles &grad_res, int iterations) {
    const int n = s.n, m = static_cast<int>(s.coefficients());
    CoefficientGradients g{Doubles(x.size()), Doubles(phi.size()), Doubles(m), Doubles(3)};
    for (int64_t t = 0; t < s.tokens; t++) {
        const double *raw = &v.raw[t * m];
        Doubles logits(m), d(m);
        for (int c = 0; c < m; c++)
            logits[c] = alpha[c < n ? 0 : c < 2 * n ? 1 : 2] * raw[c] + bias[c];
        for (int i = 0; i < n; i++) {
            const double pre = sigmoid(logits[i]), post = sigmoid(logits[n + i]);
            d[i] = grad_pre[t * n + i] * pre * (1 - pre);
            d[n + i] = grad_post[t * n + i] * 2 * post * (1 - post);
        }
        std::copy_n(&grad_res[t * n * n], n * n, &d[2 * n]);
        sinkhorn(&logits[2 * n], n, iterations, &d[2 * n]);
        double along = 0;
        for (int c = 0; c < m; c++) {
            const int gate = c < n ? 0 : c < 2 * n ? 1 : 2;
            g.bias[c] += d[c];
            g.alpha[gate] += d[c] * raw[c];
            d[c] *= alpha[gate];
            along += d[c] * raw[c];
        }
        const double r = v.r[t];
        for (int64_t k = 0; k < s.depth(); k++) {
            const double value = x[t * s.depth() + k];
            double total = -along * value / (static_cast<double>(s.depth()) * r * r);
            for (int c = 0; c < m; c++) {
                total += d[c] / r * phi[k * m + c];
                g.phi[k * m + c] += value * d[c] / r;
            }
            g.x[t * s.depth() + k] = total;
        }
    }
    return g;
}

// result[i] = sum_j weights[i, j] * streams[j] for every token; weights [T, rows, columns] (or its transpose), streams [T,
// columns, C].
inline Doubles combine(int64_t tokens, int rows, int columns, int64_t channels, const Doubles &weights, bool transposed,
                       const Doubles &streams) {
    Doubles result(tokens * rows * channels);
    for (int64_t t = 0; t < tokens; t++)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                for (int64_t c = 0; c < channels; c++)
                    result[(t * rows + i) * channels + c] +=
                        weights[t * rows * columns + (transposed ? j * rows + i : i * columns + j)] *
                        streams[(t * columns + j) * channels + c];
    return result;
}

// result[i, j] = <a[i], b[j]> for every token; a [T, rows, C], b [T, columns, C].
inline Doubles inner(int64_t tokens, int rows, int columns, int64_t channels, const Doubles &a, const Doubles &b) {
    Doubles result(tokens * rows * columns);
    for (int64_t t = 0; t < tokens; t++)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                for (int64_t c = 0; c < channels; c++)
                    result[(t * rows + i) * columns + j] +=
                        a[(t * rows + i) * channels + c] * b[(t * columns + j) * channels + c];
    return result;
}

inline Doubles operator+(Doubles a, const Doubles &b) {
    for (std::size_t i = 0; i < a.size(); i++)
        a[i] += b[i];
    return a;
}

} // namespace mhc::test
