#include "group.h"

#include "addition.h"

#include <algorithm>
#include <cstring>
#include <gloo/allgather.h>
#include <gloo/allreduce.h>
#include <gloo/alltoall.h>
#include <gloo/barrier.h>
#include <gloo/broadcast.h>
#include <gloo/types.h>
#include <netdb.h>

namespace mhc::collectives {

using std::chrono::milliseconds;

namespace {

// gloo gives each of its collectives a prefix of its slots; this one is free.
constexpr uint8_t kReduceScatterPrefix = 0x5c;

// gloo waits so many times its timeout for a connection.
constexpr int kConnectPatience = 5;

std::shared_ptr<gloo::transport::Device> device_of(const std::string &host) {
    gloo::transport::tcp::attr attributes;
    attributes.hostname = host;
    return gloo::transport::tcp::CreateDevice(attributes);
}

} // namespace

bool is_address(const char *text) {
    addrinfo hints = {}, *found = nullptr;
    hints.ai_flags = AI_NUMERICHOST;
    if (getaddrinfo(text, nullptr, &hints, &found) != 0)
        return false;
    freeaddrinfo(found);
    return true;
}

Group::Group(milliseconds timeout) : rank_(0), size_(1), timeout_(timeout) {}

Group::Group(int rank, int size, const std::string &host, CallbackStore &store, milliseconds timeout)
    : rank_(rank), size_(size), timeout_(timeout), context_(std::make_shared<AbortableContext>(rank, size)) {
    std::shared_ptr<gloo::transport::Device> device = device_of(host);
    context_->setTimeout(std::max(milliseconds(1), timeout / kConnectPatience));
    context_->connectFullMesh(store, device);
    context_->setTimeout(timeout);
    context_->make_abortable(abort_);
}

Group::~Group() = default;

template <class F>
void Group::exclusively(const F &body) {
    const std::lock_guard lock(mutex_);
    abort_->check();
    if (dead_)
        throw Dead();
    try {
        body();
    } catch (...) {
        dead_ = true;
        // An abort closes the connections too, and the call may see that first.
        abort_->check();
        throw;
    }
}

template <class Options>
void Group::prepare(Options &options) {
    options.setTag(tag_++);
    options.setTimeout(timeout_);
}

void Group::all_reduce(void *data, std::size_t count, int32_t type) {
    exclusively([&] {
        if (size_ == 1 || count == 0)
            return;
        gloo::AllreduceOptions options(context_);
        // gloo needs the type for its size only: the addition is ours.
        if (bytes_of(type) == 2)
            options.setOutput(static_cast<uint16_t *>(data), count);
        else
            options.setOutput(static_cast<float *>(data), count);
        options.setReduceFunction(addition_of(type));
        options.setAlgorithm(gloo::AllreduceOptions::Algorithm::RING);
        prepare(options);
        gloo::allreduce(options);
    });
}

// This gloo has reduce_scatter only as an algorithm of another kind, which would send everything twice. In step s, rank r sends
// block r-s-1, to which it has just added what came, and adds what comes to block r-s-2; the last block it adds to is its own.
void Group::ring(char *input, std::size_t count, int32_t type) {
    const std::size_t bytes = count * bytes_of(type);
    const Addition add = addition_of(type);
    incoming_.resize(bytes);
    const auto blocks = context_->createUnboundBuffer(input, bytes * size_);
    const auto arrival = context_->createUnboundBuffer(incoming_.data(), bytes);
    const int next = (rank_ + 1) % size_, previous = (rank_ + size_ - 1) % size_;
    const uint64_t slot = gloo::Slot::build(kReduceScatterPrefix, tag_++);
    for (int step = 0; step < size_ - 1; step++) {
        const std::size_t leaving = (rank_ - step - 1 + 2 * size_) % size_, adding = (rank_ - step - 2 + 2 * size_) % size_;
        blocks->send(next, slot + step, leaving * bytes, bytes);
        arrival->recv(previous, slot + step, 0, bytes);
        arrival->waitRecv(timeout_);
        add(input + adding * bytes, input + adding * bytes, incoming_.data(), count);
        blocks->waitSend(timeout_);
    }
}

void Group::reduce_scatter(void *input, void *output, std::size_t count, int32_t type) {
    exclusively([&] {
        if (count == 0)
            return;
        if (size_ > 1)
            ring(static_cast<char *>(input), count, type);
        const std::size_t bytes = count * bytes_of(type);
        std::memmove(output, static_cast<char *>(input) + rank_ * bytes, bytes);
    });
}

void Group::all_gather(const void *input, void *output, std::size_t bytes) {
    exclusively([&] {
        if (bytes == 0)
            return;
        char *own = static_cast<char *>(output) + rank_ * bytes;
        if (own != input)
            std::memcpy(own, input, bytes);
        if (size_ == 1)
            return;
        // Without an input, gloo takes this rank's block of the output.
        gloo::AllgatherOptions options(context_);
        options.setOutput(static_cast<char *>(output), bytes * size_);
        prepare(options);
        gloo::allgather(options);
    });
}

void Group::all_to_all(const void *input, void *output, std::size_t bytes) {
    exclusively([&] {
        if (bytes == 0)
            return;
        if (size_ == 1) {
            std::memcpy(output, input, bytes);
            return;
        }
        gloo::AlltoallOptions options(context_);
        // gloo reads it only.
        options.setInput(const_cast<char *>(static_cast<const char *>(input)), bytes * size_);
        options.setOutput(static_cast<char *>(output), bytes * size_);
        prepare(options);
        gloo::alltoall(options);
    });
}

void Group::broadcast(void *data, std::size_t bytes, int root) {
    exclusively([&] {
        if (size_ == 1 || bytes == 0)
            return;
        gloo::BroadcastOptions options(context_);
        options.setOutput(static_cast<char *>(data), bytes);
        options.setRoot(root);
        prepare(options);
        gloo::broadcast(options);
    });
}

void Group::barrier() {
    exclusively([&] {
        if (size_ == 1)
            return;
        gloo::BarrierOptions options(context_);
        prepare(options);
        gloo::barrier(options);
    });
}

void Group::set_timeout(milliseconds timeout) {
    const std::lock_guard lock(mutex_);
    timeout_ = timeout;
}

// Not exclusive: the call to be woken holds the lock.
void Group::abort() {
    abort_->abort();
    if (context_)
        context_->closeConnections();
}

} // namespace mhc::collectives
