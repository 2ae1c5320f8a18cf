// Puts the wall clock of a process back (LD_PRELOAD): thirty days of hot files are made in minutes, each under its own day.
// TILL_BENCH_CLOCK holds the seconds to add, usually negative. Clocks for waiting stay as they are.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    static long shift;
    if (!real) {
        const char *text = getenv("TILL_BENCH_CLOCK");
        shift = text ? atol(text) : 0;
        real = dlsym(RTLD_NEXT, "clock_gettime");
    }
    int result = real(clock, time);
    if (result == 0 && clock == CLOCK_REALTIME) time->tv_sec += shift;
    return result;
}
