import ColumnStore
import Glibc

/// Where the catalog says that cold tables lie, against where the settings say so: a store that is opened with the wrong ones would seem to have lost its
/// tables, or begin new ones beside them.
enum WarehousePlace {
    /// Among the catalog's single values.
    static let key = "warehouse"
    /// Of a store's own directory, in messages.
    private static let own = "its own directory (storage.url null)"

    /// Before anything is changed. It reads the catalog: whoever wants to know of its log asks before that (`StoreProof.checkLog`, `KeptIndex`).
    ///
    /// - Throws: `DataDirectory.Failure.warehouseElsewhere`, `.warehouseTaken` by another store.
    static func check(_ directory: DataDirectory) throws {
        // What cannot be read is the business of others, who say so.
        let format = (try? StoreFormat.read(directory.path)) ?? nil
        let configured = directory.storages.location
        var store = format?.store
        if let catalog = try catalog(directory) {
            defer { catalog.close() }
            // A member of a pair that has not led has no FORMAT.
            if store == nil, DataDirectory.isOfCluster(directory.path) { store = catalog.storeID }
            let known = try known(catalog)
            if known != configured, try !catalog.coldVersions().isEmpty { throw elsewhere(known, configured) }
        } else if let known = format?.warehouse, known != configured {
            throw elsewhere(known, configured)
        }
        guard let owner = try WarehouseOwner.read(directory.storages)?.owner, owner.store != store else { return }
        // A store that was cut off before its first start was noted has no id yet, and no tables either.
        throw DataDirectory.Failure.warehouseTaken(location: configured ?? own, by: owner.store, own: store, host: owner.host)
    }

    /// As it is, also of a version before this one, which a start has not changed yet; nil where there is none that can be read.
    private static func catalog(_ directory: DataDirectory) throws -> Catalog? {
        // Not opened where it is empty: SQLite would throw its log away.
        guard access(directory.catalogPath, F_OK) == 0, try !DatabaseFile.isEmpty(directory.catalogPath) else { return nil }
        guard let catalog = try? Catalog(unmigratedPath: directory.catalogPath) else { return nil }
        guard let version = try? catalog.version, (1...Int64(CatalogSchema.migrations.count)).contains(version) else {
            catalog.close()
            return nil
        }
        return catalog
    }

    private static func elsewhere(_ known: String?, _ configured: String?) -> DataDirectory.Failure {
        .warehouseElsewhere(known: known ?? own, configured: configured ?? own)
    }

    /// Makes the place this store's, and remembers it.
    ///
    /// - Throws: `DataDirectory.Failure.warehouseTaken`, `.warehouseForeign`.
    /// - Precondition: `check` found nothing against it.
    static func take(_ directory: DataDirectory, _ catalog: Catalog) throws {
        let storages = directory.storages
        let known = try known(catalog)
        let isOwn = try known != nil && known == storages.location && !catalog.coldVersions().isEmpty
        directory.keep(try WarehouseClaim.take(storages, store: catalog.storeID, generation: catalog.mark.generation, isOwn: isOwn))
        if known != storages.location { try note(storages.location, in: catalog) }
    }

    static func note(_ location: String?, in catalog: Catalog) throws { try catalog.set(key, Array((location ?? "").utf8)) }

    static func note(_ location: String?, _ connection: SQLiteConnection) throws {
        let statement = try connection.statement("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")
        try statement.bind(1, key)
        try statement.bind(2, Array((location ?? "").utf8))
        try statement.run()
    }

    /// nil: in the store's directory.
    static func known(_ catalog: Catalog) throws -> String? {
        guard let bytes = try catalog.bytes(key), !bytes.isEmpty else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
