import ColumnStore
import Glibc

/// A store that one machine had alone becomes the first of a pair's: what `DATA/cluster` is to be is made beside it, and one rename makes the directory a member's.
///
///     DATA/founding/cluster/        what DATA/cluster is to be: a checkpoint, which is the store as it stands, and no record after it
///     DATA/founding/<name>          what whoever founds notes beside it (`put`)
///
/// 1. Before the rename the store is one machine's, and starts alone as ever; after it, it is a member's.
/// 2. What an attempt before has made is never believed: the store may have been changed since. It is made anew, and goes as the store is next opened.
/// 3. The directory is locked from the first step to the last.
package final class StoreFounding {
    package let directory: String
    private let lock: DataDirectory

    private static let folder = DataDirectory.foundingName
    private var foundingPath: String { "\(directory)/\(Self.folder)" }
    /// What is to be `DATA/cluster`.
    package var madePath: String { "\(foundingPath)/\(ReplicaStore.folder)" }
    private var checkpointPath: String { "\(madePath)/\(Self.checkpointName)" }
    private static let checkpointName = "checkpoint"
    private static let noteByteCountMax = 1 << 20

    /// Why a directory is nobody's to found with.
    package struct Unfit: Error, CustomStringConvertible {
        package let description: String
    }

    /// Takes the directory of a store that is closed.
    ///
    /// - Parameter directory: absolute.
    /// - Throws: `DataDirectory.Failure` where there is none, or another process has it; `Unfit`.
    package init(_ directory: String) throws {
        self.directory = directory
        try Self.check(directory)
        lock = try DataDirectory(path: directory, making: .never, checksFormat: false)
        try Self.check(directory)
    }

    /// Whether a directory has one machine's store, in words of the directory alone.
    ///
    /// - Throws: `DataDirectory.Failure.noStore`, `Unfit`.
    package static func check(_ directory: String) throws {
        let cluster = "\(directory)/\(ReplicaStore.folder)"
        if access("\(directory)/FORMAT", F_OK) != 0, !ReplicaStore.isMember(directory) { throw DataDirectory.Failure.noStore(path: directory) }
        guard !ReplicaStore.isMember(directory) else { throw Unfit(description: "\(directory) is a member of a cluster") }
        var status = stat()
        if access("\(directory)/\(DataDirectory.memberName)", F_OK) == 0 {
            throw Unfit(
                description: "\(directory) was a member of a cluster, and \(cluster) does not say what the files beside it tell (a copy that was cut off, say): they may lack what was acknowledged. Put that back whole, or begin with a backup restored into another directory"
            )
        }
        guard lstat(cluster, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR, try DataDirectory.names(in: cluster).isEmpty else {
            throw Unfit(
                description: "\(cluster) is there, and nothing in it says what the store beside it tells of it: it is none of this store's, or a copy that was cut off. Nothing was changed: put it elsewhere if it is not needed")
        }
    }

    /// Whether a store has cold tables below its own directory, where another machine cannot read them.
    ///
    /// - Parameter directory: absolute, with a store in it.
    package static func hasOwnColdTables(_ directory: String) throws -> Bool {
        let path = "\(directory)/catalog.sqlite"
        try DataDirectory.checkPlainFiles(directory)
        guard access(path, F_OK) == 0, try !DatabaseFile.isEmpty(path) else { return false }
        let catalog = try Catalog(readOnlyPath: path)
        defer { catalog.close() }
        return try WarehousePlace.known(catalog) == nil && !catalog.coldVersions().isEmpty
    }

    // MARK: Notes

    /// Durable once it returns.
    package func put(_ name: String, _ bytes: [UInt8]) throws {
        try makeFolder()
        try LocalStorageFactory.files(foundingPath).put(name, bytes)
    }

    /// - Parameter directory: absolute; whoever has it may be at work.
    /// - Returns: nil where there is none.
    package static func note(_ name: String, in directory: String) throws -> [UInt8]? {
        var status = stat()
        let foundingPath = "\(directory)/\(folder)"
        guard lstat(foundingPath, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return nil }
        let files = try LocalStorageFactory.files(foundingPath)
        guard try files.byteCount(of: name) != nil else { return nil }
        return try files.get(name, byteCountMax: noteByteCountMax)
    }

    /// No link to elsewhere: what lies in it is removed as what an attempt has left.
    private func makeFolder() throws {
        var status = stat()
        if lstat(foundingPath, &status) == 0, status.st_mode & S_IFMT != S_IFDIR { throw Unfit(description: "\(foundingPath) is no directory: put it elsewhere") }
        try DataDirectory.makeDirectories(foundingPath)
        try DataDirectory.synchronizeDirectory(directory)
    }

    // MARK: The checkpoint

    /// Makes a checkpoint of the store as it stands, durably, in place of what an attempt before has made.
    ///
    /// - Parameter position: of the record that its files are to tell.
    /// - Returns: the store's number.
    /// - Throws: where a database has a log beside it, or a damaged page.
    package func copy(as position: ReplicaStore.Position) throws -> String {
        try makeFolder()
        try CheckpointFiles.remove(madePath)
        let files = try LocalStorageFactory.files(checkpointPath)
        let listed = try CheckpointFiles.list(directory)
        for file in listed { try DataDirectory.checkPlain("\(directory)/\(file.name)") }
        try CheckpointFiles.copy(directory, to: files)
        // No records tell of sums, and whoever leads makes none: `ReplicaStore.promote` drops them too.
        try LogRestore.dropSums(files.path(of: "catalog.sqlite"))
        if let fault = try CheckpointFiles.fault(checkpointPath) { throw Unfit(description: "\(directory) is damaged (found in a copy of it): \(fault); till verify --data \(directory) names all that is") }
        for file in listed { try files.synchronize(file.name) }
        try CheckpointFiles.synchronize(checkpointPath)
        try ReplicaStore.noteEnd(checkpointPath, at: position)
        try CheckpointFiles.synchronize(checkpointPath)
        guard let store = try ReplicaStore(directory: checkpointPath, isDurable: true).identity() else { throw Unfit(description: "the catalog of \(directory) has no number of its store: start it once with this version") }
        return store
    }

    /// The last step: from its first line on the directory is a member's, whose files tell all up to `position`.
    package func finish(as position: ReplicaStore.Position) throws {
        try ReplicaStore.noteEnd(foundingPath, at: position)
        try CheckpointFiles.synchronize(madePath)
        guard rename(madePath, "\(directory)/\(ReplicaStore.folder)") == 0 else { throw DataDirectory.Failure.io(operation: "rename", path: madePath, code: errno) }
        try DataDirectory.synchronizeDirectory(directory)
        try Self.clear(directory)
    }

    /// Leaves the store as it is, and nothing of the attempt.
    package func abandon() throws { try CheckpointFiles.remove(foundingPath) }

    /// Takes away the copy that an attempt before has left, which may be as large as the store: that goes on. What is noted beside it stays, for what a place may have got by then.
    ///
    /// - Parameter directory: of one machine's store, whose lock the caller has.
    static func dropCopy(_ directory: String) throws {
        var status = stat()
        let path = "\(directory)/\(folder)"
        // No link to elsewhere.
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return }
        try CheckpointFiles.remove("\(path)/\(ReplicaStore.folder)")
    }

    /// What the founding of a member has no more need of, among it how far a single server's log had come: it ends with what it has.
    ///
    /// - Parameter directory: absolute, a member's.
    package static func clear(_ directory: String) throws {
        try ReplicaStore.mark(directory)
        for name in [folder, DataDirectory.logName] { try CheckpointFiles.remove("\(directory)/\(name)") }
        try DataDirectory.synchronizeDirectory(directory)
    }
}
