import ColumnStore
import Documents
import Synchronization

/// What is known of the views of versioned tables without a look at the storage, by the names of their histories.
struct KnownViews {
    private var found: [String: (isThere: Bool, place: String?)] = [:]
    /// By a clock that nobody sets, in seconds.
    fileprivate var tidiedAt: [String: Double] = [:]

    /// - Parameter place: of the warehouse: what was seen at another says nothing.
    func isThere(_ history: String, at place: String?) -> Bool? {
        guard let known = found[history], known.place == place else { return nil }
        return known.isThere
    }

    mutating func note(_ history: String, isThere: Bool, at place: String?) { found[history] = (isThere, place) }
    mutating func forget(_ history: String) { found[history] = nil }
}

/// What outside engines see of versioned tables (`NewestView`), for those who ask for it.
extension Compactor {
    /// Whether they find the newest versions of a table. The storage is asked where this process has published nothing of it, and once.
    func showsNewest(of history: ColdTable) throws -> Bool {
        let place = cold.directory.storages.location
        if let known = views.withLock({ $0.isThere(history.name, at: place) }) { return known }
        let isThere = try cold.showsNewest(of: history)
        return views.withLock { views in
            // Published meanwhile.
            if let known = views.isThere(history.name, at: place) { return known }
            views.note(history.name, isThere: isThere, at: place)
            return isThere
        }
    }

    /// The storage is not asked.
    func isKnownToShowNewest(of history: ColdTable) -> Bool { views.withLock { $0.isThere(history.name, at: cold.directory.storages.location) } ?? false }

    /// What they find; nil where that is nothing.
    func newest(of history: ColdTable) throws -> Table? {
        let table = try cold.newest(of: history)
        if table == nil { views.withLock { $0.forget(history.name) } }
        return table
    }

    /// Removes a view's earlier versions, and puts aside what attempts have left among its metadata. Once a day: all that it leads to is read from the storage for that.
    ///
    /// - Parameter cutoff: as of `ColdTier.removeOrphans`.
    /// - Precondition: called within `exclusively`.
    func tidyView(of history: ColdTable, before cutoff: Int64) throws {
        guard TableName.kind(of: history.name).publishesNewest else { return }
        let now = SteadyClock.seconds()
        if let last = views.withLock({ $0.tidiedAt[history.name] }), now - last < Self.viewSeconds { return }
        // Whatever comes of it: what is in its way is in that of the next compaction as well.
        views.withLock { $0.tidiedAt[history.name] = now }
        try cold.removeOrphans(ofViewOf: history, before: cutoff)
    }

    private static let viewSeconds = 86_400.0
}
