internal import ColumnStore
internal import Glibc
internal import Synchronization

/// Where queries put what does not fit in memory, and how much of it they may.
///
/// One for all queries of an engine, which each of them has as its owner's; safe from any thread.
///
/// 1. What owners have is part of `used`; one without bytes is not in `owned`.
/// 2. An owner has at most half of what others leave: however many take theirs, there is room for one more.
package final class SpillSpace: Sendable {
    /// What others need of a disk, which may be the one of the rows: a store takes no receipts where less is free.
    package struct Room: Sendable, Equatable {
        /// Where they write.
        package let directory: String
        package let byteCount: Int

        package init(directory: String, byteCount: Int) { (self.directory, self.byteCount) = (directory, byteCount) }
    }

    /// A file system.
    struct Disk {
        let number: UInt64
        let freeByteCount: Int
    }

    private struct State {
        var used = 0
        /// By the bytes of their names: names that are canonically equivalent are not one.
        var owned: [[UInt8]: Int] = [:]
        /// Bytes that may be taken before the disk is looked at.
        var untilLook = 0
    }

    private final class Shared: Sendable {
        let directory: String
        let byteCountMax: Int
        let room: Room?
        /// Of a directory; nil: it cannot be told.
        let disk: @Sendable (String) -> Disk?
        let state = Mutex(State())

        init(directory: String, byteCountMax: Int, room: Room?, disk: @escaping @Sendable (String) -> Disk?) {
            (self.directory, self.byteCountMax, self.room, self.disk) = (directory, byteCountMax, room, disk)
        }
    }

    /// A look is a system call.
    static let lookByteCount = 32 << 20
    /// So much more than the room stays free: others write too, and queries do between two looks.
    static let marginByteCount = 256 << 20

    private let shared: Shared
    private let owner: [UInt8]?

    private init(_ shared: Shared, owner: [UInt8]?) { (self.shared, self.owner) = (shared, owner) }

    /// - Parameter disk: of a directory; another for tests.
    convenience init(directory: String, byteCountMax: Int, room: Room?, disk: @escaping @Sendable (String) -> Disk?) {
        self.init(Shared(directory: directory, byteCountMax: byteCountMax, room: room, disk: disk), owner: nil)
    }

    /// - Parameter room: what stays free; nil: whatever queries leave.
    package convenience init(directory: String, byteCountMax: Int, room: Room? = nil) {
        self.init(directory: directory, byteCountMax: byteCountMax, room: room) { SpillSpace.disk(of: $0) }
    }

    /// The same space, of which `owner` has a share; nil has all that is left.
    package func of(_ owner: String?) -> SpillSpace { SpillSpace(shared, owner: owner.map { Array($0.utf8) }) }

    package var directory: String { shared.directory }
    package var byteCountMax: Int { shared.byteCountMax }
    /// Of all owners.
    package var usedByteCount: Int { shared.state.withLock { $0.used } }

    /// Counts bytes that are about to be written.
    /// - Throws: `spillFull` past what there is, or may be taken; the count stays as it was then.
    func take(_ byteCount: Int) throws(QueryError) {
        let isToLook = try shared.state.withLock { (state) throws(QueryError) -> Bool in
            let used = state.used.addingSaturating(byteCount)
            guard used <= byteCountMax else { throw Self.full("than there is left for queries") }
            if let owner {
                let owned = (state.owned[owner] ?? 0).addingSaturating(byteCount)
                // As much as is free beside it.
                guard owned <= byteCountMax - used else { throw Self.full("than those of one contract may take: half of what those of others leave") }
                state.owned[owner] = owned
            }
            state.used = used
            state.untilLook = state.untilLook.subtractingSaturating(byteCount)
            guard shared.room != nil, state.untilLook <= 0 else { return false }
            state.untilLook = Self.lookByteCount
            return true
        }
        guard isToLook, isShort else { return }
        give(byteCount)
        // Whoever comes next looks, too.
        shared.state.withLock { $0.untilLook = 0 }
        throw Self.full("than may be taken: limits.min_free, and a little more, stays free for receipts")
    }

    /// Of bytes whose blocks are free again.
    func give(_ byteCount: Int) {
        shared.state.withLock { state in
            state.used -= byteCount
            guard let owner, let owned = state.owned[owner] else { return }
            state.owned[owner] = owned > byteCount ? owned - byteCount : nil
        }
    }

    private static func full(_ bound: String) -> QueryError { QueryError(.spillFull, "the query needs more disk for its intermediate rows \(bound)") }

    /// Whether what others need is not free. Rows on another disk than theirs take none of it: its own end is enough for those.
    private var isShort: Bool {
        guard let room = shared.room else { return false }
        guard let own = shared.disk(shared.directory), let theirs = shared.disk(room.directory), own.number == theirs.number else { return false }
        return theirs.freeByteCount < room.byteCount.addingSaturating(Self.marginByteCount)
    }

    private static func disk(of directory: String) -> Disk? {
        var information = stat(), status = statvfs()
        guard stat(directory, &information) == 0, statvfs(directory, &status) == 0 else { return nil }
        return Disk(number: UInt64(information.st_dev), freeByteCount: Int(clamping: UInt64(status.f_bavail).multipliedSaturating(by: UInt64(status.f_frsize))))
    }
}
