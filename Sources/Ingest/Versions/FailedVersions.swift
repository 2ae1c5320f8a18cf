import ColumnStore
import Query

/// Of documents the newest of their versions that FAILED since an instant, and whether a later one had come by then, charged to a query's memory as long as anybody has them.
///
/// There may be as many as documents that a registrar has refused since.
final class FailedVersions: Sendable {
    struct Newest: Equatable {
        var version: Int64
        /// A later one had come by the instant, which had not FAILED by then.
        var isOvertaken = false

        /// Whether another version of the document was newer at the instant: one that failed since, or a later one.
        func leavesOut(_ version: Int64) -> Bool { version < self.version || isOvertaken && version == self.version }
    }

    private let newest: [VersionKey: Newest]
    private let charge: QueryCharge

    private init(_ newest: [VersionKey: Newest], _ charge: QueryCharge) { (self.newest, self.charge) = (newest, charge) }

    var isEmpty: Bool { newest.isEmpty }
    subscript(_ key: VersionKey) -> Newest? { newest[key] }

    /// Gathers them, in any order; then the others.
    struct Maker {
        private var newest: [VersionKey: Newest] = [:]
        private let charge: QueryCharge
        /// Charged and not used yet.
        private var room = 0

        /// Of an entry beside its texts: its place in a table that is copied as it doubles, and two arrays.
        private static let entryByteCount = 320
        /// Asked for at a time.
        private static let stepByteCount = 64 << 10

        /// - Parameters: as `QueryCharge`'s.
        init(_ memory: MemoryBudget?, page: PageMemory? = nil) { charge = QueryCharge(memory, page: page, of: "the versions that failed since the instant that is asked for") }

        /// - Throws: as `QueryCharge.add`.
        mutating func add(_ key: VersionKey, _ version: Int64) throws {
            if let known = newest[key] {
                newest[key] = Newest(version: max(known.version, version))
                return
            }
            let byteCount = Self.entryByteCount + key.client.count + key.receipt.count
            if byteCount > room {
                let more = max(byteCount, Self.stepByteCount)
                try charge.add(more)
                room = room.addingSaturating(more)
            }
            room -= byteCount
            newest[key] = Newest(version: version)
        }

        var isEmpty: Bool { newest.isEmpty }

        /// Of their documents, in no order; nil where they are more than `countMax`.
        func receipts(countMax: Int) -> [[UInt8]]? { newest.count > countMax ? nil : Array(Set(newest.keys.map(\.receipt))) }

        /// A version had come by the instant, and had not FAILED by then.
        mutating func overtake(_ key: VersionKey, by version: Int64) {
            guard let known = newest[key], known.version < version else { return }
            newest[key] = Newest(version: known.version, isOvertaken: true)
        }

        var made: FailedVersions { FailedVersions(newest, charge) }
    }
}
