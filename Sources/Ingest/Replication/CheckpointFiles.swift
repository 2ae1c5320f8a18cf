import ColumnStore
import Glibc

/// The files of a checkpoint: those that records make, closed, in a folder that looks like DATA.
///
///     catalog.sqlite  queues.sqlite  executions.sqlite      each closed: its file tells all, with no log beside it
///     hot/<day>[.<part>].sqlite                             day files
///     uploads/<id>                                          files of uploads
///     admin.key                                             by its own name (`DataDirectory.adminKeyName`)
///
/// Which of them there are is the store's to say: the names are asked for, and what is not there is passed over.
package enum CheckpointFiles {
    package struct File: Sendable, Equatable {
        /// Below the folder, as below DATA.
        package let name: String
        package let byteCount: Int64
    }

    private static let databases = ["catalog.sqlite", "queues.sqlite", "executions.sqlite"]

    /// Of one read and write of a copy.
    private static let pieceByteCount = 1 << 20

    /// Whether a checkpoint may have a file of that name.
    ///
    /// Asked of names that another machine sends, before anything is written under them: two parts at most, and none that leads elsewhere.
    package static func isName(_ name: String) -> Bool {
        guard ObjectKey.isValid(name) else { return false }
        if databases.contains(name) || name == DataDirectory.adminKeyName { return true }
        let parts = name.split(separator: "/")
        return parts.count == 2 && (parts[0] == "hot" && parts[1].hasSuffix(".sqlite") || parts[0] == "uploads")
    }

    /// - Throws: `ColumnStoreError.corruptFile` where a database has a log beside it: its file does not tell all.
    package static func list(_ folder: String) throws -> [File] {
        var files: [File] = []
        func add(_ name: String) throws {
            var status = stat()
            guard stat("\(folder)/\(name)", &status) == 0 else {
                // What is not there is no fault; what cannot be looked at is one.
                guard errno == ENOENT else { throw DataDirectory.Failure.io(operation: "stat", path: "\(folder)/\(name)", code: errno) }
                return
            }
            guard !Placement.hasLog("\(folder)/\(name)") else { throw ColumnStoreError(.corruptFile, path: "\(folder)/\(name)", "was not closed") }
            files.append(File(name: name, byteCount: Int64(status.st_size)))
        }
        for name in databases + [DataDirectory.adminKeyName] { try add(name) }
        for part in ["hot", "uploads"] where access("\(folder)/\(part)", F_OK) == 0 {
            for name in try DataDirectory.names(in: "\(folder)/\(part)").sorted() where isName("\(part)/\(name)") { try add("\(part)/\(name)") }
        }
        return files
    }

    /// What is wrong with a page of one of its databases; nil for nothing. Reads all of them.
    ///
    /// - Parameter isCancelled: asked before each piece that is read.
    /// - Throws: `CancellationError` where it was cancelled.
    package static func fault(_ folder: String, unless isCancelled: () -> Bool = { false }) throws -> String? {
        for file in try list(folder) where file.name.hasSuffix(".sqlite") {
            if let fault = try DatabaseFile.faults("\(folder)/\(file.name)", unless: isCancelled).first { return fault.description }
        }
        return nil
    }

    /// Copies them to where there are none. What is not synced a crash of the machine takes.
    ///
    /// - Throws: `DataDirectory.Failure`, also for a file that is there; what was copied by then stays.
    static func copy(_ source: String, to target: any FileStorage) throws {
        for file in try list(source) {
            try target.prepare(file.name)
            let reading = open("\(source)/\(file.name)", O_RDONLY | O_CLOEXEC)
            guard reading >= 0 else { throw DataDirectory.Failure.io(operation: "open", path: "\(source)/\(file.name)", code: errno) }
            defer { close(reading) }
            let path = target.path(of: file.name)
            let writing = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard writing >= 0 else { throw DataDirectory.Failure.io(operation: "open", path: path, code: errno) }
            defer { close(writing) }
            try copy(file, from: reading, to: writing, path)
        }
    }

    private static func copy(_ file: File, from reading: Int32, to writing: Int32, _ path: String) throws {
        var buffer = [UInt8](repeating: 0, count: pieceByteCount)
        var left = file.byteCount
        while left > 0 {
            let count = read(reading, &buffer, Int(min(left, Int64(buffer.count))))
            if count < 0, errno == EINTR { continue }
            // A file that is shorter than it was listed is none that may be used.
            guard count > 0 else { throw DataDirectory.Failure.io(operation: "read", path: file.name, code: count == 0 ? EIO : errno) }
            var done = 0
            while done < count {
                let written = buffer[done..<count].withUnsafeBytes { write(writing, $0.baseAddress, $0.count) }
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { throw DataDirectory.Failure.io(operation: "write", path: path, code: errno) }
                done += written
            }
            left -= Int64(count)
        }
    }

    /// Makes a folder durable whose files are: their names, and its own.
    package static func synchronize(_ folder: String) throws {
        for part in ["hot", "uploads", DataDirectory.clusterName] where access("\(folder)/\(part)", F_OK) == 0 { try DataDirectory.synchronizeDirectory("\(folder)/\(part)") }
        try DataDirectory.synchronizeDirectory(folder)
    }

    /// Gives a folder another name, durably.
    package static func rename(_ name: String, to other: String, in folder: String) throws {
        guard Glibc.rename("\(folder)/\(name)", "\(folder)/\(other)") == 0 else { throw DataDirectory.Failure.io(operation: "rename", path: "\(folder)/\(name)", code: errno) }
        try DataDirectory.synchronizeDirectory(folder)
    }

    /// Takes away what processes that were killed were making in a folder (`LocalStorage`): by whoever has it, before anything is made there. One that is not there has none.
    package static func removeUnfinished(in folder: String) throws {
        guard access(folder, F_OK) == 0 else { return }
        for name in try DataDirectory.names(in: folder) where name.hasSuffix(".tmp") { try remove("\(folder)/\(name)") }
    }

    /// Takes a folder away with all that is in it. One that is not there is gone.
    ///
    /// Links are taken away as they are, and not followed (`lstat`).
    package static func remove(_ folder: String) throws {
        var status = stat()
        guard lstat(folder, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            let code = FileRemoval.remove(folder, .temporary)
            guard code == 0 || code == ENOENT else { throw DataDirectory.Failure.io(operation: "remove", path: folder, code: code) }
            return
        }
        for name in try DataDirectory.names(in: folder) { try remove("\(folder)/\(name)") }
        guard rmdir(folder) == 0 || errno == ENOENT else { throw DataDirectory.Failure.io(operation: "remove", path: folder, code: errno) }
    }
}
