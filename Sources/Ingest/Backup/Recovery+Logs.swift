import ColumnStore
import Glibc

/// Logs that a killed server has left, before any database is opened: SQLite goes on without what they have lost, and its readers make the index anew that tells of it.
extension Recovery {
    /// 1. Of the catalog's the loss is noted: what is not in it is listed, and it does not count as the one that fits.
    /// 2. Queues and executions are taken as they are, whole: what is lost there is for a person to say, as of hot files (`HotSalvage`, `HotEvidence`).
    ///
    /// - Throws: `Failure` for a trial that cannot read a log; `SQLiteError` for 2.
    func checkLogs() throws {
        if isTrial { try checkIndexes() }
        for database in LaterDatabase.allCases where try database.loss(in: directory.path) == nil { try WriteAheadLog.refuseLost(database.path(in: directory.path)) }
        guard access(directory.catalogPath, F_OK) == 0, let log = try WriteAheadLog(path: directory.catalogPath), log.losesCommits else { return }
        catalogLoss = log.fault
        kept = try KeptIndex(path: directory.catalogPath)
    }

    /// A log by itself is read only by what makes its index, and a look makes nothing.
    private func checkIndexes() throws {
        let hot = access(directory.hotPath, F_OK) == 0 ? try DataDirectory.names(in: directory.hotPath).filter { $0.hasSuffix(".sqlite") }.sorted() : []
        for path in [directory.catalogPath] + hot.map({ "\(directory.hotPath)/\($0)" }) where Placement.hasLog(path) && access(path + "-shm", F_OK) != 0 {
            throw Failure("the log of \(path) has no index beside it (-shm), as in a copy that left it out, so that it cannot be read without making one: "
                + "copy the directory, and let recover have the copy")
        }
    }
}
