// A key-value store in memory with the collectives' callbacks, for ranks that are threads of the test.
#pragma once

#include "mhc_collectives.h"

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

namespace mhc::test {

class Store {
  public:
    static int set(void *user, const char *key, const void *data, int64_t size) {
        Store &store = *static_cast<Store *>(user);
        const std::lock_guard lock(store.mutex_);
        store.values_[key] = std::string(static_cast<const char *>(data), static_cast<size_t>(size));
        store.changed_.notify_all();
        return 0;
    }

    static int64_t get(void *user, const char *key, void *buffer, int64_t capacity, int32_t timeout_ms) {
        Store &store = *static_cast<Store *>(user);
        std::unique_lock lock(store.mutex_);
        const auto present = [&] { return store.values_.count(key) != 0; };
        if (!store.changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), present))
            return -1;
        const std::string &value = store.values_[key];
        if (static_cast<int64_t>(value.size()) <= capacity)
            std::memcpy(buffer, value.data(), value.size());
        return static_cast<int64_t>(value.size());
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, std::string> values_;
};

// Takes values into another store, and gives none.
class SilentStore {
  public:
    explicit SilentStore(Store &store) : store_(store) {}

    static int set(void *user, const char *key, const void *data, int64_t size) {
        return Store::set(&static_cast<SilentStore *>(user)->store_, key, data, size);
    }

    static int64_t get(void *user, const char *, void *, int64_t, int32_t) {
        SilentStore &store = *static_cast<SilentStore *>(user);
        std::unique_lock lock(store.mutex_);
        store.changed_.wait(lock, [&] { return store.released_; });
        return -1;
    }

    void release() {
        const std::lock_guard lock(mutex_);
        released_ = true;
        changed_.notify_all();
    }

  private:
    Store &store_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool released_ = false;
};

} // namespace mhc::test
