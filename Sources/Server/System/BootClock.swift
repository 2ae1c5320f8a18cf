internal import ColumnStore

/// The clock that goes on while a machine sleeps, and that nobody sets.
enum BootClock {
    static func milliseconds() -> Int { Int(SteadyClock.bootNanoseconds() / 1_000_000) }
}
