package import ColumnStore
import Glibc

/// What kind of storage a store's cold tables have. Everything above asks its `DataDirectory` for an `ObjectStorage`; another kind is another
/// factory, given to whoever opens the store.
///
/// Day files, the catalog and what lies beside them are SQLite's, and so files by nature: they have `FileStorage`.
package protocol StorageFactory: Sendable {
    /// Tables that have objects, in no order.
    ///
    /// - Parameter warehouse: of the store, as a path below its directory.
    func tables(in warehouse: String) throws -> [String]

    /// Where a table's objects are.
    func storage(of table: String, in warehouse: String, calls: any FileSystemCalls) throws(ColumnStoreError) -> any ObjectStorage

    /// A storage with the very objects of `storage` under another location, which a table's metadata names; nil where they are not the same.
    func storage(at location: String, sameAs storage: any ObjectStorage, calls: any FileSystemCalls) throws(ColumnStoreError) -> (any ObjectStorage)?
}

/// Directories below the store's own: the one place that makes a storage of files.
package struct LocalStorageFactory: StorageFactory {
    package init() {}

    package func tables(in warehouse: String) throws -> [String] {
        access(warehouse, F_OK) == 0 ? try DataDirectory.names(in: warehouse) : []
    }

    package func storage(of table: String, in warehouse: String, calls: any FileSystemCalls) throws(ColumnStoreError) -> any ObjectStorage {
        try LocalStorage(root: "\(warehouse)/\(table)", calls: calls)
    }

    package func storage(
        at location: String, sameAs storage: any ObjectStorage, calls: any FileSystemCalls
    ) throws(ColumnStoreError) -> (any ObjectStorage)? {
        let scheme = "file://"
        guard let here = storage as? any FileStorage, location.hasPrefix(scheme) else { return nil }
        let former = String(location.dropFirst(scheme.utf8.count))
        // The same directory by another path, through a link or a mount.
        var (one, other) = (stat(), stat())
        guard stat(former, &one) == 0, stat(here.root, &other) == 0, one.st_dev == other.st_dev, one.st_ino == other.st_ino else { return nil }
        return try LocalStorage(root: former, calls: calls)
    }

    /// The files of a directory of this machine.
    package static func files(_ root: String) throws(ColumnStoreError) -> any FileStorage { try LocalStorage(root: root) }
}
