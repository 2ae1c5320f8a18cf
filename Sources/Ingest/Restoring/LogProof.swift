package import ColumnStore

/// Proves that a store's files are the fold of its log: each table of each database has the very rows that the records make of the checkpoint.
///
/// Nobody works on the store meanwhile: the caller has its lock. What was not sent yet is taken from its spools, so that a store whose server was killed is proved too.
/// The log's end is folded into scratch files and compared with DATA table by table (`TableComparison`): it needs room for a second copy of all databases.
package struct LogProof {
    private let place: LogPlace
    private let directory: String

    /// - Parameter directory: of a store that nobody has open.
    /// - Throws: `ColumnStoreError.invalidRequest` for a URL that is none.
    package init(url: String, directory: String, open: (String?) throws -> any StorageFactory) throws {
        place = try LogPlace(url: url, open: open)
        self.directory = DataDirectory.absolute(directory)
    }

    /// - Returns: what is wrong; nothing for a store that has had no log yet.
    package func run() throws -> [Finding] {
        // The log goes on from a store that was restored once a server has begun an epoch with it.
        guard let state = try LogState.read(directory), !state.isRestored else { return [] }
        // A log that is damaged, or lacks something, is a finding; a place that gives no answer is an error, since nothing was proved.
        do {
            let recovery = try LogRecovery(directory: directory, store: state.store, notes: false)
            let reader = try LogReader(place, instant: nil, unsent: recovery.spools.isEmpty ? 0 : recovery.next - 1)
            guard reader.checkpoint.manifest.store == state.store, reader.head.epoch == state.epoch else {
                return [Finding(path: place.url, fault: "has epoch \(reader.head.epoch) of the store \(reader.checkpoint.manifest.store), these files are of epoch \(state.epoch) of \(state.store)")]
            }
            if state.isBroken { return [Finding(path: directory, fault: "was changed without its log: the next start of a server with log.url makes a checkpoint")] }
            // Of commits whose spools a power cut took, or that are damaged, the files may have more than the log: neither can be held against the other.
            if !recovery.isWhole {
                return [Finding(path: directory, fault: "may have commits that its log lacks, since its spools do not tell all of them (its machine was started anew without a clean end, or a spool is damaged or gone): the next start of a server with log.url makes a checkpoint")]
            }
            let scratch = try ScratchFolder("log")
            _ = try LogRestore.databases(reader, place, scratch) { take in try giveUnsent(recovery, after: reader.head.last, take) }
            return try compare(scratch.files)
        } catch let error as ColumnStoreError where ObjectFindings.isFault(error) {
            return [Finding(path: place.url, fault: "\(error)")]
        } catch let error as LogReader.Outside {
            return [Finding(path: place.url, fault: error.description)]
        }
    }

    /// Commits that wait on this machine, as records. One spool is in memory at a time: there are as many as the log's place was away for.
    private func giveUnsent(_ recovery: LogRecovery, after last: Int64, _ take: (LogRecord) throws -> Void) throws {
        let codec = ZstdTextCodec(level: 1)
        for spool in recovery.spools {
            for entry in LogSpool.read(try LogRecovery.bytes("\(directory)/\(LogState.folder)/\(LogSpool.name(spool))")) {
                guard let kind = entry.kind, entry.sequence > last, !recovery.withdrawn.contains(entry.sequence) else { continue }
                let payload = Array(entry.payload)
                let compressed = try payload.withUnsafeBytes { bytes throws(PageError) in try codec.compress(bytes, dictionary: nil) }
                // They are folded, and never checked as a chain: epoch and hash are of no use here.
                try take(LogRecord(epoch: 0, sequence: entry.sequence, time: entry.time, kind: kind, previous: LogRecord.noHash, byteCount: payload.count, payload: compressed))
            }
        }
    }

    private func compare(_ folded: any FileStorage) throws -> [Finding] {
        var findings: [Finding] = []
        let state = try Catalog.State(path: folded.path(of: "catalog.sqlite"))
        var names = ["catalog.sqlite"] + state.hotFiles.map { "hot/\($0).sqlite" }
        // A store makes these when it first needs them: the log has them or not, and files of days stand in the folded catalog.
        for name in ["queues.sqlite", "executions.sqlite"] where try folded.byteCount(of: name) != nil { names.append(name) }
        let own = try LocalStorageFactory.files(directory)
        for name in names {
            guard try own.byteCount(of: name) != nil else {
                findings.append(Finding(path: "\(directory)/\(name)", fault: "is missing, and the log has it"))
                continue
            }
            let here = try SQLiteConnection(path: own.path(of: name), mode: .readOnly)
            let there = try SQLiteConnection(path: folded.path(of: name), mode: .readOnly)
            findings += try Self.tables(here, there).compactMap { table in
                try TableComparison(table, here, there).difference().map { Finding(path: "\(directory)/\(name)", fault: "the table \(table) is not what the log makes of it: \($0)") }
            }
        }
        return findings
    }

    /// Of both, so that a table that one of them lacks is a difference.
    private static func tables(_ one: SQLiteConnection, _ other: SQLiteConnection) throws -> [String] {
        var names: Set<String> = []
        for connection in [one, other] {
            // SQLite's own have no rows that a commit tells.
            names.formUnion(try connection.texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'"))
        }
        return names.sorted()
    }
}
