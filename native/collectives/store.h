// The caller's key-value store, as gloo wants it.
#pragma once

#include "mhc_collectives.h"

#include <chrono>
#include <gloo/rendezvous/store.h>
#include <string>
#include <vector>

namespace mhc::collectives {

class CallbackStore : public gloo::rendezvous::Store {
  public:
    // All waits together end `timeout` after construction.
    CallbackStore(std::string prefix, mhc_store_set set, mhc_store_get get, void *user, std::chrono::milliseconds timeout);

    void set(const std::string &key, const std::vector<char> &data) override;
    std::vector<char> get(const std::string &key) override;
    void wait(const std::vector<std::string> &keys) override;
    void wait(const std::vector<std::string> &keys, const std::chrono::milliseconds &timeout) override;

  private:
    std::string prefix_;
    mhc_store_set set_;
    mhc_store_get get_;
    void *user_;
    std::chrono::steady_clock::time_point deadline_;
};

} // namespace mhc::collectives
