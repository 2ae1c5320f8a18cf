package import ColumnStore
import Glibc

/// Makes a store out of a backup, in a directory that is empty or not there.
///
/// Each file is hashed on its way; a wrong one ends it, is named, and nothing stays. The format file comes last, and only the note of
/// the restore goes after it (`RestoreNote`): one that was cut off leaves a directory that no program takes for a store. Cold tables go where the settings say; that place must be empty.
package struct Restore {
    package struct Summary: Sendable {
        package var fileCount = 0
        package var byteCount: Int64 = 0
        /// Microseconds since 1970: the state's time.
        package var madeAt: Int64 = 0
    }

    private let source: any ObjectStorage
    private let manifest: BackupManifest
    private let target: any FileStorage
    private let storages: any StorageFactory
    private let progress: (_ done: Int64, _ all: Int64) -> Void
    /// Called once all but the format file is there.
    var finish: () throws -> Void = {}
    /// Versions of tables get higher numbers, now and ever after: asked once, when all files are there.
    var floor: () throws -> Int = { 0 }
    /// What the warehouse's place is taken with: files there are removed again only where it still says so.
    private let owner: WarehouseOwner
    /// DATA and what is above it, as far as they are not there yet, the deepest first: nothing of them stays after a failure.
    private let missing: [String]

    /// - Throws: `ColumnStoreError` when the source has no sound manifest; `DataDirectory.Failure` when the directory has something in it.
    package init(
        source: String, bucket: (any ObjectStorage)? = nil, directory: String, storages: any StorageFactory = LocalStorageFactory(),
        progress: @escaping (_ done: Int64, _ all: Int64) -> Void = { _, _ in }
    ) throws {
        self.storages = storages
        let place = try BackupPlace(path: source, bucket: bucket)
        self.source = place.storage
        self.progress = progress
        manifest = try Self.manifest(place)
        owner = WarehouseOwner(store: manifest.store, generation: 0)
        target = try LocalStorageFactory.files(directory)
        missing = Self.missing(on: target.root)
    }

    /// A backup whose manifest is at hand.
    init(
        manifest: BackupManifest, source: any ObjectStorage, directory: String, storages: any StorageFactory,
        progress: @escaping (_ done: Int64, _ all: Int64) -> Void
    ) throws {
        (self.manifest, self.source, self.storages, self.progress) = (manifest, source, storages, progress)
        owner = WarehouseOwner(store: manifest.store, generation: 0)
        target = try LocalStorageFactory.files(directory)
        missing = Self.missing(on: target.root)
    }

    /// The deepest first.
    private static func missing(on path: String) -> [String] {
        var missing: [String] = []
        var parts = path.split(separator: "/")
        while !parts.isEmpty {
            let directory = "/\(parts.joined(separator: "/"))"
            guard access(directory, F_OK) != 0, errno == ENOENT else { break }
            missing.append(directory)
            parts.removeLast()
        }
        return missing
    }

    private static func manifest(_ source: BackupPlace) throws -> BackupManifest {
        guard try source.storage.byteCount(of: BackupManifest.key) != nil else {
            throw ColumnStoreError(.notFound, path: source.name, "has no complete backup: \(BackupManifest.key) is not there")
        }
        let bytes = try source.storage.get(BackupManifest.key, byteCountMax: BackupManifest.byteCountMax)
        return try BackupManifest.parse(bytes, path: "\(source.name)/\(BackupManifest.key)")
    }

    /// - Throws: `DataDirectory.Failure` where the directory or the warehouse is not empty, `.corruptFile` naming a file of the backup that is not
    ///   as it was written.
    package func run() throws -> Summary {
        if let root = storages.root, try !root.isEmpty() {
            let reason = wasCutOffInWarehouse ? "\(Self.leftWords), unless it is still under way, or has made a store that was not started yet" : nil
            throw DataDirectory.Failure.notEmpty(path: storages.location ?? "", because: reason)
        }
        let directory: DataDirectory
        do { directory = try DataDirectory(newPath: target.root, storages: storages) } catch {
            removeMade()
            if case .notEmpty(let path, _)? = error as? DataDirectory.Failure, let words = wordsOfLeft { throw DataDirectory.Failure.notEmpty(path: path, because: words) }
            throw error
        }
        defer { directory.release() }
        do {
            try target.put(RestoreNote.name, noteBytes)
            // Ours before anything lies there; the first start takes it over.
            try WarehouseClaim.takeEmpty(storages, owner)
            var summary = Summary()
            summary.madeAt = manifest.madeAt
            let all = manifest.files.reduce(0 as Int64) { $0.addingSaturating($1.byteCount) }
            for file in manifest.files {
                let (storage, key) = try place(of: file.path, directory)
                try FileCopy.copy(file.name, from: source, to: storage, as: key, byteCount: file.byteCount, sha256: file.sha256)
                if file.path == DataDirectory.adminKeyName { chmod("\(target.root)/\(file.path)", 0o600) }
                summary.fileCount += 1
                summary.byteCount = summary.byteCount.addingSaturating(file.byteCount)
                progress(summary.byteCount, all)
            }
            try relocate(directory)
            return summary
        } catch {
            removeEverything(directory)
            throw error
        }
    }

    // MARK: One that was cut off

    private static let doneWords = "a restore of this store is complete there, and was not started yet: start it, or name another directory"
    private static let leftWords = "a restore of this store that was cut off has left it: remove it, and begin again"

    private var noteBytes: [UInt8] { Array("till-restore 1\nstore \(manifest.store)\n".utf8) }

    /// What a restore of this store has left in DATA; nil where none has. What cannot be read says nothing.
    private var wordsOfLeft: String? {
        guard !isUnderWay else { return nil }
        do { guard try target.get(RestoreNote.name, byteCountMax: 1 << 12) == noteBytes else { return nil } } catch { return nil }
        return access("\(target.root)/FORMAT", F_OK) == 0 ? Self.doneWords : Self.leftWords
    }

    /// Whether somebody holds DATA: another restore, which goes on.
    private var isUnderWay: Bool {
        let lock = open("\(target.root)/LOCK", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        guard lock >= 0 else { return false }
        defer { close(lock) }
        return flock(lock, LOCK_EX | LOCK_NB) != 0
    }

    /// The same of a warehouse elsewhere: only a first start raises the generation that a restore takes it with.
    private var wasCutOffInWarehouse: Bool {
        do {
            guard let found = try WarehouseOwner.read(storages)?.owner else { return false }
            return found.store == owner.store && found.generation == owner.generation
        } catch { return false }
    }

    /// Takes back a store that was restored just now, and that nobody has opened.
    func undo() {
        guard let directory = try? DataDirectory(path: target.root, making: .never, storages: storages) else { return }
        defer { directory.release() }
        removeEverything(directory)
    }

    /// Objects of cold tables go to the warehouse, all else below DATA.
    private func place(of path: String, _ directory: DataDirectory) throws -> (storage: any ObjectStorage, key: String) {
        let parts = path.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == "warehouse", !parts[1].isEmpty else { return (target, path) }
        return (try directory.cold(parts[1]), parts[2])
    }

    /// Metadata and manifests name absolute paths, and earlier snapshots are not part of a backup.
    ///
    /// Each table gets a version for its place, which the catalog names before the metadata that came from the backup go.
    ///
    /// - Throws: `.corruptFile` also where the catalog, or a table's metadata, names a file that was not among those that were copied.
    private func relocate(_ directory: DataDirectory) throws {
        let catalog = try Catalog(path: directory.catalogPath)
        let copied = Dictionary(manifest.files.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        for file in try catalog.hotFiles() where file.state == .known {
            let path = "hot/\(HotFileName.text(day: file.day, part: file.part)).sqlite"
            guard copied[path] != nil else { throw ColumnStoreError(.corruptFile, path: catalog.path, "names \(path), which is not in the backup") }
        }
        // Nothing of the store's lay elsewhere before, as far as this copy of it goes.
        try catalog.forgetFormerPlaces()
        // The backup's files are what there is, as of one instant; the first start notes them.
        try catalog.write(isCounted: false) { try FileReach.forgetAll($0) }
        try WarehousePlace.note(storages.location, in: catalog)
        try catalog.set(Self.instantKey, Array(String(manifest.madeAt).utf8))
        let floor = try self.floor()
        if floor > 0 { try catalog.raiseColdFloor(to: floor) }
        for (name, version) in try catalog.coldVersions() {
            let base = try directory.cold(name)
            let former = try Table.open(base, version: version, marks: { [mark = catalog.mark] in mark.properties }, floor: floor)
            let old = try former.presentKeys()
            let hashes = try catalog.coldHashes(of: name)
            let commit = try former.relocate()
            var objects: [Catalog.ColdObject] = []
            for key in old.data {
                guard let known = hashes[key] else { throw ColumnStoreError(.corruptFile, path: base.place(of: key), "is not in the catalog") }
                // Hashed on its way, by what the manifest has: the catalog is to want the same.
                guard let file = copied["warehouse/\(name)/\(key)"], file.byteCount == known.byteCount, file.sha256 == known.sha256 else {
                    throw ColumnStoreError(.corruptFile, path: base.place(of: key), "is named by the table, and is not in the backup as the catalog has it")
                }
                objects.append(.init(key: key, kind: .data, byteCount: known.byteCount, sha256: known.sha256))
            }
            objects += commit.written.map { .init(key: $0.key, kind: .metadata, byteCount: $0.byteCount, sha256: $0.sha256) }
            try catalog.replaceCold(name, version: commit.table.version, objects)
            for key in old.metadata { try base.delete(key, .named("the restore has made a version for this place")) }
        }
        catalog.close()
        try finish()
        try StoreFormat(store: catalog.storeID, generation: catalog.mark.generation, warehouse: storages.location).write(directory.path)
        // Behind it: a restore that is killed between the two has left a store, and no directory of which nobody knows what it is.
        RestoreNote.remove(from: directory.path)
    }

    /// Among the catalog's single values: the time of the state that the store was made of, in microseconds since 1970.
    private static let instantKey = "restored_at"

    /// - Returns: in milliseconds since 1970; nil for a store that was not restored.
    static func instant(of catalog: Catalog) throws -> Int64? { try catalog.bytes(instantKey).flatMap { Int64(String(decoding: $0, as: UTF8.self)) }.map { $0 / 1_000 } }

    /// Takes back what was written. The directory was empty before, and it was ours.
    ///
    /// Never throws: it runs because something else has failed.
    private func removeEverything(_ directory: DataDirectory) {
        do {
            if storages.location != nil { try removeTables(directory) }
            var directories: Set<String> = []
            let written = Set(manifest.files.map(\.path))
            var keys: [String] = ["LOCK", "FORMAT", "FORMAT.tmp", "catalog.sqlite-wal", "catalog.sqlite-shm"] + written
            // After FORMAT: what is killed meanwhile is one that was cut off.
            keys.append(RestoreNote.name)
            // Of a restore from a log: which epoch it is of.
            keys.append("\(DataDirectory.logName)/state")
            try target.list(prefix: "warehouse/") { keys.append($0.key) }
            for key in keys {
                var parts = key.split(separator: "/").dropLast()
                while !parts.isEmpty {
                    directories.insert(parts.joined(separator: "/"))
                    parts = parts.dropLast()
                }
                _ = FileRemoval.remove("\(target.root)/\(key)", .temporary)
            }
            directories.formUnion(["hot", "warehouse"])
            for directory in directories.sorted(by: { $0.utf8.count > $1.utf8.count }) { rmdir("\(target.root)/\(directory)") }
        } catch {
            // What cannot be removed is named by the next attempt, which wants an empty directory.
        }
        removeMade()
    }

    /// Directories that were not there before, unless somebody has put something into them.
    private func removeMade() { for directory in missing { rmdir(directory) } }

    /// Of a warehouse that is not below DATA: it was empty when this restore took it. Where another was quicker, what lies there is that one's.
    private func removeTables(_ directory: DataDirectory) throws {
        if storages.root != nil { guard try WarehouseOwner.read(storages)?.owner == owner else { return } }
        for table in try storages.tables(in: directory.warehousePath) {
            let storage = try directory.cold(table)
            var keys: [String] = []
            try storage.list(prefix: "") { keys.append($0.key) }
            for key in keys { try storage.delete(key, .unpublished) }
        }
        try storages.root?.remove(WarehouseOwner.key, .unpublished)
    }
}
