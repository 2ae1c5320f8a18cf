import ColumnStore
import Documents
import Synchronization

/// The views of a store: in the catalog, and at hand for every question.
///
/// Memory gets what the catalog has once that is durable: changes come one after the other, and whoever only looks waits for none.
final class SavedViews: Sendable {
    private let catalog: Catalog
    /// Held for as long as a change takes, which may be long: the catalog has others to serve.
    private let changing = Mutex(())
    private let views: Mutex<[String: SavedView]>

    init(catalog: Catalog) throws {
        self.catalog = catalog
        views = Mutex(try catalog.views())
    }

    /// By name.
    var all: [String: SavedView] { views.withLock { $0 } }

    /// At most `limit` in the order of their names, those behind one.
    func listed(after name: String?, limit: Int) -> [SavedView] {
        let sorted = all.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        return Array(sorted.drop { view in name.map { !$0.utf8.lexicographicallyPrecedes(view.name.utf8) } ?? false }.prefix(limit))
    }

    /// Durable when it returns.
    func put(_ view: SavedView) throws -> PutOutcome {
        try changing.withLock { _ in
            let present = all[view.name]
            var stored = view
            stored.putAt = present?.putAt ?? 0
            if stored == present { return .unchanged }
            stored.putAt = catalog.now
            try catalog.put(stored)
            views.withLock { $0[view.name] = stored }
            return present == nil ? .created : .replaced
        }
    }

    /// - Returns: the first of the views that read it, which keep it; nil: it is gone, durably.
    /// - Throws: `Fault` not-found.
    /// - Complexity: O(views).
    func delete(_ name: String) throws -> String? {
        try changing.withLock { _ in
            let present = all
            guard present[name] != nil else { throw Fault(.notFound, "there is no view of this name") }
            if let reader = present.values.filter({ $0.name != name && $0.reads.contains(name) }).map(\.name).min() { return reader }
            try catalog.deleteView(name)
            views.withLock { $0[name] = nil }
            return nil
        }
    }
}

extension Catalog {
    fileprivate func views() throws -> [String: SavedView] {
        try read { connection in
            let select = try connection.statement("SELECT name, query, description, columns, reads, put_at FROM views")
            defer { select.reset() }
            var found: [String: SavedView] = [:]
            while try select.step() {
                let name = select.text(0)
                found[name] = try SavedView(
                    name: name, query: select.text(1), description: select.isNull(2) ? nil : select.text(2), columns: select.bytes(3), reads: select.bytes(4),
                    putAt: select.int64(5))
            }
            return found
        }
    }

    fileprivate func put(_ view: SavedView) throws {
        try write { connection in
            let insert = try connection.statement("INSERT OR REPLACE INTO views(name, query, description, columns, reads, put_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
            try insert.bind(1, view.name)
            try insert.bind(2, view.query)
            try insert.bind(3, view.description)
            try insert.bind(4, view.columnsJSON)
            try insert.bind(5, view.readsJSON)
            insert.bind(6, view.putAt)
            try insert.run()
        }
    }

    fileprivate func deleteView(_ name: String) throws {
        try write { connection in
            let delete = try connection.statement("DELETE FROM views WHERE name = ?1")
            try delete.bind(1, name)
            try delete.run()
        }
    }
}
