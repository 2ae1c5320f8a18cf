import ColumnStore
import Synchronization

/// What lay elsewhere before the warehouse was moved (`WarehouseMove`).
extension Compactor {
    /// Removes what moves have left behind, as far as nobody reads it; what cannot be reached, or an end comes between, is tried again.
    ///
    /// - Returns: how many objects are left.
    /// - Throws: where the catalog cannot be read; never `DayCompactor.Cancelled`: a move that has come so far is done, whatever its former place has still.
    @discardableResult
    func removeFormer() throws -> Int {
        var left = 0
        for place in try catalog.formerPlaces() {
            do { left += try clear(place, try cold.openPlace(place.isEmpty ? nil : place)) } catch {
                StoreLog.note("cannot clear the former place of the warehouse", path: place, reason: StoreLog.text(error), level: .warning)
                left += try catalog.formerObjects(at: place, limit: .max).count
            }
        }
        return left
    }

    /// A thousand objects at a time, so that what was removed is noted before the next.
    private func clear(_ place: String, _ storages: any StorageFactory) throws -> Int {
        // Its present place is no former one.
        guard storages.location != cold.directory.storages.location else { return 0 }
        let tables = tier.boundary.snapshot().warehouse.map(\.table.versions) + formerRollups.withLock { Array($0.values) }
        while true {
            let objects = try catalog.formerObjects(at: place, limit: 1_000)
            guard !objects.isEmpty else { break }
            if isEnding { return try catalog.formerObjects(at: place, limit: .max).count }
            var gone: [(table: String, key: String)] = []
            for (table, key) in objects {
                let storage = try storages.storage(of: table, in: cold.directory.warehousePath, calls: LinuxFileSystem())
                // A snapshot that somebody holds may still lead there.
                if tables.contains(where: { $0.isRead(at: storage.location(of: "")) }) { return try catalog.formerObjects(at: place, limit: .max).count }
                try storage.delete(key, .named("the warehouse was moved to \(cold.directory.warehouseName), which has all of it"))
                gone.append((table, key))
            }
            try catalog.forgetFormer(at: place, gone)
        }
        try storages.root?.remove(WarehouseOwner.key, .named("the warehouse was moved to \(cold.directory.warehouseName)"))
        return 0
    }
}

/// Rollups that are declared, changed and deleted while the compactor makes their sums.
struct FilledRollups: RollupBoundary {
    let compactor: Compactor

    var rollups: [String: RollupState] { compactor.tier.boundary.rollups }
    func coldTable(_ name: String) -> ColdTable? { compactor.tier.boundary.coldTable(name) }

    /// The sums of the one that was there may go once nobody reads them, and those that are to lie in their place wait for that: whoever reads them last wakes who makes those.
    @discardableResult
    func set(_ rollup: RollupState?, named name: String) -> RollupState? {
        // Both at once, as `isLeft` looks at both: else sums that are read would be taken for nobody's.
        compactor.formerRollups.withLock { former in
            let present = compactor.tier.boundary.set(rollup, named: name)
            guard let table = present?.table else { return present }
            table.versions.whenLeft { [weak compactor] in compactor?.fill() }
            former[table.name] = table.versions
            return present
        }
    }
}

extension Compactor {
    /// Whether a table of sums is of a rollup that was changed or deleted, and nobody reads it.
    ///
    /// - Parameter number: of the rollup that it was made for.
    func isLeft(_ table: String, _ number: Int64) -> Bool {
        let name = String(table.dropFirst(RollupDefinition.tableName(of: "").utf8.count))
        return formerRollups.withLock { former in
            tier.boundary.rollups[name]?.number != number && (former[table]?.snapshotsInUse().isEmpty ?? true)
        }
    }
}
