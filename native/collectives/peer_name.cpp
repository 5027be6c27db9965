// gloo's, but that a peer which is gone again has no name instead of being an exception. gloo asks for the name when a
// connection has been made, on a thread of its own where nobody can catch anything: a peer that died in that moment, or a port
// scan, ended the process. With no name gloo goes on, reads from the connection and reports that it is broken.
#include <gloo/transport/tcp/address.h>

namespace gloo::transport::tcp {

__attribute__((visibility("default"))) Address Address::fromPeerName(int fd) {
    sockaddr_storage peer = {};
    socklen_t size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr *>(&peer), &size) != 0)
        peer.ss_family = AF_INET; // gloo prints the address: 0.0.0.0
    return Address(peer);
}

} // namespace gloo::transport::tcp
