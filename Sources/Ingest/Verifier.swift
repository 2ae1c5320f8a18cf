import ColumnStore
import Glibc
import Query

/// Proves every file of a store: nobody may work on the directory meanwhile.
///
/// 1. Databases are sound by SQLite's own check.
/// 2. Each hot document has its hash, rows and their columns agree in number, ids, sequences and tickets rise.
/// 3. Each object of a cold table has the size and hash that the catalog holds; each object that the present version leads to is in
///    the catalog; each cold document has its hash; each file has as many rows as its manifest says.
/// 4. No sequence is given twice in the whole store.
package final class Verifier {
    /// What is wrong, and in which file.
    package struct Finding: Sendable, CustomStringConvertible {
        package let path: String
        package let fault: String
        package var description: String { "\(path): \(fault)" }
    }

    /// What was looked at, and what was found.
    package struct Report: Sendable {
        package var findings: [Finding] = []
        package var fileCount = 0
        package var rowCount: Int64 = 0
        package var documentByteCount: Int64 = 0
    }

    private let directory: DataDirectory
    private let progress: (String) -> Void
    private var report = Report()
    private var sequences = SequenceSet()

    /// - Parameter progress: told what is looked at next.
    /// - Throws: `DataDirectory.Failure` when it is no store, or in use.
    package init(path: String, progress: @escaping (String) -> Void = { _ in }) throws {
        guard access("\(path)/FORMAT", F_OK) == 0 else {
            throw DataDirectory.Failure.io(operation: "open", path: "\(path)/FORMAT", code: ENOENT)
        }
        directory = try DataDirectory(path: path)
        self.progress = progress
    }

    /// Looks at everything, whatever is found on the way.
    package func run() -> Report {
        defer { directory.release() }
        guarded(directory.catalogPath) {
            progress(directory.catalogPath)
            try checkDatabase(directory.catalogPath)
            let catalog = try Catalog(path: directory.catalogPath)
            let dictionaries = DocumentDictionaries(known: try catalog.dictionaries()) { _, _ in 0 }
            let tables = TableColumns(try catalog.tableColumns())
            let values = DocumentValues(isLenient: true) { try catalog.typeFile(name: $0, version: Int($1)) }
            for entry in try catalog.hotFiles() where entry.state == .known {
                let file = HotFile(
                    directory: directory.hotPath, day: entry.day, part: entry.part, dictionaries: dictionaries, tables: tables, values: values)
                guarded(file.path) { try check(file) }
            }
            for (table, version) in try catalog.coldVersions() {
                guarded("\(directory.warehousePath)/\(table)") { try check(table, version: version, catalog) }
            }
        }
        for sequence in sequences.repeated { note(directory.path, "the sequence \(sequence) is given more than once") }
        return report
    }

    private func note(_ path: String, _ fault: String) { report.findings.append(Finding(path: path, fault: fault)) }

    private func guarded(_ path: String, _ body: () throws -> Void) {
        do {
            try body()
        } catch let error as ColumnStoreError {
            note(error.path.isEmpty ? path : error.path, error.description)
        } catch let error as SQLiteError {
            note(error.path.isEmpty ? path : error.path, error.description)
        } catch {
            note(path, "\(error)")
        }
    }

    private func checkDatabase(_ path: String) throws {
        report.fileCount += 1
        guard access(path, F_OK) == 0 else { return note(path, "is missing") }
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        let statement = try connection.statement("PRAGMA integrity_check(20)")
        while try statement.step() {
            let line = statement.text(0)
            if line != "ok" { note(path, line) }
        }
    }

    // MARK: Hot

    private func check(_ file: HotFile) throws {
        progress(file.path)
        try checkDatabase(file.path)
        try file.load()
        var rowsOfTable: [String: Int] = [:]
        try file.pool.withConnection { connection in
            let statement = try connection.statement("""
                SELECT r.id, r.sequence, r.ticket, t.name, r.coding, r.document_bytes, r.sha256, r.document
                FROM rows r LEFT JOIN tables t ON t.id = r.table_id ORDER BY r.id
                """)
            var previous: (id: Int64, sequence: Int64, ticket: ULID) = (0, 0, ULID(high: 0, low: 0))
            while try statement.step() {
                let id = statement.int64(0)
                guard let ticket = ULID(bytes: statement.bytes(2)) else {
                    note(file.path, "row \(id) has no valid ticket")
                    continue
                }
                if id != previous.id + 1 { note(file.path, "row \(id) follows row \(previous.id)") }
                if statement.int64(1) <= previous.sequence { note(file.path, "row \(id): its sequence does not rise") }
                if ticket <= previous.ticket { note(file.path, "row \(id): its ticket does not rise") }
                previous = (id, statement.int64(1), ticket)
                sequences.insert(statement.int64(1))
                rowsOfTable[statement.text(3), default: 0] += 1
                report.rowCount += 1
                report.documentByteCount += statement.int64(5)
                do {
                    let document = try statement.withBytes(7) {
                        try file.dictionaries.inflate(
                            $0, coding: DocumentCoding(rawValue: statement.int64(4)), byteCount: Int(statement.int64(5)))
                    }
                    if SHA256.hash(document) != statement.bytes(6) { note(file.path, "row \(id): the document does not have its hash") }
                } catch { note(file.path, "row \(id): \(error)") }
            }
        }
        try checkColumns(file, rowsOfTable)
    }

    /// The columns of every row can be read, and there are as many of them as rows.
    private func checkColumns(_ file: HotFile, _ rowsOfTable: [String: Int]) throws {
        for tail in file.allTails {
            let table = tail.table
            let schema = StandardColumns.schema(typeColumns: file.tables.columns(of: table))
            let paths = schema.fields.map(\.name).filter { !StandardColumns.stored.contains($0) }.map { ColumnPath($0) }
            let snapshot = TierBoundary.Snapshot(files: [file], sequence: .max)
            let filter = try HotRowFilter(.init(projection: paths), schema: schema)
            var count = 0
            for piece in try HotTable(table: table, snapshot: snapshot, schema: schema).pieces(filter) {
                let morsel = try HotMorsel(piece, filter: filter, sequence: .max, budget: nil)
                while let batch = try morsel.next() { count += batch.rowCount }
            }
            if count != rowsOfTable[table] ?? 0 {
                note(file.path, "the table \(table) has \(rowsOfTable[table] ?? 0) rows, and columns of \(count)")
            }
        }
        for (table, count) in rowsOfTable where file.tail(of: table) == nil { note(file.path, "\(count) rows of \(table) have no columns") }
    }

    // MARK: Cold

    private func check(_ name: String, version: Int, _ catalog: Catalog) throws {
        let storage = try LocalStorage(root: "\(directory.warehousePath)/\(name)")
        var known: Set<String> = []
        for entry in try catalog.coldObjects(of: name) {
            known.insert(entry.object.key)
            let path = "\(storage.root)/\(entry.object.key)"
            progress(path)
            report.fileCount += 1
            guarded(path) {
                guard let byteCount = try storage.byteCount(of: entry.object.key) else { return note(path, "is missing") }
                guard byteCount == entry.object.byteCount else {
                    return note(path, "has \(byteCount) bytes, the catalog says \(entry.object.byteCount)")
                }
                if try storage.digest(of: entry.object.key).sha256 != entry.object.sha256 {
                    note(path, "does not have the hash that the catalog holds")
                }
            }
        }
        let iceberg = try Table.open(storage, version: version)
        let cold = ColdTable(name: name, iceberg: iceberg)
        let metadataKey = storage.key(ofLocation: iceberg.metadataLocation) ?? ""
        if !known.contains(metadataKey) { note("\(storage.root)/\(metadataKey)", "is in force, but the catalog does not know it") }
        for file in try iceberg.files() {
            let key = storage.key(ofLocation: file.location) ?? file.location
            let path = "\(storage.root)/\(key)"
            if !known.contains(key) { note(path, "is in the table, but the catalog does not know it") }
            guarded(path) { try checkRows(cold, file, path) }
        }
    }

    private func checkRows(_ cold: ColdTable, _ file: DataFile, _ path: String) throws {
        let parquet = try cold.open(file)
        // Every column is decoded once: what cannot be read is found, whatever its hash.
        let names = cold.iceberg.schema.fields.map(\.name)
        guard let document = names.firstIndex(of: "document"), let hash = names.firstIndex(of: "document_sha256"),
            let sequence = names.firstIndex(of: "sequence")
        else { return note(path, "lacks a column that every table has") }
        let scan = try parquet.scan(
            ParquetScanRequest(projection: names.map { ColumnPath($0) }, schema: cold.iceberg.schema, batchRowCount: 1_024))
        var count: Int64 = 0
        for rowGroup in parquet.metadata.rowGroups.indices {
            let reader = try scan.reader(rowGroup: rowGroup)
            while let batch = try reader.next() {
                for row in 0..<batch.rowCount {
                    if case .integer(let value) = batch.columns[sequence].value(at: row) { sequences.insert(value) }
                    guard case .bytes(let bytes) = batch.columns[document].value(at: row),
                        case .bytes(let expected) = batch.columns[hash].value(at: row), SHA256.hash(bytes) == expected
                    else {
                        note(path, "row \(count + Int64(row)): the document does not have its hash")
                        continue
                    }
                    report.documentByteCount += Int64(bytes.count)
                }
                count += Int64(batch.rowCount)
            }
        }
        report.rowCount += count
        if count != file.recordCount { note(path, "has \(count) rows, its manifest says \(file.recordCount)") }
    }
}

/// Which sequences were seen: a bit each.
private struct SequenceSet {
    private var words: [UInt64] = []
    private(set) var repeated: [Int64] = []
    private static let repeatedCountMax = 20

    mutating func insert(_ sequence: Int64) {
        guard sequence >= 0, sequence < 1 << 40 else { return }
        let index = Int(sequence >> 6)
        if index >= words.count { words.append(contentsOf: repeatElement(0, count: max(index + 1, words.count * 2) - words.count)) }
        let bit: UInt64 = 1 << UInt64(sequence & 63)
        if words[index] & bit != 0, repeated.count < Self.repeatedCountMax { repeated.append(sequence) }
        words[index] |= bit
    }
}
