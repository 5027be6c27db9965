/// C ABI of libmhc_collectives.so: collective operations between the processes of a gang, over gloo's TCP transport.
///
/// The processes find each other through a key-value store that the caller supplies as two functions. Rules:
/// - Every function returns MHC_GROUP_OK or one of the negative codes; then `error` (where `error_size` > 0) holds a
///   zero-terminated message. Nothing is thrown.
/// - All ranks must call the same collectives in the same order with the same sizes. A call blocks until this rank's part is
///   done. Calls on one group from several threads are safe and run one after another; groups are independent.
/// - A peer that dies is reported at once (MHC_GROUP_ERROR_PEER), one that stops answering after the timeout
///   (MHC_GROUP_ERROR_TIMEOUT). After any error but MHC_GROUP_ERROR_ARGUMENT the group is dead, contents of the buffers are
///   undefined, and every later call fails with MHC_GROUP_ERROR_DEAD: destroy it and build a new one under a new prefix.
///   The process must ignore SIGPIPE, as .NET does: gloo writes to sockets whose other end may be gone.
/// - Sums are taken in an order that depends on rank, size and count only: every rank gets the same bits, in every run.
#ifndef MHC_COLLECTIVES_H
#define MHC_COLLECTIVES_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define MHC_GROUP_API __attribute__((visibility("default")))
#else
#define MHC_GROUP_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum {
    MHC_GROUP_OK = 0,
    MHC_GROUP_ERROR_ARGUMENT = -1, ///< An argument is null, negative, out of range or of another version; nothing was sent.
    MHC_GROUP_ERROR_CONNECT = -2,  ///< The group could not be formed: store, interface or connection failed.
    MHC_GROUP_ERROR_TIMEOUT = -3,  ///< A peer did not do its part in time.
    MHC_GROUP_ERROR_PEER = -4,     ///< A connection to a peer broke: it died or left the group.
    MHC_GROUP_ERROR_ABORTED = -5,  ///< mhc_group_abort was called.
    MHC_GROUP_ERROR_DEAD = -6,     ///< An earlier call failed; the group is of no more use.
    MHC_GROUP_ERROR_INTERNAL = -7  ///< Anything else, out of memory for instance.
};

/// Element types of the operations that add.
enum {
    MHC_GROUP_FLOAT32 = 0, ///< 4 bytes each.
    MHC_GROUP_BFLOAT16 = 1 ///< 2 bytes each; every addition rounds to nearest even.
};

typedef struct mhc_group mhc_group;

/// Stores `size` bytes under `key`, a zero-terminated string. Returns 0, or a negative number on failure.
/// Called only inside mhc_group_create, on its thread.
typedef int (*mhc_store_set)(void *user, const char *key, const void *data, int64_t size);

/// Waits until `key` exists and copies its value to `buffer` if it fits. Returns the value's size in bytes (which may exceed
/// `capacity`: the function is then called again with enough), or a negative number on failure or after `timeout_ms`.
/// Called only inside mhc_group_create, on its thread.
typedef int64_t (*mhc_store_get)(void *user, const char *key, void *buffer, int64_t capacity, int32_t timeout_ms);

/// Of mhc_group_create. `size` is the version, by the rules of mhc.h.
typedef struct mhc_group_create_args {
    uint32_t size;      ///< Bytes of this struct, as the caller compiled it.
    int32_t rank;       ///< 0..ranks-1
    int32_t ranks;      ///< Number of processes, 1 or more; with 1 host and store are not used and may be null.
    int32_t timeout_ms; ///< 1 or more; limit of this call's waits and of every later collective on this group.
    const char *host;   ///< Numeric IP address of this process, on which peers can reach it.
    const char *prefix; ///< Put before every key; must differ for each attempt to form a group on the same store.
    mhc_store_set set;  ///< Of the store; not null, unless there is one process.
    mhc_store_get get;  ///< Of the store; not null, unless there is one process.
    void *user;         ///< Passed to set and get.
} mhc_group_create_args;

/// Connects this process with all others of the group; returns when every pair is connected.
/// @param group  receives the group; null on failure
MHC_GROUP_API int mhc_group_create(mhc_group **group, const mhc_group_create_args *arguments, char *error, size_t error_size);

/// data = sum over all ranks of data, in place.
/// @param data   [count] of `type`
/// @param type   MHC_GROUP_FLOAT32 or MHC_GROUP_BFLOAT16
MHC_GROUP_API int mhc_group_all_reduce(mhc_group *group, void *data, int64_t count, int32_t type, char *error,
                                       size_t error_size);

/// output = this rank's block of the sum over all ranks of input. A ring: each rank sends ranks-1 blocks.
/// @param input   [ranks, count] of `type`; overwritten with partial sums
/// @param output  [count], block `rank` of the sum; may be that block of input itself
MHC_GROUP_API int mhc_group_reduce_scatter(mhc_group *group, void *input, void *output, int64_t count, int32_t type,
                                           char *error, size_t error_size);

/// output = the inputs of all ranks, in order of rank.
/// @param input   [bytes]; may be block `rank` of output itself
/// @param output  [ranks, bytes]
MHC_GROUP_API int mhc_group_all_gather(mhc_group *group, const void *input, void *output, int64_t bytes, char *error,
                                       size_t error_size);

/// output = the blocks that all ranks have for this one, in order of rank.
/// @param input   [ranks, bytes]; block r goes to rank r
/// @param output  [ranks, bytes]; block r comes from rank r; must not overlap input
MHC_GROUP_API int mhc_group_all_to_all(mhc_group *group, const void *input, void *output, int64_t bytes, char *error,
                                       size_t error_size);

/// data of rank `root` replaces data everywhere.
/// @param data  [bytes]
MHC_GROUP_API int mhc_group_broadcast(mhc_group *group, void *data, int64_t bytes, int32_t root, char *error,
                                      size_t error_size);

/// Returns after every rank has called it.
MHC_GROUP_API int mhc_group_barrier(mhc_group *group, char *error, size_t error_size);

/// Changes the limit of later collectives. @param timeout_ms  1 or more
MHC_GROUP_API int mhc_group_set_timeout(mhc_group *group, int32_t timeout_ms, char *error, size_t error_size);

/// @param bytes  receives what this rank has sent to its peers so far, without the headers of gloo and TCP
MHC_GROUP_API int mhc_group_bytes_sent(mhc_group *group, int64_t *bytes, char *error, size_t error_size);

/// Makes a collective that blocks in another thread, and all later ones, fail with MHC_GROUP_ERROR_ABORTED, and closes the
/// connections, so that peers see this rank as gone. May be called at any time before mhc_group_destroy, more than once.
MHC_GROUP_API int mhc_group_abort(mhc_group *group, char *error, size_t error_size);

/// Closes the connections and frees the group. No other call on it may be running. Null is allowed.
MHC_GROUP_API int mhc_group_destroy(mhc_group *group, char *error, size_t error_size);

/// Formats of float32 values on the wire. The integers come in blocks of 128 values (the last one padded with zeros), each of
/// which begins with its scale in bfloat16; a block with a value that is not finite comes out as NaN.
enum {
    MHC_WIRE_BFLOAT16 = 0, ///< 2 bytes a value, rounded to nearest even.
    MHC_WIRE_INT8 = 1,     ///< 130 bytes for 128 values: scale * (-127..127).
    MHC_WIRE_INT4 = 2      ///< 66 bytes for 128 values: scale * (-7..7).
};

/// @param bytes  receives the size of `count` values in `format`
MHC_GROUP_API int mhc_wire_size(int32_t format, int64_t count, int64_t *bytes, char *error, size_t error_size);

/// wire = values in `format`; values -= what the wire says, so that what was lost can be added to the next ones.
/// @param values  [count]
/// @param wire    as many bytes as mhc_wire_size says
MHC_GROUP_API int mhc_wire_encode(int32_t format, float *values, int64_t count, void *wire, char *error, size_t error_size);

/// values += what the wire says.
/// @param wire    from mhc_wire_encode of as many values
/// @param values  [count]
MHC_GROUP_API int mhc_wire_add(int32_t format, const void *wire, float *values, int64_t count, char *error, size_t error_size);

#ifdef __cplusplus
}
#endif

#endif
