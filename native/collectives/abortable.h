// gloo's collectives cannot be interrupted from outside: closing the connections leaves a waiting call waiting until its
// timeout. Its buffers can, though, so every buffer that a collective makes is wrapped in one that another thread can wake.
#pragma once

#include <atomic>
#include <gloo/rendezvous/context.h>
#include <gloo/transport/context.h>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>

namespace mhc::collectives {

struct Aborted : std::runtime_error {
    Aborted() : std::runtime_error("the group was aborted") {}
};

class AbortableBuffer;

// The buffers in use, whether they may be, and how much has left through them.
class AbortSwitch {
  public:
    void add(AbortableBuffer *buffer);
    void remove(AbortableBuffer *buffer);
    void abort();
    bool aborted() const { return aborted_.load(); }
    void check() const {
        if (aborted())
            throw Aborted();
    }
    void count(size_t bytes) { sent_ += static_cast<int64_t>(bytes); }
    int64_t sent() const { return sent_.load(); }

  private:
    std::atomic<int64_t> sent_{0};
    std::atomic<bool> aborted_{false};
    std::mutex mutex_;
    std::set<AbortableBuffer *> buffers_;
};

class AbortableBuffer : public gloo::transport::UnboundBuffer {
  public:
    AbortableBuffer(std::unique_ptr<gloo::transport::UnboundBuffer> inner, std::shared_ptr<AbortSwitch> abort);
    ~AbortableBuffer() override;

    bool waitRecv(int *rank, std::chrono::milliseconds timeout) override;
    bool waitSend(int *rank, std::chrono::milliseconds timeout) override;
    void abortWaitRecv() override { inner_->abortWaitRecv(); }
    void abortWaitSend() override { inner_->abortWaitSend(); }
    void send(int rank, uint64_t slot, size_t offset, size_t bytes) override;
    void recv(int rank, uint64_t slot, size_t offset, size_t bytes) override;
    void recv(std::vector<int> ranks, uint64_t slot, size_t offset, size_t bytes) override;

  private:
    std::unique_ptr<gloo::transport::UnboundBuffer> inner_;
    std::shared_ptr<AbortSwitch> abort_;
};

// A transport whose buffers are abortable; everything else goes to the one inside.
class AbortableTransport : public gloo::transport::Context {
  public:
    AbortableTransport(std::shared_ptr<gloo::transport::Context> inner, std::shared_ptr<AbortSwitch> abort);

    std::unique_ptr<gloo::transport::Pair> &getPair(int peer) override { return inner_->getPair(peer); }
    std::unique_ptr<gloo::transport::Pair> &createPair(int peer) override { return inner_->createPair(peer); }
    std::unique_ptr<gloo::transport::UnboundBuffer> createUnboundBuffer(void *data, size_t bytes) override;

  private:
    std::shared_ptr<gloo::transport::Context> inner_;
    std::shared_ptr<AbortSwitch> abort_;
};

// gloo's context with an AbortableTransport once it is connected.
class AbortableContext : public gloo::rendezvous::Context {
  public:
    using gloo::rendezvous::Context::Context;

    void make_abortable(std::shared_ptr<AbortSwitch> abort) {
        transportContext_ = std::make_shared<AbortableTransport>(transportContext_, std::move(abort));
    }
};

} // namespace mhc::collectives
