#include "abortable.h"

namespace mhc::collectives {

using gloo::transport::UnboundBuffer;
using std::chrono::milliseconds;

void AbortSwitch::add(AbortableBuffer *buffer) {
    const std::lock_guard lock(mutex_);
    buffers_.insert(buffer);
}

void AbortSwitch::remove(AbortableBuffer *buffer) {
    const std::lock_guard lock(mutex_);
    buffers_.erase(buffer);
}

void AbortSwitch::abort() {
    aborted_ = true;
    const std::lock_guard lock(mutex_);
    for (AbortableBuffer *buffer : buffers_) {
        buffer->abortWaitRecv();
        buffer->abortWaitSend();
    }
}

AbortableBuffer::AbortableBuffer(std::unique_ptr<UnboundBuffer> inner, std::shared_ptr<AbortSwitch> abort)
    : UnboundBuffer(inner->ptr, inner->size), inner_(std::move(inner)), abort_(std::move(abort)) {
    abort_->add(this);
}

AbortableBuffer::~AbortableBuffer() {
    abort_->remove(this);
}

// gloo ignores that a wait was aborted, so it is thrown. An abort before the wait is remembered by gloo's buffer.
bool AbortableBuffer::waitRecv(int *rank, milliseconds timeout) {
    abort_->check();
    const bool done = inner_->waitRecv(rank, timeout);
    abort_->check();
    return done;
}

bool AbortableBuffer::waitSend(int *rank, milliseconds timeout) {
    abort_->check();
    const bool done = inner_->waitSend(rank, timeout);
    abort_->check();
    return done;
}

void AbortableBuffer::send(int rank, uint64_t slot, size_t offset, size_t bytes) {
    abort_->check();
    inner_->send(rank, slot, offset, bytes);
    abort_->count(bytes == SIZE_MAX ? size - offset : bytes); // gloo's default is "all of it"
}

void AbortableBuffer::recv(int rank, uint64_t slot, size_t offset, size_t bytes) {
    abort_->check();
    inner_->recv(rank, slot, offset, bytes);
}

void AbortableBuffer::recv(std::vector<int> ranks, uint64_t slot, size_t offset, size_t bytes) {
    abort_->check();
    inner_->recv(std::move(ranks), slot, offset, bytes);
}

AbortableTransport::AbortableTransport(std::shared_ptr<gloo::transport::Context> inner, std::shared_ptr<AbortSwitch> abort)
    : gloo::transport::Context(inner->rank, inner->size), inner_(std::move(inner)), abort_(std::move(abort)) {
    setTimeout(inner_->getTimeout());
}

std::unique_ptr<UnboundBuffer> AbortableTransport::createUnboundBuffer(void *data, size_t bytes) {
    return std::make_unique<AbortableBuffer>(inner_->createUnboundBuffer(data, bytes), abort_);
}

} // namespace mhc::collectives
