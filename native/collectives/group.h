// A gang's processes and what they do together. Throws; the C ABI in api.cpp turns that into codes.
#pragma once

#include "abortable.h"
#include "store.h"

#include <chrono>
#include <gloo/transport/tcp/device.h>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mhc::collectives {

// An earlier call failed.
struct Dead : std::runtime_error {
    Dead() : std::runtime_error("an earlier call on this group failed; destroy it and build a new one") {}
};

// Whether this is a numeric IP address. gloo crashes where a host is none that it finds.
bool is_address(const char *text);

class Group {
  public:
    // A group of one, without connections.
    explicit Group(std::chrono::milliseconds timeout);

    // Connects to all others.
    Group(int rank, int size, const std::string &host, CallbackStore &store, std::chrono::milliseconds timeout);

    ~Group();
    Group(const Group &) = delete;
    Group &operator=(const Group &) = delete;

    int rank() const { return rank_; }
    int size() const { return size_; }

    void all_reduce(void *data, std::size_t count, int32_t type);
    void reduce_scatter(void *input, void *output, std::size_t count, int32_t type);
    void all_gather(const void *input, void *output, std::size_t bytes);
    void all_to_all(const void *input, void *output, std::size_t bytes);
    void broadcast(void *data, std::size_t bytes, int root);
    void barrier();
    void set_timeout(std::chrono::milliseconds timeout);
    void abort();
    int64_t bytes_sent() const { return abort_->sent(); }

  private:
    // Runs `body` alone, and lets no other call follow one that failed.
    template <class F>
    void exclusively(const F &body);
    void ring(char *input, std::size_t count, int32_t type);
    template <class Options>
    void prepare(Options &options);

    const int rank_;
    const int size_;
    std::shared_ptr<AbortSwitch> abort_ = std::make_shared<AbortSwitch>();
    std::mutex mutex_;
    std::chrono::milliseconds timeout_;
    std::shared_ptr<AbortableContext> context_; // null in a group of one
    std::vector<char> incoming_;                // one block, for reduce_scatter
    uint32_t tag_ = 0;
    bool dead_ = false;
};

} // namespace mhc::collectives
