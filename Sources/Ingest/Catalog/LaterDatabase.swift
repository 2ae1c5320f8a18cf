import ColumnStore
import Glibc

/// A database that a store gets with the first that is put into it: most have none. The catalog notes which are there, so that one that is lost is missed,
/// and no empty one is begun in its place.
///
/// It is noted once it is durable: a crash between the two leaves a file that is not noted, as stores of earlier versions have it. The next who opens it
/// notes it.
enum LaterDatabase: String, CaseIterable, Sendable {
    // Names below DATA, and part of keys in the catalog: do not rename.
    case queues = "queues.sqlite"
    case executions = "executions.sqlite"

    /// What is lost with it, for people.
    var contents: String {
        switch self {
        case .queues: "queues with their messages, topics with their subscriptions and events"
        case .executions: "processes and their executions"
        }
    }

    /// Among the catalog's single values.
    private var key: String { "has \(rawValue)" }

    func path(in directory: String) -> String { "\(directory)/\(rawValue)" }

    /// Whether a catalog of this or an earlier version says that it is there.
    func isNoted(_ catalog: SQLiteConnection) throws -> Bool {
        let select = try catalog.statement("SELECT 1 FROM meta WHERE key = ?1")
        defer { select.reset() }
        try select.bind(1, key)
        return try select.step()
    }

    func isNoted(in catalog: Catalog) throws -> Bool { try catalog.read(isNoted) }

    /// The file is there, its first commit durable: its name is made so too, and then noted. Nothing where it is known.
    func note(in catalog: Catalog, of directory: String) throws {
        guard try !isNoted(in: catalog) else { return }
        try DataDirectory.synchronizeDirectory(directory)
        try catalog.set(key, [1])
    }

    /// What notes it as it is made or opened. One that was there before is used all the same where that fails, as on a full disk, which must not keep a store
    /// from being read.
    func noting(in catalog: Catalog, of directory: String) -> @Sendable () throws -> Void {
        let wasThere = access(path(in: directory), F_OK) == 0
        return {
            do { try note(in: catalog, of: directory) } catch {
                guard wasThere else { throw error }
                StoreLog.note("it could not be noted that the store has this file", path: path(in: directory), reason: StoreLog.text(error), level: .warning)
            }
        }
    }

    /// What notes how far it says that it has come (`ReachStamp`).
    func noting(reachIn catalog: Catalog) -> @Sendable (Int64) throws -> Void {
        { number in
            let reach = FileReach(number: number)
            guard try catalog.read({ try FileReach.noted($0) })[rawValue] != reach else { return }
            try catalog.write(isCounted: false) { try FileReach.note([rawValue: reach], $0) }
        }
    }

    /// Why the file is not the one that the catalog knows. Nil where it is, and for one that cannot be read, which is reported when it is opened.
    ///
    /// - Parameter noted: how far it had come.
    func age(in directory: String, noted: FileReach?) -> String? {
        guard let noted, let connection = try? SQLiteConnection(atRest: path(in: directory)), let number = try? ReachStamp.number(connection) else { return nil }
        return number < noted.number ? "is an older copy (\(contents)): it was noted \(number) times, the file that belongs here \(noted.number) times" : nil
    }

    /// It is given up.
    func forget(_ catalog: SQLiteConnection) throws {
        let delete = try catalog.statement("DELETE FROM meta WHERE key = ?1")
        try delete.bind(1, key)
        try delete.run()
    }

    /// Why a store that has had it is not whole; nil where it is there. Not even opened where it is empty: SQLite would throw its log away.
    ///
    /// A file that is there and cannot be read is reported when it is opened.
    func loss(in directory: String) throws -> String? {
        let path = path(in: directory)
        guard access(path, F_OK) == 0 else { return "\(rawValue) is missing (\(contents)): restore it from a backup" }
        return try DatabaseFile.isEmpty(path) ? "\(rawValue) is empty (\(contents)): restore it from a backup" : nil
    }
}
