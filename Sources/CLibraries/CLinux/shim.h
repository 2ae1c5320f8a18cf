/* System calls that glibc has no function for, or hides from strict C.
   No header here may hold types that Swift's own module of glibc has (<time.h>, <pthread.h>): a clean build would take them for this module's, and every file that names `timespec` would not build. */
#include <sys/syscall.h>
#include <unistd.h>

/* glibc's search in linear time whatever the bytes. */
void *memmem(const void *text, size_t length, const void *wanted, size_t wanted_length);

static inline const void *till_find(const void *text, size_t length, const void *wanted, size_t wanted_length) {
    return memmem(text, length, wanted, wanted_length);
}

/* pthread_cond_clockwait(3) by its symbol, with pointers to glibc's own condition, mutex and timespec. */
int till_clockwait(void *condition, void *mutex, int clock, const void *deadline) __asm__("pthread_cond_clockwait");

/* Waits for a condition until an instant of the steady clock; 0, or ETIMEDOUT. The wait names its clock: libraries that shift the wall clock of a process (libfaketime) take no part in it,
   which end `pthread_cond_timedwait` at once where they know a condition's clock wrong. */
static inline int till_wait_until(void *condition, void *mutex, const void *deadline) {
    const int monotonic = 1;
    return till_clockwait(condition, mutex, monotonic, deadline);
}

/* Puts the calling thread's reads and writes into the class "idle" (ioprio_set(2)); 0 for success. */
static inline int till_ioprio_idle(void) {
    const int who_process = 1, class_idle = 3, class_shift = 13;
    return (int)syscall(SYS_ioprio_set, who_process, 0, class_idle << class_shift);
}

/* Takes a lease for writing (fcntl(2), F_SETLEASE), which the system grants only while nobody else has the file open; 0 for success. */
static inline int till_take_write_lease(int descriptor) {
    const int set_lease = 1024, for_writing = 1;
    return (int)syscall(SYS_fcntl, descriptor, set_lease, for_writing);
}

/* Gives the blocks of a range of a file back to the file system (fallocate(2), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE); 0 for success. */
static inline int till_free_blocks(int descriptor, long long offset, long long length) {
    const int keep_size = 1, punch_hole = 2;
    return (int)syscall(SYS_fallocate, descriptor, keep_size | punch_hole, (off_t)offset, (off_t)length);
}

/* How many pages of a range of a file lie in the system's cache (cachestat(2), Linux 6.5); -1 where the system does not say. */
static inline long long till_cached_pages(int descriptor, long long offset, long long length) {
    struct { unsigned long long offset, length; } range = {(unsigned long long)offset, (unsigned long long)length};
    struct { unsigned long long cached, dirty, written, evicted, lately; } found = {0, 0, 0, 0, 0};
    const long cachestat = 451;
    return syscall(cachestat, descriptor, &range, &found, 0) == 0 ? (long long)found.cached : -1;
}

/* What a file is and how many names it has (statx(2)), without its times: who asks for the times of a file makes each of its next writes have a time of its own (Linux 6.13), and a sync of
   those has the inode to write as well as the bytes. The struct is the kernel's (linux/stat.h), by its offsets. `path` may be "" for the descriptor's own file. 0 for success. */
static inline int till_look_at_file(int descriptor, const char *path, unsigned long long *device, unsigned long long *number, unsigned int *name_count) {
    struct {
        unsigned int mask, block_size;
        unsigned long long attributes;
        unsigned int links, user, group;
        unsigned short mode, unused;
        unsigned long long number, size, blocks, attributes_mask;
        struct { long long seconds; unsigned int nanoseconds; int unused; } times[4];
        unsigned int own_major, own_minor, device_major, device_minor;
        unsigned long long rest[14];
    } found;
    const int empty_path = 0x1000;
    const unsigned int wants_links = 0x4, wants_number = 0x100;
    if (syscall(SYS_statx, descriptor, path, *path ? 0 : empty_path, wants_links | wants_number, &found) != 0) return -1;
    *device = (unsigned long long)found.device_major << 32 | found.device_minor;
    *number = found.number;
    *name_count = found.links;
    return 0;
}
