import ColumnStore
import Documents
import Glibc

/// What a move of the warehouse did.
package struct WarehouseMoveSummary: Sendable, Equatable {
    /// As `storage.url` is to say from now on; nil: null.
    package var place: String?
    package var tableCount = 0
    package var fileCount = 0
    package var byteCount: Int64 = 0
    /// Those that an attempt before had not copied yet.
    package var copiedFileCount = 0
    package var copiedByteCount: Int64 = 0
    /// Files at the former place that somebody reads still, or that could not be removed: they go later.
    package var leftFileCount = 0

    package init() {}
}

/// Moves all cold tables to another place while the store works.
///
/// 1. The place is made ours: it is empty, or has what an attempt of this store that was cut off has left there.
/// 2. The data files of the present versions are copied, each against the hash that the catalog has, while compactions go on. A file of that name and
///    length that is there already was copied whole: data files have names that are never used again, and appear whole or not at all.
/// 3. While compactions wait, what has come meanwhile is copied, and each table gets metadata for its new place.
/// 4. One transaction of the catalog names the new place and its objects, and the former ones as what may go. Until then nothing has changed.
/// 5. Readers that begin from now on read there; the former objects go when the last that reads them has ended.
///
/// Used once, by one thread.
final class WarehouseMove {
    private let compactor: Compactor
    private let target: any StorageFactory
    private let isCancelled: () -> Bool
    private let progress: (_ byteCount: Int64, _ path: String) -> Void
    private var summary = WarehouseMoveSummary()
    /// By table and key: what is at the new place by now.
    private var copied: Set<String> = []

    /// - Parameters:
    ///   - target: another place than the present one.
    ///   - isCancelled: asked between the pieces of files.
    init(
        _ compactor: Compactor, to target: any StorageFactory, isCancelled: @escaping () -> Bool,
        progress: @escaping (_ byteCount: Int64, _ path: String) -> Void
    ) {
        (self.compactor, self.target, self.isCancelled, self.progress) = (compactor, target, isCancelled, progress)
    }

    private var directory: DataDirectory { compactor.cold.directory }

    /// - Throws: `DataDirectory.Failure` for a place that is not free, `UnusablePlace`, `DayCompactor.Cancelled`, `.corruptFile` naming a file that is not as it was written.
    func run() throws -> WarehouseMoveSummary {
        summary.place = target.location
        let catalog = compactor.catalog
        if let damaged = try catalog.damagedFiles().first { throw damaged }
        if target.location == nil { try checkOwnPlace() }
        let claim = try takePlace(catalog)
        try compactor.withoutRemovals {
            for (_, table) in compactor.tier.boundary.snapshot().warehouse { try copyData(of: table) }
            try compactor.exclusively { try moveTables(claim) }
        }
        summary.leftFileCount = try compactor.removeFormer()
        return summary
    }

    /// Why nothing can be put where the tables are to go.
    struct UnusablePlace: Error, CustomStringConvertible {
        let place: String
        let reason: ColumnStoreError

        var description: String { "\(place) cannot be read or written: \(reason.detail); name an empty place that the server may write to" }
    }

    /// - Throws: `UnusablePlace` for one that takes no object, `DataDirectory.Failure` for one that is another's.
    private func takePlace(_ catalog: Catalog) throws -> WarehouseClaim? {
        do {
            try target.check()
            return try WarehouseClaim.take(target, store: catalog.storeID, generation: catalog.mark.generation)
        } catch let error as ColumnStoreError where !FileSystemFault.isOfRoom(error.systemError) {
            throw UnusablePlace(place: target.location ?? directory.warehousePath, reason: error)
        }
    }

    /// The store's own directory needs no owner's object: nothing but what a move has left may lie there.
    private func checkOwnPlace() throws {
        let known = Set(compactor.tier.boundary.snapshot().warehouse.flatMap { [$0.name, TableName.shown($0.name)] })
        if let other = try target.tables(in: directory.warehousePath).first(where: { !known.contains($0) }) {
            throw DataDirectory.Failure.notEmpty(path: "\(directory.warehousePath)/\(other)")
        }
    }

    private func storage(_ table: String) throws -> any ObjectStorage { try target.storage(of: table, in: directory.warehousePath, calls: LinuxFileSystem()) }

    // MARK: Files

    /// Called twice for each table: once beside compactions, once while they wait, when only what is new is left to copy.
    ///
    /// - Returns: the table's present data files at the new place.
    @discardableResult
    private func copyData(of table: ColdTable) throws -> [Catalog.ColdObject] {
        let (target, hashes) = (try storage(table.name), try compactor.catalog.coldHashes(of: table.name))
        var objects: [Catalog.ColdObject] = []
        for key in try table.iceberg.presentKeys().data {
            let object = try known(key, hashes, of: table, .data)
            objects.append(object)
            guard copied.insert("\(table.name)/\(key)").inserted else { continue }
            summary.fileCount += 1
            summary.byteCount += object.byteCount
            if let present = try target.byteCount(of: key) {
                if present == object.byteCount { continue }
                try target.delete(key, .named("it is not what the store has under that name"))
            }
            try copy(object, of: table, to: target)
        }
        return objects
    }

    private func known(
        _ key: String, _ hashes: [String: (byteCount: Int64, sha256: [UInt8])], of table: ColdTable, _ kind: Catalog.ColdObject.Kind
    ) throws -> Catalog.ColdObject {
        guard let known = hashes[key] else {
            throw ColumnStoreError(.corruptFile, path: table.iceberg.storage.place(of: key), "is in the table, but the catalog does not know it")
        }
        return Catalog.ColdObject(key: key, kind: kind, byteCount: known.byteCount, sha256: known.sha256)
    }

    private func copy(_ object: Catalog.ColdObject, of table: ColdTable, to target: any ObjectStorage) throws {
        progress(summary.copiedByteCount, table.iceberg.storage.place(of: object.key))
        try FileCopy.copy(
            object.key, from: table.iceberg.storage, to: target, as: object.key, byteCount: object.byteCount, sha256: object.sha256,
            beforeEachPiece: { if isCancelled() || compactor.isStopping { throw DayCompactor.Cancelled() } })
        summary.copiedFileCount += 1
        summary.copiedByteCount += object.byteCount
    }

    // MARK: The switch

    /// - Precondition: within `Compactor.exclusively`.
    private func moveTables(_ claim: WarehouseClaim?) throws {
        try compactor.catalog.checkUsable()
        let former = directory.storages
        var moved: [Catalog.MovedTable] = []
        var present: [String: ColdTable] = [:]
        var views: [(table: String, key: String)] = []
        let snapshot = compactor.tier.boundary.snapshot()
        for (name, table) in snapshot.warehouse {
            let data = try copyData(of: table)
            let (iceberg, objects) = try makeMetadata(of: table)
            moved.append(.init(name: name, version: iceberg.version, objects: data + objects, unnamed: ["metadata/version-hint.text"]))
            present[name] = table.next(iceberg)
            summary.tableCount += 1
            guard TableName.kind(of: name).publishesNewest else { continue }
            let view = TableName.shown(name)
            try former.storage(of: view, in: directory.warehousePath, calls: LinuxFileSystem()).list(prefix: "metadata/") { views.append((view, $0.key)) }
        }
        let rollups = try snapshot.rollups.values.map { try $0.moved(to: present) }
        // Sums that no rollup has any more.
        let left = try compactor.catalog.rollupTables().keys.filter { present[$0] == nil }
        try compactor.catalog.moveWarehouse(to: target.location, from: former.location, moved, views: views, left: left)
        directory.move(to: target, claim)
        compactor.tier.boundary.replace([], cold: present.filter { snapshot.cold[$0.key] != nil }, rollups: rollups)
        // What the next start goes by where the catalog is lost; a start that finds the former place here believes the catalog.
        do {
            try StoreFormat(store: compactor.catalog.storeID, generation: compactor.catalog.mark.generation, warehouse: target.location).write(directory.path)
            try compactor.publishNewest()
        } catch {
            StoreLog.note("the warehouse was moved, and not all follows it yet", path: directory.warehouseName, reason: StoreLog.text(error), level: .warning)
        }
        StoreLog.note("moved the warehouse", path: directory.warehouseName, reason: "it was in \(former.location ?? directory.warehousePath)", level: .warning)
        compactor.keepFilters()
    }

    /// A version of the table that names every file where it is now, and knows no earlier one.
    ///
    /// The present metadata is copied as it is, read where it lies then, and written anew with other paths; the copies go again.
    private func makeMetadata(of table: ColdTable) throws -> (Table, [Catalog.ColdObject]) {
        let target = try storage(table.name)
        var left: [String] = []
        try target.list(prefix: "metadata/") { left.append($0.key) }
        for key in left { try target.delete(key, .named("an attempt to move the warehouse that was cut off had left it")) }
        let hashes = try compactor.catalog.coldHashes(of: table.name)
        let old = try table.iceberg.presentKeys().metadata
        for key in old { try copy(try known(key, hashes, of: table, .metadata), of: table, to: target) }
        let commit = try Table.open(compactor.cold.proven(target, of: table.name), version: table.iceberg.version, marks: compactor.cold.marks).relocate()
        for key in old { try target.delete(key, .named("the move has made a version for this place")) }
        return (commit.table, commit.written.map { .init(key: $0.key, kind: .metadata, byteCount: $0.byteCount, sha256: $0.sha256) })
    }
}
