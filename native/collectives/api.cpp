// The C ABI: checks, and exceptions turned into codes.
#include "addition.h"
#include "group.h"
#include "mhc_collectives.h"
#include "report.h"

#include <cstring>
#include <gloo/common/error.h>

using mhc::collectives::Aborted;
using mhc::collectives::CallbackStore;
using mhc::collectives::Dead;
using mhc::collectives::Group;
using mhc::collectives::Report;
using std::chrono::milliseconds;

struct mhc_group {
    template <class... A>
    explicit mhc_group(A &&...arguments) : group(std::forward<A>(arguments)...) {}

    Group group;
};

namespace {

// gloo reports a timeout only in words.
bool is_timeout(const std::exception &problem) {
    return std::strstr(problem.what(), "imed out") != nullptr;
}

template <class F>
int guarded(Report &report, const F &body) {
    if (report.code != MHC_GROUP_OK)
        return report.code;
    try {
        body();
        return MHC_GROUP_OK;
    } catch (const Aborted &problem) {
        return report.failed(MHC_GROUP_ERROR_ABORTED, problem.what());
    } catch (const Dead &problem) {
        return report.failed(MHC_GROUP_ERROR_DEAD, problem.what());
    } catch (const gloo::IoException &problem) {
        return report.failed(is_timeout(problem) ? MHC_GROUP_ERROR_TIMEOUT : MHC_GROUP_ERROR_PEER, problem.what());
    } catch (const std::exception &problem) {
        return report.failed(MHC_GROUP_ERROR_INTERNAL, problem.what());
    } catch (...) {
        return report.failed(MHC_GROUP_ERROR_INTERNAL, "unknown exception");
    }
}

} // namespace

extern "C" {

int mhc_group_create(mhc_group **group, const mhc_group_create_args *arguments, char *error, size_t error_size) {
    Report report{"create", error, error_size};
    report.require("group", group);
    if (group != nullptr)
        *group = nullptr;
    if (!report.known(arguments))
        return report.code;
    const mhc_group_create_args &a = *arguments;
    report.range("ranks", a.ranks, 1, 1 << 20);
    report.range("rank", a.rank, 0, int64_t{a.ranks} - 1);
    report.range("timeout_ms", a.timeout_ms, 1, INT32_MAX);
    if (a.ranks > 1) {
        report.require("host", a.host);
        if (a.host != nullptr && !mhc::collectives::is_address(a.host))
            report.reject("host: expected a numeric IP address, got '%.60s'", a.host);
        report.require("prefix", a.prefix);
        if (a.set == nullptr)
            report.reject("set: is null");
        if (a.get == nullptr)
            report.reject("get: is null");
    }
    if (report.code != MHC_GROUP_OK)
        return report.code;
    const milliseconds timeout(a.timeout_ms);
    try {
        if (a.ranks == 1) {
            *group = new mhc_group(timeout);
        } else {
            CallbackStore store(a.prefix, a.set, a.get, a.user, timeout);
            *group = new mhc_group(a.rank, a.ranks, a.host, store, timeout);
        }
        return MHC_GROUP_OK;
    } catch (const std::exception &problem) {
        return report.failed(MHC_GROUP_ERROR_CONNECT, problem.what());
    } catch (...) {
        return report.failed(MHC_GROUP_ERROR_INTERNAL, "unknown exception");
    }
}

int mhc_group_all_reduce(mhc_group *group, void *data, int64_t count, int32_t type, char *error, size_t error_size) {
    Report report{"all_reduce", error, error_size};
    report.require("group", group);
    report.size("count", count);
    report.type(type);
    report.elements("data", data, count, type == MHC_GROUP_BFLOAT16 ? 2 : 4);
    return guarded(report, [&] { group->group.all_reduce(data, static_cast<size_t>(count), type); });
}

int mhc_group_reduce_scatter(mhc_group *group, void *input, void *output, int64_t count, int32_t type, char *error,
                             size_t error_size) {
    Report report{"reduce_scatter", error, error_size};
    report.require("group", group);
    report.size("count", count);
    report.type(type);
    report.elements("input", input, count, type == MHC_GROUP_BFLOAT16 ? 2 : 4);
    report.elements("output", output, count, type == MHC_GROUP_BFLOAT16 ? 2 : 4);
    return guarded(report, [&] { group->group.reduce_scatter(input, output, static_cast<size_t>(count), type); });
}

int mhc_group_all_gather(mhc_group *group, const void *input, void *output, int64_t bytes, char *error, size_t error_size) {
    Report report{"all_gather", error, error_size};
    report.require("group", group);
    report.size("bytes", bytes);
    report.require("input", input, bytes);
    report.require("output", output, bytes);
    return guarded(report, [&] { group->group.all_gather(input, output, static_cast<size_t>(bytes)); });
}

int mhc_group_all_to_all(mhc_group *group, const void *input, void *output, int64_t bytes, char *error, size_t error_size) {
    Report report{"all_to_all", error, error_size};
    report.require("group", group);
    report.size("bytes", bytes);
    report.require("input", input, bytes);
    report.require("output", output, bytes);
    return guarded(report, [&] { group->group.all_to_all(input, output, static_cast<size_t>(bytes)); });
}

int mhc_group_bytes_sent(mhc_group *group, int64_t *bytes, char *error, size_t error_size) {
    Report report{"bytes_sent", error, error_size};
    report.require("group", group);
    report.require("bytes", bytes);
    return guarded(report, [&] { *bytes = group->group.bytes_sent(); });
}

int mhc_group_broadcast(mhc_group *group, void *data, int64_t bytes, int32_t root, char *error, size_t error_size) {
    Report report{"broadcast", error, error_size};
    report.require("group", group);
    report.size("bytes", bytes);
    report.require("data", data, bytes);
    if (group != nullptr)
        report.range("root", root, 0, group->group.size() - 1);
    return guarded(report, [&] { group->group.broadcast(data, static_cast<size_t>(bytes), root); });
}

int mhc_group_barrier(mhc_group *group, char *error, size_t error_size) {
    Report report{"barrier", error, error_size};
    report.require("group", group);
    return guarded(report, [&] { group->group.barrier(); });
}

int mhc_group_set_timeout(mhc_group *group, int32_t timeout_ms, char *error, size_t error_size) {
    Report report{"set_timeout", error, error_size};
    report.require("group", group);
    report.range("timeout_ms", timeout_ms, 1, INT32_MAX);
    return guarded(report, [&] { group->group.set_timeout(milliseconds(timeout_ms)); });
}

int mhc_group_abort(mhc_group *group, char *error, size_t error_size) {
    Report report{"abort", error, error_size};
    report.require("group", group);
    return guarded(report, [&] { group->group.abort(); });
}

int mhc_group_destroy(mhc_group *group, char *error, size_t error_size) {
    Report report{"destroy", error, error_size};
    return guarded(report, [&] { delete group; });
}

} // extern "C"
