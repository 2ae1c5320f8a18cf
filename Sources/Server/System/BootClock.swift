import Glibc

/// The clock that goes on while a machine sleeps, and that nobody sets.
enum BootClock {
    static func milliseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
    }
}
