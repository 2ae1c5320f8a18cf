import ColumnStore
import Query
import Synchronization

/// Of documents the newest of their versions that FAILED since an instant, charged to a query's memory as long as anybody has them.
///
/// There may be as many as documents that a registrar has refused since.
final class FailedVersions: Sendable {
    private let newest: [VersionKey: Int64]
    private let charge: Charge

    private init(_ newest: [VersionKey: Int64], _ charge: Charge) { (self.newest, self.charge) = (newest, charge) }

    var isEmpty: Bool { newest.isEmpty }
    subscript(_ key: VersionKey) -> Int64? { newest[key] }

    /// Given back with whoever holds it last.
    private final class Charge: Sendable {
        private let memory: MemoryBudget?
        private let byteCount = Atomic<Int>(0)

        init(_ memory: MemoryBudget?) { self.memory = memory }

        deinit { memory?.release(byteCount.load(ordering: .relaxed)) }

        func add(_ more: Int) throws(QueryError) {
            guard let memory else { return }
            guard memory.reserve(more, isHeld: true) else { throw QueryError.outOfMemory("the versions that failed since the instant that is asked for") }
            byteCount.wrappingAdd(more, ordering: .relaxed)
        }
    }

    /// Gathers them, in any order.
    struct Maker {
        private var newest: [VersionKey: Int64] = [:]
        private let charge: Charge
        /// Charged and not used yet.
        private var room = 0

        /// Of an entry beside its texts: its place in a table that is copied as it doubles, and two arrays.
        private static let entryByteCount = 320
        /// Asked for at a time.
        private static let stepByteCount = 64 << 10

        /// - Parameter memory: nil for what is no query's.
        init(_ memory: MemoryBudget?) { charge = Charge(memory) }

        /// - Throws: spill-full where the query has no memory for it.
        mutating func add(_ key: VersionKey, _ version: Int64) throws(QueryError) {
            if let known = newest[key] {
                newest[key] = max(known, version)
                return
            }
            let byteCount = Self.entryByteCount + key.client.count + key.receipt.count
            if byteCount > room {
                let more = max(byteCount, Self.stepByteCount)
                try charge.add(more)
                room = room.addingSaturating(more)
            }
            room -= byteCount
            newest[key] = version
        }

        var made: FailedVersions { FailedVersions(newest, charge) }
    }
}
