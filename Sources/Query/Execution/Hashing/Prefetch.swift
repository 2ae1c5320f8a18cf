internal import CPrefetch

/// Has memory brought near before it is needed: tables that outgrow the processor's own caches are waited for at every look-up, as the comparison that follows
/// can go on only with what was read, and a wrong guess at it throws away what was begun of the rows behind.
///
/// Asked for a block of rows at a time, the waits of all of them go on together. Of what lies in the caches already the hints are pure cost, about a nanosecond each
/// (`docs/decisions/0015-grouping.md`).
enum Prefetch {
    /// Rows whose places are asked for together: as many lines as fit half of a first-level cache of 32 KiB.
    static let rowCount = 256
    /// Tables of fewer bytes stay in a second-level cache.
    static let tableByteCountMin = 1 << 18

    /// Any address will do: what cannot be read is not fetched.
    @inline(__always)
    static func touch(_ place: UnsafeRawPointer?) { till_prefetch(place) }

    /// Calls `body` with ranges that are `rows` together, each of a block.
    @inline(__always)
    static func blocks(_ rows: Range<Int>, _ body: (Range<Int>) -> Void) {
        var start = rows.lowerBound
        while start < rows.upperBound {
            let end = min(start &+ rowCount, rows.upperBound)
            body(start..<end)
            start = end
        }
    }
}
