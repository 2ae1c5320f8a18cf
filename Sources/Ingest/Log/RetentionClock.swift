import ColumnStore

/// Whether the clock that retention goes by can be believed: held against that of the place, by the time that it gives an object which this machine has just put there.
///
/// By a clock that is days ahead everything seems to be days old, and what the instants of the last day need would go. A directory of this machine has this machine's clock, and tells nothing.
enum RetentionClock {
    /// Between the put and the look some minutes may pass. By so much less than a day is kept at worst. Microseconds.
    static let aheadMax: Int64 = 3_600_000_000

    struct Ahead: Error, CustomStringConvertible {
        /// Microseconds.
        let ahead: Int64
        var description: String {
            "the clock of this machine is \(ahead / 1_000_000) s ahead of the place's, by what was put there last: nothing is removed, and what is there stays until a checkpoint has come after the clock was set right"
        }
    }

    /// - Parameters:
    ///   - key: of an object that this machine has put just now.
    ///   - now: microseconds since 1970.
    /// - Returns: microseconds; 0 where the clock is not ahead, or the place does not tell.
    static func ahead(of key: String, in objects: any ObjectStorage, now: Int64) throws(ColumnStoreError) -> Int64 {
        var came: Int64 = 0
        try objects.list(prefix: key) { if $0.key == key { came = $0.modifiedMilliseconds } }
        return came > 0 ? max(0, now.subtractingSaturating(came.multipliedSaturating(by: 1_000))) : 0
    }
}
