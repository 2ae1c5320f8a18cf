import ColumnStore
import Synchronization

extension Compactor {
    /// Removes what moves have left behind, as far as nobody reads it; what cannot be reached is tried again.
    ///
    /// - Returns: how many objects are left.
    @discardableResult
    func removeFormer() throws -> Int {
        var left = 0
        for place in try catalog.formerPlaces() {
            let storages: any StorageFactory
            do { storages = try cold.openPlace(place.isEmpty ? nil : place) } catch {
                StoreLog.note("cannot clear the former place of the warehouse", path: place, reason: "\(error)", level: .warning)
                left += try catalog.formerObjects(at: place, limit: .max).count
                continue
            }
            do { left += try clear(place, storages) } catch let error as ColumnStoreError {
                StoreLog.note("cannot clear the former place of the warehouse", path: place, reason: "\(error)", level: .warning)
                left += try catalog.formerObjects(at: place, limit: .max).count
            }
        }
        return left
    }

    private func clear(_ place: String, _ storages: any StorageFactory) throws -> Int {
        // Its present place is no former one.
        guard storages.location != cold.directory.storages.location else { return 0 }
        let tables = tier.boundary.snapshot().warehouse.map(\.table.versions) + formerRollups.withLock { Array($0.values) }
        while true {
            if isEnding { throw DayCompactor.Cancelled() }
            let objects = try catalog.formerObjects(at: place, limit: 1_000)
            guard !objects.isEmpty else { break }
            var gone: [(table: String, key: String)] = []
            for (table, key) in objects {
                let storage = try storages.storage(of: table, in: cold.directory.warehousePath, calls: LinuxFileSystem())
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
