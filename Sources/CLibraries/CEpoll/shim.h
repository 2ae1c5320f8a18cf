#include <sys/epoll.h>
#include <time.h>

/// The constants as plain numbers: Swift's Glibc module leaves epoll out.
static inline int till_epoll_add(int epoll, int descriptor) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.fd = descriptor}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}
static inline int till_epoll_remove(int epoll, int descriptor) {
    return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, 0);
}
/// epoll_wait with a timeout in microseconds.
static inline int till_epoll_wait(int epoll, struct epoll_event *events, int count, long microseconds) {
    struct timespec time = {.tv_sec = microseconds / 1000000, .tv_nsec = microseconds % 1000000 * 1000};
    return epoll_pwait2(epoll, events, count, &time, NULL);
}
