// GFLOP/s of the three products of linear layers, ours beside other libraries':
//
//   bench_products THREADS ROUNDS [NAME=LIBRARY...]
//
// A width C has the four layers of a decoder's block: C to 3C, C to C, C to 2F and F to C with F = 8/3 C. Rounds are
// interleaved: each round runs every product once by every library. What is printed, a line "C PRODUCT PRECISION NAME GFLOP/S",
// comes from the sum of the layers' median times. A library is asked for Fortran's sgemm_ and, for bfloat16, MKL's
// cblas_gemm_bf16bf16f32; MHC_ISA and each library's own variables choose what they use of the processor.
#include "mhc.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <omp.h>
#include <string>
#include <vector>

namespace {

int threads = 1;

int parallel_for(int64_t begin, int64_t end, int64_t grain, void (*body)(int64_t, int64_t, void *), void *context) {
    const int64_t parts = std::clamp<int64_t>((end - begin) / std::max<int64_t>(grain, 1), 1, threads);
#pragma omp parallel for num_threads(static_cast <int>(parts)) schedule(static, 1)
    for (int64_t part = 0; part < parts; part++)
        body(begin + (end - begin) * part / parts, begin + (end - begin) * (part + 1) / parts, context);
    return 0;
}

// to [rows, columns] = left times right; a transposed factor lies the other way round.
struct Shape {
    int64_t rows, columns, depth;
    bool left_transposed, right_transposed;

    double flops() const { return 2.0 * rows * columns * depth; }
};

// Factors of one of both types, and room for a result.
struct Tensors {
    std::vector<float> left, right, to;
    std::vector<uint16_t> left16, right16;

    explicit Tensors(const Shape &s) : left(s.rows * s.depth), right(s.depth * s.columns), to(s.rows * s.columns) {
        uint32_t state = 1;
        for (std::vector<float> *each : {&left, &right})
            for (float &value : *each)
                value = static_cast<int32_t>(state = state * 1664525 + 1013904223) * (1.0f / 2147483648.0f);
        left16 = upper_halves(left);
        right16 = upper_halves(right);
    }

  private:
    static std::vector<uint16_t> upper_halves(const std::vector<float> &values) {
        std::vector<uint16_t> halves(values.size());
        for (size_t i = 0; i < values.size(); i++) {
            uint32_t bits;
            std::memcpy(&bits, &values[i], sizeof bits);
            halves[i] = static_cast<uint16_t>(bits >> 16);
        }
        return halves;
    }
};

// Of column-major matrices: a product of row-major ones is that of their transposes, the other way round.
using Single = void (*)(const char *, const char *, const int *, const int *, const int *, const float *, const float *,
                        const int *, const float *, const int *, const float *, float *, const int *);
using Half = void (*)(int, int, int, int, int, int, float, const uint16_t *, int, const uint16_t *, int, float, float *, int);

struct Library {
    std::string name;
    Single single = nullptr;
    Half half = nullptr; // both null: ours

    bool is_ours() const { return single == nullptr; }
    bool multiplies(bool bf16) const { return is_ours() || !bf16 || half != nullptr; }

    void multiply(const Shape &s, bool bf16, Tensors &t) const {
        if (is_ours())
            return multiply_by_ours(s, bf16, t);
        const int rows = static_cast<int>(s.rows), columns = static_cast<int>(s.columns), depth = static_cast<int>(s.depth),
                  left_stride = s.left_transposed ? rows : depth, right_stride = s.right_transposed ? depth : columns;
        constexpr int column_major = 102, as_it_is = 111, transposed = 112;
        constexpr float one = 1, zero = 0;
        if (bf16)
            half(column_major, s.right_transposed ? transposed : as_it_is, s.left_transposed ? transposed : as_it_is, columns,
                 rows, depth, one, t.right16.data(), right_stride, t.left16.data(), left_stride, zero, t.to.data(), columns);
        else
            single(s.right_transposed ? "T" : "N", s.left_transposed ? "T" : "N", &columns, &rows, &depth, &one, t.right.data(),
                   &right_stride, t.left.data(), &left_stride, &zero, t.to.data(), &columns);
    }

  private:
    static void multiply_by_ours(const Shape &s, bool bf16, Tensors &t) {
        mhc_multiply_args a = {};
        a.size = sizeof a;
        a.dtype = bf16 ? MHC_BFLOAT16 : MHC_FLOAT32;
        a.rows = s.rows, a.columns = s.columns, a.depth = s.depth;
        a.left = bf16 ? static_cast<void *>(t.left16.data()) : t.left.data();
        a.right = bf16 ? static_cast<void *>(t.right16.data()) : t.right.data();
        a.to = t.to.data();
        a.to_dtype = MHC_FLOAT32;
        a.left_transposed = s.left_transposed, a.right_transposed = s.right_transposed;
        char error[256] = "";
        if (mhc_multiply(&a, error, sizeof error) != MHC_OK) {
            std::fprintf(stderr, "bench_products: %s\n", error);
            std::exit(1);
        }
    }
};

Library open(const std::string &argument) {
    const size_t at = argument.find('=');
    void *handle = at == std::string::npos ? nullptr : dlopen(argument.c_str() + at + 1, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        std::fprintf(stderr, "bench_products: expected NAME=LIBRARY, got %s: %s\n", argument.c_str(),
                     at == std::string::npos ? "no =" : dlerror());
        std::exit(2);
    }
    Library library = {argument.substr(0, at), reinterpret_cast<Single>(dlsym(handle, "sgemm_")),
                       reinterpret_cast<Half>(dlsym(handle, "cblas_gemm_bf16bf16f32"))};
    if (library.single == nullptr) {
        std::fprintf(stderr, "bench_products: %s has no sgemm_\n", argument.c_str());
        std::exit(2);
    }
    return library;
}

double milliseconds(const Library &library, const Shape &shape, bool bf16, Tensors &tensors) {
    const auto start = std::chrono::steady_clock::now();
    library.multiply(shape, bf16, tensors);
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

// [product] of a layer's [layer]: y = x W^T, g W and g^T x.
std::vector<std::vector<Shape>> products(int64_t width) {
    const int64_t tokens = width <= 512 ? 2048 : width == 1024 ? 1024 : 512, inner = (8 * width / 3 + 15) / 16 * 16;
    std::vector<std::vector<Shape>> all(3);
    for (const auto &[in, out] : {std::pair{width, 3 * width}, {width, width}, {width, 2 * inner}, {inner, width}}) {
        all[0].push_back({tokens, out, in, false, true});
        all[1].push_back({tokens, in, out, false, false});
        all[2].push_back({out, in, tokens, true, false});
    }
    return all;
}

void measure(int64_t width, bool bf16, const std::vector<Library> &libraries, int rounds) {
    constexpr const char *names[] = {"forward", "input", "weights"};
    const auto all = products(width);
    for (size_t product = 0; product < all.size(); product++) {
        std::vector<double> total(libraries.size());
        double flops = 0;
        for (const Shape &shape : all[product]) {
            Tensors tensors(shape);
            std::vector<std::vector<double>> times(libraries.size());
            for (int round = -1; round < rounds; round++) // the first warms up
                for (size_t i = 0; i < libraries.size(); i++)
                    if (libraries[i].multiplies(bf16))
                        if (const double time = milliseconds(libraries[i], shape, bf16, tensors); round >= 0)
                            times[i].push_back(time);
            for (size_t i = 0; i < libraries.size(); i++) {
                std::sort(times[i].begin(), times[i].end());
                total[i] += times[i].empty() ? 0 : times[i][times[i].size() / 2];
            }
            flops += shape.flops();
        }
        for (size_t i = 0; i < libraries.size(); i++)
            if (libraries[i].multiplies(bf16))
                std::printf("%d %s %s %s %.1f\n", static_cast<int>(width), names[product], bf16 ? "BFloat16" : "Float32",
                            libraries[i].name.c_str(), flops / total[i] / 1e6);
        std::fflush(stdout);
    }
}

} // namespace

int main(int argc, char **argv) {
    if (argc < 3 || (threads = std::atoi(argv[1])) < 1 || std::atoi(argv[2]) < 1) {
        std::fprintf(stderr, "usage: bench_products THREADS ROUNDS [NAME=LIBRARY...]\n");
        return 2;
    }
    omp_set_num_threads(threads);
    char error[256] = "";
    if (mhc_initialize(parallel_for, error, sizeof error) != MHC_OK) {
        std::fprintf(stderr, "bench_products: %s\n", error);
        return 1;
    }
    std::vector<Library> libraries = {{"ours"}};
    for (int i = 3; i < argc; i++)
        libraries.push_back(open(argv[i]));
    for (const int64_t width : {128, 256, 512, 1024, 2048})
        for (const bool bf16 : {false, true})
            measure(width, bf16, libraries, std::atoi(argv[2]));
}
