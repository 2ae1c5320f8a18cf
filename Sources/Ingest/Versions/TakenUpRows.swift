import Synchronization

/// Which rows of a hot file became PROCESSING again, and by which changes, as far as anybody has asked: rows that a registrar was asked about anew after they had FAILED.
///
/// Each page of a walk asks for those since its beginning. There are few, among as many changes as there are receipts that registrars decide about: what one page has gone through the next
/// ones need not.
///
/// 1. All changes of `range` were looked at, and those that took a row up again are `changes`, by rising sequences.
/// 2. They are what is committed, and so never change.
final class TakenUpRows: Sendable {
    struct Change: Equatable, Sendable {
        let sequence: Int64
        let row: Int64
    }

    private struct Known: Sendable {
        /// Exclusive.
        var first: Int64
        /// Inclusive.
        var last: Int64
        var changes: [Change]
    }

    private let known = Mutex<Known?>(nil)

    /// 256 KiB of a file. Of more nothing is kept, and each page reads them from the file.
    static let countMax = 16 << 10
    /// What is read of a file at a time: one more tells that there are others.
    static let readCountMax = Int64(countMax) + 1

    /// - Parameters:
    ///   - sequence: exclusive.
    ///   - last: inclusive; no later one is committed for the caller.
    ///   - read: those of a range of changes, `readCountMax` at most, from the file.
    /// - Returns: nil where there are more than are kept.
    func changes(after sequence: Int64, through last: Int64, _ read: (_ after: Int64, _ through: Int64) throws -> [Change]) throws -> [Change]? {
        guard sequence < last else { return [] }
        var all = known.withLock { $0 } ?? Known(first: sequence, last: sequence, changes: [])
        if sequence < all.first {
            all.changes = try read(sequence, all.first) + all.changes
            all.first = sequence
        }
        // With what lies between, which the next walk may ask for.
        if last > all.last {
            all.changes += try read(all.last, last)
            all.last = last
        }
        guard all.changes.count <= Self.countMax else { return nil }
        let found = all
        known.withLock { known in
            // Others may have come further meanwhile.
            if known.map({ found.first <= $0.first && found.last >= $0.last }) ?? true { known = found }
        }
        return found.changes.filter { sequence < $0.sequence && $0.sequence <= last }
    }
}
