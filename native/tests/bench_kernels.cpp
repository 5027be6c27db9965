// Time and bandwidth of every kernel, with the copy bandwidth of the same run for comparison:
//
//   bench_kernels [tokens [channels [n [rounds [name]]]]]      (2048 512 4 21; only rows whose name has `name` in it)
//
// The environment variable MHC_ISA chooses the build. Rounds are interleaved: every round runs every kernel once, with one
// thread and with two, on streams of float32 and of bfloat16. Printed are the median and the best time, and the bandwidth of
// the median, counting each tensor's bytes once per time that the kernel must move them.
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

// Elements that begin at a cache line, as libtorch's do.
class Aligned {
  public:
    Aligned(int64_t size, int dtype, Random &random, double scale = 1) : Aligned(Tensor(size, random, scale, dtype)) {}
    explicit Aligned(const Tensor &values) : memory_(std::aligned_alloc(64, (bytes(values) + 63) / 64 * 64)) {
        std::memcpy(memory_.get(), static_cast<const void *>(values), bytes(values));
    }

    operator void *() const { return memory_.get(); }
    operator float *() const { return static_cast<float *>(memory_.get()); }

  private:
    struct Free {
        void operator()(void *p) const { std::free(p); }
    };

    static int64_t bytes(const Tensor &values) { return values.size() * (values.dtype() == MHC_BFLOAT16 ? 2 : 4); }

    std::unique_ptr<void, Free> memory_;
};

struct Row {
    Row(std::string title, int64_t moved, std::function<void()> body)
        : name(std::move(title)), bytes(moved), run(std::move(body)) {}

    std::string name;
    int64_t bytes;
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

mhc_parallel_for loop = nullptr;

void copy(const void *from, void *to, int64_t bytes) {
    struct Range {
        const char *from;
        char *to;
    } range{static_cast<const char *>(from), static_cast<char *>(to)};
    const auto body = [](int64_t begin, int64_t end, void *context) {
        const Range &r = *static_cast<Range *>(context);
        std::memcpy(r.to + begin, r.from + begin, end - begin);
    };
    if (loop == nullptr)
        body(0, bytes, &range);
    else
        loop(0, bytes, 1, body, &range);
}

// All tensors of all kernels, streams stored as dtype.
struct Bench {
    int64_t t, c;
    int n, dtype;
    const char *wanted;
    int64_t k = n * c, m = n * n + 2 * n;
    Random random{1};
    const Aligned x{t * k, dtype, random}, y{t * c, dtype, random}, grad_output{t * k, dtype, random};
    const Aligned grad_h{t * c, dtype, random}, phi{k * m, 0, random, 0.02}, bias{m, 0, random}, alpha{3, 0, random};
    const Aligned norm{c, 0, random}, logits{t * n * n, 0, random}, grad_pre{t * n, 0, random}, grad_post{t * n, 0, random};
    const Aligned grad_res{t * n * n, 0, random};
    Aligned output{t * k, dtype, random}, grad_x{t * k, dtype, random}, h{t * c, dtype, random}, grad_y{t * c, dtype, random};
    Aligned total{t * c, dtype, random}, pre{t * n, 0, random}, post{t * n, 0, random}, res{t * n * n, 0, random};
    Aligned raw{t * m, 0, random}, r{t, 0, random}, grad_phi{k * m, 0, random}, grad_bias{m, 0, random};
    Aligned grad_alpha{3, 0, random}, out_pre{t * n, 0, random}, out_post{t * n, 0, random}, out_res{t * n * n, 0, random};
    Aligned grad_norm{c, 0, random};

    // Adds a row that moves `elements` per token.
    void add(std::vector<Row> &rows, const char *name, int64_t elements, std::function<void()> run) const {
        const int64_t width = dtype == MHC_BFLOAT16 ? 2 : 4;
        if (std::strstr(name, wanted) == nullptr)
            return;
        rows.emplace_back(std::string(name) + (dtype == MHC_BFLOAT16 ? " bf16" : ""), t * elements * width, std::move(run));
    }

    template <class A>
    void add(std::vector<Row> &rows, const char *name, int64_t elements, int (*operation)(const A *, char *, size_t),
             const A &arguments) const {
        add(rows, name, elements, [operation, complete = sized(arguments)] { operation(&complete, nullptr, 0); });
    }

    void add_all(std::vector<Row> &rows) const {
        constexpr int iterations = 20;
        constexpr float epsilon = 1e-6f;
        add(rows, "copy x", 2 * k, [this] { copy(x, output, t * k * (dtype == MHC_BFLOAT16 ? 2 : 4)); });
        const mhc_head plain{0, dtype, n, 0, t, c}, whole{0, dtype, n, iterations, t, c};
        const mhc_head no_channels{0, MHC_FLOAT32, n, iterations, t, 0};
        add(rows, "coefficients_forward", k, mhc_coefficients_forward,
            {.head = whole,
             .x = x,
             .phi = phi,
             .bias = bias,
             .alpha = alpha,
             .pre = pre,
             .post = post,
             .res = res,
             .raw = raw,
             .r = r});
        add(rows, "coefficients_backward", 2 * k, mhc_coefficients_backward,
            {.head = whole,
             .x = x,
             .phi = phi,
             .bias = bias,
             .alpha = alpha,
             .raw = raw,
             .r = r,
             .grad_pre = grad_pre,
             .grad_post = grad_post,
             .grad_res = grad_res,
             .grad_x = grad_x,
             .grad_phi = grad_phi,
             .grad_bias = grad_bias,
             .grad_alpha = grad_alpha});
        if (dtype == MHC_FLOAT32) {
            add(rows, "sinkhorn_forward", 2 * n * n, mhc_sinkhorn_forward,
                {.head = no_channels, .logits = logits, .output = out_res});
            add(rows, "sinkhorn_backward", 3 * n * n, mhc_sinkhorn_backward,
                {.head = no_channels, .logits = logits, .grad_output = grad_res, .grad_logits = out_res});
        }
        add(rows, "read_forward", k + c, mhc_read_forward, {.head = plain, .x = x, .pre = pre, .h = h});
        add(rows, "read_backward", 2 * k + c, mhc_read_backward,
            {.head = plain, .x = x, .pre = pre, .grad_h = grad_h, .grad_x = grad_x, .grad_pre = out_pre});
        add(rows, "write_forward", 2 * k + c, mhc_write_forward,
            {.head = plain, .x = x, .y = y, .res = res, .post = post, .output = output});
        add(rows, "write_backward", 3 * k + 2 * c, mhc_write_backward,
            {.head = plain,
             .x = x,
             .y = y,
             .res = res,
             .post = post,
             .grad_output = grad_output,
             .grad_x = grad_x,
             .grad_y = grad_y,
             .grad_res = out_res,
             .grad_post = out_post});
        add(rows, "write_backward_y", k + c, mhc_write_backward_y,
            {.head = plain, .post = post, .grad_output = grad_output, .grad_y = grad_y});
        add(rows, "enter_forward", k + c, mhc_enter_forward,
            {.head = whole,
             .x = x,
             .phi = phi,
             .bias = bias,
             .alpha = alpha,
             .pre = pre,
             .post = post,
             .res = res,
             .raw = raw,
             .r = r,
             .h = h});
        add(rows, "layer_backward", 3 * k + 2 * c, mhc_layer_backward,
            {.head = whole,
             .x = x,
             .y = y,
             .phi = phi,
             .bias = bias,
             .alpha = alpha,
             .pre = pre,
             .post = post,
             .res = res,
             .raw = raw,
             .r = r,
             .grad_output = grad_output,
             .grad_h = grad_h,
             .grad_x = grad_x,
             .grad_phi = grad_phi,
             .grad_bias = grad_bias,
             .grad_alpha = grad_alpha});
        add(rows, "connect_forward", 2 * k + 2 * c, mhc_connect_forward,
            {.head = whole,
             .x = x,
             .y = y,
             .res_before = grad_res,
             .post_before = grad_post,
             .phi = phi,
             .bias = bias,
             .alpha = alpha,
             .norm = norm,
             .x_next = output,
             .pre = pre,
             .post = post,
             .res = res,
             .raw = raw,
             .r = r,
             .h = h,
             .epsilon = epsilon});
        add(rows, "connect_backward", 3 * k + 3 * c, mhc_connect_backward,
            {.head = whole,
             .x = x,
             .y = y,
             .phi = phi,
             .bias = bias,
             .alpha = alpha,
             .norm = norm,
             .pre = pre,
             .post = post,
             .res = res,
             .raw = raw,
             .r = r,
             .grad_output = grad_output,
             .grad_h = grad_h,
             .post_before = grad_post,
             .grad_x = grad_x,
             .grad_y_before = grad_y,
             .grad_phi = grad_phi,
             .grad_bias = grad_bias,
             .grad_alpha = grad_alpha,
             .grad_norm = grad_norm,
             .epsilon = epsilon});
        add(rows, "finish_forward", k + 3 * c, mhc_finish_forward,
            {.head = plain,
             .x = x,
             .y = y,
             .res = res,
             .post = post,
             .norm = norm,
             .total = h,
             .output = total,
             .epsilon = epsilon});
        add(rows, "finish_backward", 4 * c, mhc_finish_backward,
            {.head = plain,
             .total = h,
             .post = post,
             .norm = norm,
             .grad_output = grad_h,
             .grad_total = total,
             .grad_y = grad_y,
             .grad_norm = grad_norm,
             .epsilon = epsilon});
    }
};

} // namespace

int main(int count, char **values) {
    const auto argument = [&](int i, int64_t otherwise) { return count > i ? std::atoll(values[i]) : otherwise; };
    const int64_t t = argument(1, 2048), c = argument(2, 512), rounds = argument(4, 21);
    const int n = static_cast<int>(argument(3, 4));
    const char *wanted = count > 5 ? values[5] : "";
    const Bench single{t, c, n, MHC_FLOAT32, wanted}, half{t, c, n, MHC_BFLOAT16, wanted};
    std::vector<Row> rows;
    single.add_all(rows);
    half.add_all(rows);
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
    std::printf("%-26s | %9s %9s %7s | %9s %9s %7s\n", "", "1 thread", "best ms", "GB/s", "2 threads", "best ms", "GB/s");
    for (const Row &row : rows) {
        std::printf("%-26s", row.name.c_str());
        for (const std::vector<double> &times : row.times) {
            const double middle = median(times);
            std::printf(" | %9.3f %9.3f %7.2f", middle, *std::min_element(times.begin(), times.end()),
                        static_cast<double>(row.bytes) / middle / 1e6);
        }
        std::printf("\n");
    }
    return 0;
}
