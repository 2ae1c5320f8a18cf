#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <microhttpd.h>

/// Swift cannot call variadic functions: the options go in as the array that MHD_OPTION_ARRAY takes.
static inline struct MHD_Daemon *till_mhd_start(
    unsigned int flags, uint16_t port, MHD_AcceptPolicyCallback accept, void *accept_context,
    MHD_AccessHandlerCallback handler, void *handler_context, struct MHD_OptionItem *options) {
    return MHD_start_daemon(
        flags, port, accept, accept_context, handler, handler_context, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

/// Two more of its calls are variadic.
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

/// The other end's address.
static inline const struct sockaddr *till_mhd_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? info->client_addr : 0;
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

/// Makes the library call `replacement` for a function of another library, `name`: its own table of such functions is changed, nobody else's.
/// Returns how many places were changed; 0 where the library has none, or its table is not what is expected.
static inline int till_mhd_replace(const char *name, const void *replacement) {
    struct link_map *library = (struct link_map *)dlopen("libmicrohttpd.so.12", RTLD_LAZY | RTLD_NOLOAD);
    if (!library) return 0;
    const ElfW(Sym) *symbols = 0;
    const char *names = 0;
    const ElfW(Rela) *tables[2] = {0, 0};
    size_t sizes[2] = {0, 0};
    int is_bound = 0;
    for (const ElfW(Dyn) *entry = library->l_ld; entry->d_tag != DT_NULL; entry++) {
        switch (entry->d_tag) {
        case DT_SYMTAB: symbols = (const ElfW(Sym) *)entry->d_un.d_ptr; break;
        case DT_STRTAB: names = (const char *)entry->d_un.d_ptr; break;
        case DT_JMPREL: tables[0] = (const ElfW(Rela) *)entry->d_un.d_ptr; break;
        case DT_PLTRELSZ: sizes[0] = entry->d_un.d_val; break;
        case DT_RELA: tables[1] = (const ElfW(Rela) *)entry->d_un.d_ptr; break;
        case DT_RELASZ: sizes[1] = entry->d_un.d_val; break;
        case DT_FLAGS_1: is_bound = (entry->d_un.d_val & DF_1_NOW) != 0; break;
        }
    }
    int count = 0;
    for (int table = 0; symbols && names && table < 2; table++) {
        for (size_t i = 0; tables[table] && i < sizes[table] / sizeof(ElfW(Rela)); i++) {
            const ElfW(Rela) *place = &tables[table][i];
            size_t symbol = ELF64_R_SYM(place->r_info);
            if (symbol == 0 || strcmp(names + symbols[symbol].st_name, name) != 0) continue;
            const void **slot = (const void **)(library->l_addr + place->r_offset);
            size_t page = (size_t)sysconf(_SC_PAGESIZE);
            void *start = (void *)((size_t)slot & ~(page - 1));
            if (mprotect(start, page, PROT_READ | PROT_WRITE) != 0) continue;
            *slot = replacement;
            // Of a library that is bound bit by bit the table must stay as it was: writable.
            if (is_bound) mprotect(start, page, PROT_READ);
            count++;
        }
    }
    dlclose(library);
    return count;
}
