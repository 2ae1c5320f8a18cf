import ColumnStore
import Query

/// A rollup within one state of the store: which cold files it has the sums of, and where. Immutable.
///
/// Invariants:
/// 1. What is said beside `files` holds for one version of the rolled table: `isBeside` tells which.
/// 2. A file of sums is read only while every cold file that it sums is there; one of them gone, the others' rows are read.
/// 3. `rest` and the covered files are all files of the rolled table, each in one of the two.
package struct RollupState: Sendable {
    let definition: RollupDefinition
    let statement: RollupStatement
    let number: Int64
    /// Of its partial sums; nil as long as none was made.
    var table: ColdTable?
    /// By the keys of cold files. Several may have one file of sums, which is of all their rows together, and of no less.
    var files: [String: RollupCoverage] = [:]

    // What follows from the above and the files that the rolled table has now.
    private(set) var fileCount = 0
    private(set) var coveredCount = 0
    /// Rows of cold files that have no sums, and rows of sums.
    private(set) var restRowCount: Int64 = 0
    private(set) var partRowCount: Int64 = 0
    private(set) var lastSequence: Int64 = 0
    /// Of the rolled table: what is said here holds for that version of it alone.
    private var snapshotID: Int64?
    /// Locations of cold files whose rows are read.
    private(set) var rest: Set<String> = []
    /// Those of them that are still to be summed.
    private(set) var waiting: [DataFile] = []
    /// Files of sums of cold files that are no more: they are never read, and go with the next commit.
    private(set) var strays: Set<String> = []
    /// Those that are read, where there are strays.
    private var parts: [DataFile]?

    init(_ definition: RollupDefinition, number: Int64) {
        (self.definition, self.number, statement) = (definition, number, definition.statement)
    }

    /// The state beside another version of the rolled table.
    func beside(_ base: ColdTable?) throws -> RollupState { try beside(base.map { ListedFiles($0) }) }

    /// The same, of files that are listed for others too.
    func beside(_ base: ListedFiles?) throws -> RollupState {
        var state = self
        (state.rest, state.waiting, state.snapshotID) = ([], [], base?.table.iceberg.metadata.currentSnapshotID)
        (state.fileCount, state.coveredCount, state.restRowCount, state.lastSequence) = (0, 0, 0, 0)
        guard let base else {
            state.files = [:]
            try state.findStrays()
            return state
        }
        var present: [String: RollupCoverage] = [:]
        let all = try base.all()
        // Sums of a file that is gone are sums of rows that may be gone: those that it shared them with have none either.
        let gone = Set(files.keys).subtracting(all.compactMap(\.key))
        let broken = Set(gone.compactMap { files[$0]?.part })
        for (file, key) in all {
            state.fileCount += 1
            guard let key, let known = files[key], known.part.map({ !broken.contains($0) }) ?? true else {
                state.rest.insert(file.location)
                state.restRowCount = state.restRowCount.addingSaturating(file.recordCount)
                state.waiting.append(file)
                continue
            }
            present[key] = known
            guard known.reason == nil else {
                state.rest.insert(file.location)
                state.restRowCount = state.restRowCount.addingSaturating(file.recordCount)
                continue
            }
            state.coveredCount += 1
            state.lastSequence = max(state.lastSequence, known.lastSequence)
        }
        state.files = present
        try state.findStrays()
        return state
    }

    /// The state once all tables lie elsewhere.
    func moved(to tables: [String: ColdTable]) throws -> RollupState {
        var state = self
        state.table = tables[definition.tableName]
        return try state.beside(tables[definition.table])
    }

    private mutating func findStrays() throws {
        (strays, parts, partRowCount) = ([], nil, 0)
        guard let table else { return }
        let wanted = Set(files.values.compactMap(\.part))
        let counts = try table.iceberg.counts()
        partRowCount = counts.rowCount
        if counts.fileCount == wanted.count { return }
        var kept: [DataFile] = []
        for file in try table.iceberg.files() {
            guard let key = table.iceberg.storage.key(ofLocation: file.location) else { continue }
            if wanted.contains(key) { kept.append(file) } else { strays.insert(key) }
        }
        guard kept.count == wanted.count else {
            throw ColumnStoreError(.corruptFile, path: table.name, "the table of sums lacks files that the catalog names")
        }
        parts = kept
    }

    /// Forgets coverage by files of sums that their table does not have: rows are read in their place, and summed again.
    ///
    /// - Returns: the keys of the cold files that had them; those too that shared one.
    mutating func dropLost() throws -> [String] {
        guard let table else { return [] }
        let storage = table.iceberg.storage
        var present = Set(try table.iceberg.files().compactMap { storage.key(ofLocation: $0.location) })
        // Of files that lie in a bucket questions find it out: to look there costs a call for each.
        if storage.location(of: "").hasPrefix("file:") { present = try present.filter { try storage.byteCount(of: $0) != nil } }
        let lost = files.filter { $0.value.part.map { !present.contains($0) } ?? false }.keys.sorted()
        for file in lost { files[file] = nil }
        return lost
    }

    var progress: RollupProgress {
        var progress = RollupProgress()
        (progress.fileCount, progress.coveredCount) = (fileCount, coveredCount)
        progress.faults = files.compactMap { file, coverage in coverage.reason.map { (file, $0) } }.sorted { $0.file < $1.file }
        progress.waiting = waiting.map { $0.location }
        progress.rowCount = partRowCount
        return progress
    }

    /// Of its files of sums. The table of a former rollup of this name may be there still, and is none of it.
    ///
    /// - Parameter tables: bytes of the files of each table.
    func byteCount(_ tables: [String: Int64]) -> Int64 { table == nil ? 0 : tables[definition.tableName] ?? 0 }

    /// Whether it knows the files of this version of the rolled table.
    func isBeside(_ base: ColdTable) -> Bool { snapshotID == base.iceberg.metadata.currentSnapshotID }

    /// What a reader of a state up to `sequence` takes: the partial sums, and the cold files whose rows it reads itself.
    ///
    /// - Returns: nil as long as there are no sums.
    func view(upTo sequence: Int64, of base: ColdTable) throws -> (partials: ColdFilesTable, rest: Set<String>, coveredCount: Int)? {
        guard let table, coveredCount > 0, isBeside(base) else { return nil }
        let schema = Schema(table.iceberg.schema.fields.map(\.withoutIDs))
        if lastSequence <= sequence { return (ColdFilesTable(table, files: parts, schema: schema), rest, coveredCount) }
        var keys: Set<String> = []
        var (others, count) = (rest, 0)
        // A part that has one row too new is read by rows, all of its files.
        let late = Set(files.values.compactMap { $0.lastSequence > sequence ? $0.part : nil })
        for (file, coverage) in files where coverage.reason == nil {
            guard coverage.lastSequence <= sequence, coverage.part.map({ !late.contains($0) }) ?? true else {
                others.insert(base.iceberg.storage.location(of: file))
                continue
            }
            count += 1
            if let part = coverage.part { keys.insert(part) }
        }
        let files = try table.iceberg.files().filter { table.iceberg.storage.key(ofLocation: $0.location).map { keys.contains($0) } ?? false }
        return (ColdFilesTable(table, files: files, schema: schema), others, count)
    }
}
