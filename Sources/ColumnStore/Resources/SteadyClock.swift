internal import Glibc

/// A clock that only goes forward and that nobody sets: for waits, deadlines and rates.
package enum SteadyClock {
    package static func nanoseconds() -> UInt64 { read(CLOCK_MONOTONIC) }

    /// The same, going on while the machine is suspended: for what is held against the clock on the wall, or against another machine, which do so too. Otherwise a machine that
    /// has slept would look as if its clock had been set.
    package static func bootNanoseconds() -> UInt64 { read(CLOCK_BOOTTIME) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    package static func seconds() -> Double { Double(nanoseconds()) / 1e9 }
}
