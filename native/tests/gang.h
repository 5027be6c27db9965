// Ranks for the collectives' tests: threads that share a store in memory, or processes that share one in a folder.
#pragma once

#include "check.h"
#include "store.h"

#include <arpa/inet.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace mhc::test {

constexpr int32_t kTimeout = 20000;

inline double seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// One rank's group on loopback.
class Member {
  public:
    template <class S>
    Member(int rank, int size, S &store, int32_t timeout = kTimeout, const char *prefix = "test") : rank(rank), size(size) {
        const mhc_group_create_args arguments = {.size = sizeof arguments,
                                                 .rank = rank,
                                                 .ranks = size,
                                                 .timeout_ms = timeout,
                                                 .host = "127.0.0.1",
                                                 .prefix = prefix,
                                                 .set = S::set,
                                                 .get = S::get,
                                                 .user = &store};
        code = mhc_group_create(&group, &arguments, error, sizeof error);
    }

    ~Member() { mhc_group_destroy(group, nullptr, 0); }
    Member(const Member &) = delete;
    Member &operator=(const Member &) = delete;

    void expect_ok(int result, const char *what) {
        expect(result == MHC_GROUP_OK, "rank %d of %d: %s: code %d: %s", rank, size, what, result, error);
    }

    const int rank, size;
    int code = 0;
    mhc_group *group = nullptr;
    char error[512] = "";
};

// Runs body(member) for every rank, each on a thread of its own.
template <class F>
void gang(int size, const F &body) {
    Store store;
    std::vector<std::thread> threads;
    for (int rank = 0; rank < size; rank++)
        threads.emplace_back([&store, &body, rank, size] {
            Member member(rank, size, store);
            member.expect_ok(member.code, "create");
            if (member.code == MHC_GROUP_OK)
                body(member);
        });
    for (std::thread &thread : threads)
        thread.join();
}

// A store of files, for ranks in several processes.
class FileStore {
  public:
    FileStore() {
        if (mkdtemp(folder_) == nullptr)
            throw std::runtime_error("no temporary folder");
    }

    ~FileStore() {
        if (std::system((std::string("rm -r ") + folder_).c_str()) != 0)
            std::perror(folder_);
    }

    FileStore(const FileStore &) = delete;
    FileStore &operator=(const FileStore &) = delete;

    static int set(void *user, const char *key, const void *data, int64_t size) {
        const std::string path = static_cast<FileStore *>(user)->path_of(key), aside = path + ".new";
        std::ofstream(aside, std::ios::binary).write(static_cast<const char *>(data), size);
        return std::rename(aside.c_str(), path.c_str());
    }

    static int64_t get(void *user, const char *key, void *buffer, int64_t capacity, int32_t timeout_ms) {
        const std::string path = static_cast<FileStore *>(user)->path_of(key);
        for (const double deadline = seconds() + timeout_ms / 1e3; seconds() < deadline; std::this_thread::yield()) {
            std::ifstream file(path, std::ios::binary);
            if (!file)
                continue;
            const std::string value((std::istreambuf_iterator<char>(file)), {});
            if (static_cast<int64_t>(value.size()) <= capacity)
                std::memcpy(buffer, value.data(), value.size());
            return static_cast<int64_t>(value.size());
        }
        return -1;
    }

  private:
    std::string path_of(std::string key) const {
        for (char &c : key)
            c = c == '/' ? '_' : c;
        return folder_ + ("/" + key);
    }

    char folder_[32] = "/tmp/mhc-store-XXXXXX";
};

// A peer in a process of its own that joins as rank 1 of 2, passes one barrier and then sends itself a signal.
class DoomedPeer {
  public:
    DoomedPeer(FileStore &store, int signal) : process_(fork()) {
        if (process_ != 0)
            return;
        Member member(1, 2, store);
        mhc_group_barrier(member.group, nullptr, 0);
        raise(signal);
        _exit(1);
    }

    ~DoomedPeer() {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }

    DoomedPeer(const DoomedPeer &) = delete;
    DoomedPeer &operator=(const DoomedPeer &) = delete;

  private:
    pid_t process_;
};

// Stands for the store and for the other rank of two: gloo is told where it is said to be, and it breaks the connection in the
// moment that it is made.
class VanishingPeer {
  public:
    enum class Role { connects, listens };

    explicit VanishingPeer(Role role) : role_(role) {}

    ~VanishingPeer() {
        if (thread_.joinable())
            thread_.join();
    }

    VanishingPeer(const VanishingPeer &) = delete;
    VanishingPeer &operator=(const VanishingPeer &) = delete;

    static int set(void *user, const char *, const void *data, int64_t size) {
        static_cast<VanishingPeer *>(user)->theirs_.assign(static_cast<const char *>(data), static_cast<size_t>(size));
        return 0;
    }

    static int64_t get(void *user, const char *, void *buffer, int64_t capacity, int32_t) {
        VanishingPeer &peer = *static_cast<VanishingPeer *>(user);
        if (peer.mine_.empty())
            peer.appear();
        if (static_cast<int64_t>(peer.mine_.size()) <= capacity)
            std::memcpy(buffer, peer.mine_.data(), peer.mine_.size());
        return static_cast<int64_t>(peer.mine_.size());
    }

  private:
    // The rank with the lower port waits for the other one to connect.
    void appear() {
        const size_t host = theirs_.find(std::string("\x7f\0\0\1", 4));
        if (host == std::string::npos)
            throw std::runtime_error("no address in what gloo has stored");
        const size_t at = host - offsetof(sockaddr_in, sin_addr);
        sockaddr_in address;
        std::memcpy(&address, theirs_.data() + at, sizeof address);
        const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
        int port = ntohs(address.sin_port);
        if (role_ == Role::connects) {
            expect(::connect(socket, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0, "connect: %m");
            reset(socket);
            port = 65535;
            address.sin_port = htons(static_cast<uint16_t>(port));
        } else {
            do
                address.sin_port = htons(static_cast<uint16_t>(--port));
            while (::bind(socket, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0 && port > 1024);
            expect(::listen(socket, 1) == 0, "listen: %m");
            thread_ = std::thread([socket] {
                pollfd waiting{socket, POLLIN, 0};
                if (::poll(&waiting, 1, kTimeout) == 1)
                    reset(::accept(socket, nullptr, nullptr));
                ::close(socket);
            });
        }
        mine_ = theirs_;
        std::memcpy(mine_.data() + at, &address, sizeof address);
    }

    // Closes with RST in place of FIN.
    static void reset(int socket) {
        const linger at_once{1, 0};
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        ::close(socket);
    }

    const Role role_;
    std::string theirs_, mine_;
    std::thread thread_;
};

} // namespace mhc::test
