#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <microhttpd.h>

/// Swift cannot call variadic functions: the options go in as the array that MHD_OPTION_ARRAY takes.
static inline struct MHD_Daemon *till_mhd_start(
    unsigned int flags, uint16_t port, MHD_AcceptPolicyCallback accept, void *accept_context,
    MHD_AccessHandlerCallback handler, void *handler_context, struct MHD_OptionItem *options) {
    return MHD_start_daemon(
        flags, port, accept, accept_context, handler, handler_context, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

/// Two more of its calls are variadic.
static inline const union MHD_DaemonInfo *till_mhd_connection_count_info(struct MHD_Daemon *daemon) {
    return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
}

static inline int till_mhd_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info ? info->connect_fd : -1;
}

/// An eventfd among what a daemon without threads of its own waits for; -1 when there is none to be had. An event without a pointer is
/// passed over by the library: it only ends the wait.
static inline int till_mhd_wakeup(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    if (!info) return -1;
    int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {.ptr = 0}};
    if (descriptor >= 0 && epoll_ctl(info->epoll_fd, EPOLL_CTL_ADD, descriptor, &event) != 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

/// What the daemon's connection callback stored for this connection.
static inline void *till_mhd_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : 0;
}

/// GnuTLS's session; NULL without TLS, or once the connection is being cleaned up.
static inline void *till_mhd_tls_session(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info ? info->tls_session : 0;
}

/// How many bytes the head has, from the method to behind the empty line; 0 before it is whole.
static inline size_t till_mhd_head_size(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info ? info->header_size : 0;
}
