import Glibc
import Synchronization

/// DATA: its format and its lock.
///
///     FORMAT          `till 1`: written once, checked at every start
///     LOCK            flock'ed by the one process that works on the directory; holds its URL, so that others can name or ask it
///     catalog.sqlite  hot/  warehouse/
package final class DataDirectory: Sendable {
    package let path: String
    /// The descriptor that holds the lock; -1 when it was given back.
    private let lock: Atomic<Int32>

    package static let format = "till 1"

    /// The administrator's key, below DATA.
    package static let adminKeyName = "admin.key"

    package var hotPath: String { "\(path)/hot" }
    package var warehousePath: String { "\(path)/warehouse" }
    package var catalogPath: String { "\(path)/catalog.sqlite" }

    /// Why a directory cannot be worked on.
    package enum Failure: Error, CustomStringConvertible, Sendable {
        /// Another process has it; its URL, when it serves one.
        case locked(url: String?)
        case unknownFormat(String, path: String)
        case io(operation: String, path: String, code: Int32)
        case notEmpty(path: String)

        package var description: String {
            switch self {
            case .locked(let url): "another process works on this directory" + (url.map { ": \($0)" } ?? "")
            case .unknownFormat(let text, let path): "\(path) says \"\(text)\", this program reads \"\(DataDirectory.format)\""
            case .notEmpty(let path): "\(path) is not empty"
            case .io(let operation, let path, let code): "\(operation) \(path): \(String(cString: strerror(code)))"
            }
        }
    }

    /// Takes the directory for this process; makes it when it is empty or not there.
    ///
    /// - Parameter checksFormat: false for one who looks at the format himself.
    /// - Throws: `Failure`.
    package init(path: String, checksFormat: Bool = true) throws {
        self.path = Self.absolute(path)
        try Self.makeDirectories(self.path)
        let descriptor = open("\(self.path)/LOCK", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure.io(operation: "open", path: "\(self.path)/LOCK", code: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let url = Self.text("\(self.path)/LOCK")?.split(separator: "\n").first.map(String.init)
            close(descriptor)
            throw Failure.locked(url: url)
        }
        ftruncate(descriptor, 0)
        lock = Atomic(descriptor)
        do {
            if checksFormat { try checkFormat() }
            for directory in [hotPath, warehousePath] { try Self.makeDirectories(directory) }
            try Self.synchronizeDirectory(self.path)
        } catch {
            release()
            throw error
        }
    }

    /// Takes an empty directory, or makes one, for a store that somebody writes into it. It is none until `writeFormat`.
    ///
    /// - Throws: `Failure.notEmpty`.
    init(newPath path: String) throws {
        self.path = Self.absolute(path)
        try Self.makeDirectories(self.path)
        guard try Self.names(in: self.path).isEmpty else { throw Failure.notEmpty(path: self.path) }
        let descriptor = open("\(self.path)/LOCK", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw Failure.notEmpty(path: self.path)
        }
        lock = Atomic(descriptor)
        for directory in [hotPath, warehousePath] { try Self.makeDirectories(directory) }
    }

    deinit { release() }

    /// Lets another process have the directory: after everything in it was closed.
    package func release() {
        let descriptor = lock.exchange(-1, ordering: .acquiringAndReleasing)
        if descriptor >= 0 { close(descriptor) }
    }

    private func checkFormat() throws {
        let file = "\(path)/FORMAT"
        if let text = Self.text(file) {
            let line = text.split(separator: "\n").first.map(String.init) ?? ""
            guard line == Self.format else { throw Failure.unknownFormat(line, path: file) }
            return
        }
        guard access(catalogPath, F_OK) != 0 else { throw Failure.unknownFormat("nothing", path: file) }
        try writeFormat()
    }

    /// From now on the directory is a store.
    func writeFormat() throws {
        try Self.synchronizeDirectory(path)
        try Self.writeWhole("\(path)/FORMAT", "\(Self.format)\n")
        try Self.synchronizeDirectory(path)
    }

    private static func names(in path: String) throws -> [String] {
        guard let stream = opendir(path) else { throw Failure.io(operation: "list", path: path, code: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// The server's URL, for other processes to read.
    package func publish(url: String) {
        let lock = lock.load(ordering: .acquiring)
        ftruncate(lock, 0)
        let text = "\(url)\n\(getpid())\n"
        // For information only: a command that finds nothing says that the directory is in use.
        _ = pwrite(lock, text, text.utf8.count, 0)
    }

    /// The URL of the server that holds `path`, if one does.
    package static func serverURL(path: String) -> String? {
        let descriptor = open("\(path)/LOCK", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        return text("\(path)/LOCK")?.split(separator: "\n").first.map(String.init)
    }

    // MARK: Calls

    package static func freeBytes(_ path: String) -> Int64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int64(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }

    package static func synchronizeDirectory(_ path: String) throws {
        if SQLiteFileSystem.isObserved { SQLiteFileSystem.withObserver { $0.synchronizedDirectory(path) } }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.io(operation: "open", path: path, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Failure.io(operation: "fsync", path: path, code: errno) }
    }

    private static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let working = getcwd(nil, 0) else { return path }
        defer { free(working) }
        return String(cString: working) + "/" + path
    }

    private static func makeDirectories(_ path: String) throws {
        var prefix = ""
        for part in path.split(separator: "/") {
            prefix += "/\(part)"
            guard mkdir(prefix, 0o755) == 0 || errno == EEXIST else { throw Failure.io(operation: "mkdir", path: prefix, code: errno) }
        }
    }

    private static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = read(descriptor, &buffer, buffer.count)
        return count >= 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    /// Writes a small file aside and renames it in.
    private static func writeWhole(_ path: String, _ text: String) throws {
        let temporary = path + ".tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure.io(operation: "create", path: temporary, code: errno) }
        defer { close(descriptor) }
        guard write(descriptor, text, text.utf8.count) == text.utf8.count, fsync(descriptor) == 0, rename(temporary, path) == 0 else {
            throw Failure.io(operation: "write", path: path, code: errno)
        }
    }
}
