import Glibc

/// Directories of this machine, below the store's own or elsewhere: the one place that makes a storage of files.
package struct LocalStorageFactory: StorageFactory {
    /// Absolute; nil: where the store's directory has it.
    private let path: String?

    /// - Parameter path: absolute, of the directory that has the tables'; nil: the store's own.
    package init(path: String? = nil) { self.path = path }

    package var location: String? { path.map { "file://\($0)" } }
    package var root: (any WarehouseRoot)? { path.map { LocalWarehouseRoot(path: $0) } }

    package func tables(in warehouse: String) throws -> [String] {
        let place = path ?? warehouse
        guard access(place, F_OK) == 0 else { return [] }
        guard let stream = opendir(place) else { throw ColumnStoreError.system("list", key: place) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) } }
            if name != ".", name != "..", path == nil || name != WarehouseKey.owner && !name.hasSuffix(LocalWarehouseRoot.lockEnding) { names.append(name) }
        }
        return names
    }

    package func storage(of table: String, in warehouse: String, calls: any FileSystemCalls) throws(ColumnStoreError) -> any ObjectStorage {
        try LocalStorage(root: "\(path ?? warehouse)/\(table)", calls: calls)
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
    package static func files(_ root: String, calls: any FileSystemCalls = LinuxFileSystem()) throws(ColumnStoreError) -> any FileStorage { try LocalStorage(root: root, calls: calls) }
}
