#define _GNU_SOURCE
#include "mapfaults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* In the thread's own block, which is there from its begin: a handler may not have it made. */
static __thread volatile unsigned long faults __attribute__((tls_model("initial-exec")));
static struct sigaction before;
static uintptr_t page_size;

static int digit(char sign) {
    if (sign >= '0' && sign <= '9') return sign - '0';
    if (sign >= 'a' && sign <= 'f') return sign - 'a' + 10;
    return -1;
}

/* Whether the address is of a map as SQLite makes them to read. A line of proc_pid_maps(5) is "begin-end rwxs offset device inode  path"; nothing is called here but open, read and close, as a handler may. */
static int is_of_database(uintptr_t address) {
    static const char wanted_access[] = "r--s", wanted_name[] = ".sqlite";
    enum { BEGIN, END, ACCESS, NAME } field = BEGIN;
    uintptr_t begin = 0, end = 0;
    int access = 0, is_read_only = 1, matched = 0;
    char piece[2048];
    int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (maps < 0) return 0;
    for (;;) {
        ssize_t count = read(maps, piece, sizeof piece);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        for (ssize_t index = 0; index < count; index++) {
            char sign = piece[index];
            if (sign == '\n') {
                /* Each address is of one map. */
                if (field == NAME && address >= begin && address < end) {
                    close(maps);
                    return is_read_only && wanted_name[matched] == 0;
                }
                field = BEGIN;
                begin = end = 0;
                access = matched = 0;
                is_read_only = 1;
                continue;
            }
            switch (field) {
            case BEGIN:
                if (sign == '-') field = END;
                else if (digit(sign) >= 0) begin = begin << 4 | (uintptr_t)digit(sign);
                break;
            case END:
                if (sign == ' ') field = ACCESS;
                else if (digit(sign) >= 0) end = end << 4 | (uintptr_t)digit(sign);
                break;
            case ACCESS:
                if (access < 4) is_read_only &= sign == wanted_access[access++];
                else field = NAME;
                break;
            case NAME:
                /* Its first sign comes once in the name that is looked for. What begins with a line behind it is the log's index: SQLite writes that, and what it reads there is for all its connections. */
                if (wanted_name[matched] == 0) matched = sign == '-' ? 0 : matched;
                else if (sign == wanted_name[matched]) matched++;
                else matched = sign == wanted_name[0];
                break;
            }
        }
    }
    close(maps);
    return 0;
}

static void take(int number, siginfo_t *info, void *context) {
    (void)context;
    int saved = errno;
    uintptr_t address = (uintptr_t)info->si_addr;
    /* The system sends it with a code above 0, others with one that is not. */
    if (info->si_code > 0 && is_of_database(address)) {
        void *page = (void *)(address & ~(page_size - 1));
        if (mmap(page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page) {
            faults++;
            errno = saved;
            return;
        }
    }
    /* The same read comes again behind this, and is answered as if nobody had asked; what was sent is sent again. */
    sigaction(SIGBUS, &before, NULL);
    if (info->si_code <= 0) raise(number);
    errno = saved;
}

int till_map_faults_take(void) {
    struct sigaction own = {0};
    long size = sysconf(_SC_PAGESIZE);
    page_size = size > 0 ? (uintptr_t)size : 4096;
    own.sa_sigaction = take;
    own.sa_flags = SA_SIGINFO | SA_RESTART;
    sigemptyset(&own.sa_mask);
    return sigaction(SIGBUS, &own, &before) == 0 ? 0 : errno;
}

unsigned long till_map_faults(void) { return faults; }
