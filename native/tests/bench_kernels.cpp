// Time and bandwidth of every kernel, with the copy bandwidth of the same run for comparison:
//
//   bench_kernels [tokens [channels [n [rounds]]]]      (2048 512 4 21)
//
// The environment variable MHC_ISA chooses the build. Rounds are interleaved: every round runs every kernel once, with one
// thread and with two. Printed are the median and the best time, and the bandwidth of the median, counting each tensor's bytes
// once per time that the kernel must move them.
#include "fixture.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

using namespace mhc::test;

namespace {

// One more thread, kept for the whole run; a parallel_for of two.
class Partner {
  public:
    Partner() : thread_([this] { work(); }) {}

    ~Partner() {
        start([] {});
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

    Partner(const Partner &) = delete;
    Partner &operator=(const Partner &) = delete;

    static int both(int64_t begin, int64_t end, int64_t grain, void (*body)(int64_t, int64_t, void *), void *context) {
        static Partner partner;
        const int64_t middle = begin + std::max(grain, (end - begin + 1) / 2);
        if (middle >= end) {
            body(begin, end, context);
            return 0;
        }
        partner.start([=] { body(middle, end, context); });
        body(begin, middle, context);
        partner.wait();
        return 0;
    }

  private:
    void start(std::function<void()> task) {
        wait();
        const std::lock_guard lock(mutex_);
        task_ = std::move(task);
        busy_ = true;
        changed_.notify_all();
    }

    void wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !busy_; });
    }

    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return busy_ || stopping_; });
            if (stopping_)
                return;
            lock.unlock();
            task_();
            lock.lock();
            busy_ = false;
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::function<void()> task_;
    bool busy_ = false, stopping_ = false;
    std::thread thread_;
};

struct Row {
    Row(const char *title, int64_t moved, std::function<void()> body) : name(title), floats(moved), run(std::move(body)) {}

    std::string name;
    int64_t floats;
    std::function<void()> run;
    std::vector<double> times[2];
};

double milliseconds(const std::function<void()> &run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
    return values[values.size() / 2];
}

void copy(const float *from, float *to, int64_t floats, mhc_parallel_for loop) {
    struct Range {
        const float *from;
        float *to;
    } range{from, to};
    const auto body = [](int64_t begin, int64_t end, void *context) {
        const Range &r = *static_cast<Range *>(context);
        std::memcpy(r.to + begin, r.from + begin, (end - begin) * sizeof(float));
    };
    if (loop == nullptr)
        body(0, floats, &range);
    else
        loop(0, floats, 1, body, &range);
}

} // namespace

int main(int count, char **values) {
    const auto argument = [&](int i, int64_t otherwise) { return count > i ? std::atoll(values[i]) : otherwise; };
    const int64_t t = argument(1, 2048), c = argument(2, 512), rounds = argument(4, 21);
    const int n = static_cast<int>(argument(3, 4)), iterations = 20;
    const int64_t k = n * c, m = n * n + 2 * n;
    Random random(1);
    const Tensor x(t * k, random), y(t * c, random), phi(k * m, random, 0.02), bias(m, random), alpha(3, random);
    const Tensor norm(c, random), logits(t * n * n, random), grad_output(t * k, random), grad_h(t * c, random);
    const Tensor grad_pre(t * n, random), grad_post(t * n, random), grad_res(t * n * n, random);
    Tensor pre(t * n), post(t * n), res(t * n * n), raw(t * m), r(t), h(t * c), output(t * k, 0.0f), grad_x(t * k, 0.0f);
    Tensor grad_y(t * c, 0.0f), grad_phi(k * m), grad_bias(m), grad_alpha(3), out_pre(t * n), out_post(t * n),
        out_res(t * n * n);
    Tensor total(t * c, 0.0f), grad_norm(c);
    mhc_parallel_for loop = nullptr;
    std::vector<Row> rows = {
        {"copy x", 2 * t * k, [&] { copy(x, output, t * k, loop); }},
        {"coefficients_forward", t * k,
         [&] { mhc_coefficients_forward(x, phi, bias, alpha, pre, post, res, raw, r, t, n, c, iterations, nullptr, 0); }},
        {"coefficients_backward", 2 * t * k,
         [&] {
             mhc_coefficients_backward(x, phi, bias, alpha, raw, r, grad_pre, grad_post, grad_res, grad_x, grad_phi, grad_bias,
                                       grad_alpha, t, n, c, iterations, 0, nullptr, 0);
         }},
        {"sinkhorn_forward", 2 * t * n * n, [&] { mhc_sinkhorn_forward(logits, out_res, t, n, iterations, nullptr, 0); }},
        {"sinkhorn_backward", 3 * t * n * n,
         [&] { mhc_sinkhorn_backward(logits, grad_res, out_res, t, n, iterations, nullptr, 0); }},
        {"read_forward", t * (k + c), [&] { mhc_read_forward(x, pre, h, t, n, c, nullptr, 0); }},
        {"read_backward", t * (2 * k + c), [&] { mhc_read_backward(x, pre, grad_h, grad_x, out_pre, t, n, c, 0, nullptr, 0); }},
        {"write_forward", t * (2 * k + c), [&] { mhc_write_forward(x, y, res, post, output, t, n, c, nullptr, 0); }},
        {"write_backward", t * (3 * k + 2 * c),
         [&] { mhc_write_backward(x, y, res, post, grad_output, grad_x, grad_y, out_res, out_post, t, n, c, 0, nullptr, 0); }},
        {"write_backward_y", t * (k + c), [&] { mhc_write_backward_y(post, grad_output, grad_y, t, n, c, nullptr, 0); }},
        {"enter_forward", t * (k + c),
         [&] { mhc_enter_forward(x, phi, bias, alpha, pre, post, res, raw, r, h, t, n, c, iterations, nullptr, 0); }},
        {"layer_backward", t * (3 * k + 2 * c),
         [&] {
             mhc_layer_backward(x, y, phi, bias, alpha, pre, post, res, raw, r, grad_output, grad_h, grad_x, grad_phi,
                                grad_bias, grad_alpha, t, n, c, iterations, nullptr, 0);
         }},
        {"connect_forward", t * (2 * k + 2 * c),
         [&] {
             mhc_connect_forward(x, 0, y, grad_res, grad_post, output, phi, bias, alpha, norm, 1e-6f, pre, post, res, raw, r, h,
                                 t, n, c, iterations, nullptr, 0);
         }},
        {"connect_backward", t * (3 * k + 3 * c),
         [&] {
             mhc_connect_backward(x, 0, y, phi, bias, alpha, norm, 1e-6f, pre, post, res, raw, r, grad_output, 0, grad_h,
                                  grad_x, grad_post, grad_y, grad_phi, grad_bias, grad_alpha, grad_norm, t, n, c, iterations,
                                  nullptr, 0);
         }},
        {"finish_forward", t * (k + 3 * c),
         [&] { mhc_finish_forward(x, 0, y, res, post, norm, 1e-6f, h, total, t, n, c, nullptr, 0); }},
        {"finish_backward", t * 4 * c,
         [&] { mhc_finish_backward(h, post, norm, 1e-6f, grad_h, total, grad_y, grad_norm, t, n, c, nullptr, 0); }},
    };
    for (int64_t round = 0; round <= rounds; round++)
        for (const int threads : {1, 2}) {
            loop = threads == 1 ? nullptr : Partner::both;
            if (mhc_initialize(loop, nullptr, 0) != MHC_OK) {
                std::fprintf(stderr, "bench_kernels: MHC_ISA cannot be honoured\n");
                return 1;
            }
            for (Row &row : rows) {
                const double time = milliseconds(row.run);
                if (round > 0) // the first one touches the memory
                    row.times[threads - 1].push_back(time);
            }
        }
    std::printf("%s, T=%lld C=%lld n=%d, %lld interleaved rounds\n", mhc_isa(), static_cast<long long>(t),
                static_cast<long long>(c), n, static_cast<long long>(rounds));
    std::printf("%-22s | %9s %9s %7s | %9s %9s %7s\n", "", "1 thread", "best ms", "GB/s", "2 threads", "best ms", "GB/s");
    for (const Row &row : rows) {
        std::printf("%-22s", row.name.c_str());
        for (const std::vector<double> &times : row.times) {
            const double middle = median(times);
            std::printf(" | %9.3f %9.3f %7.2f", middle, *std::min_element(times.begin(), times.end()),
                        static_cast<double>(row.floats) * sizeof(float) / middle / 1e6);
        }
        std::printf("\n");
    }
    return 0;
}
