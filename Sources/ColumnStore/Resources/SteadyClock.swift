internal import Glibc

/// A clock that only goes forward and that nobody sets: for waits, deadlines and rates.
package enum SteadyClock {
    package static func nanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }

    package static func seconds() -> Double { Double(nanoseconds()) / 1e9 }
}
