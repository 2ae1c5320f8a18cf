internal import Glibc
package import ColumnStore
import Synchronization

/// Parquet files as one table: every row of each, columns matched by name.
///
/// What `till sql` reads of files on the command line. A column that a file lacks is NULL there; one that files have in two
/// widths is read in the wider one.
package final class ParquetTable: TableSource {
    package let schema: Schema
    private let files: [ParquetFile]
    /// Made when first asked for.
    private let known = Mutex<TableStatistics?>(nil)

    /// Files, or patterns of the shell (`sales/*.parquet`).
    /// Their order is kept: it is that in which they are read.
    /// - Throws: `ColumnStoreError`: no file matches, one cannot be read, or two disagree on a column's type.
    package convenience init(paths: [String]) throws(ColumnStoreError) {
        var files: [ParquetFile] = []
        for path in paths {
            for match in try Self.expanded(path) { files.append(try ParquetFile(try LocalFileBytes(path: match))) }
        }
        try self.init(files: files)
    }

    /// - Throws: `ColumnStoreError` notFound without a file, invalidRequest where two disagree.
    package init(files: [ParquetFile]) throws(ColumnStoreError) {
        guard let first = files.first else { throw ColumnStoreError(.notFound, "a table needs at least one file") }
        var fields = first.schema.fields.map(\.withoutIDs)
        for file in files.dropFirst() {
            for field in file.schema.fields {
                guard let index = fields.firstIndex(where: { $0.name.utf8.elementsEqual(field.name.utf8) }) else {
                    fields.append(field.withoutIDs)
                    continue
                }
                guard let type = Self.widened(fields[index].type, field.type.withoutIDs) else {
                    throw ColumnStoreError(
                        .invalidRequest, path: file.path, column: field.name,
                        "the column is \(field.type.sqlName) here and \(fields[index].type.sqlName) in \(first.path)")
                }
                fields[index].type = type
            }
        }
        self.files = files
        schema = Schema(fields)
    }

    /// The type that holds both: whole numbers and decimals may differ in width.
    /// Nil where none does. Decimals of two scales are refused, not rescaled.
    private static func widened(_ left: ColumnType, _ right: ColumnType) -> ColumnType? {
        if left == right { return left }
        switch (left, right) {
        case (.int32, .int64), (.int64, .int32): return .int64
        case (.decimal(let one, let scale), .decimal(let other, let otherScale)) where scale == otherScale:
            return .decimal(precision: max(one, other), scale: scale)
        default: return nil
        }
    }

    /// Top-level columns that are FLOAT in every file that has them.
    /// The schema of a Parquet file is a list of elements, depth first, each with the number of its children.
    package var singlePrecisionColumns: Set<String> {
        var single: Set<String> = [], others: Set<String> = []
        for file in files {
            // Element 0 is the root.
            let elements = file.metadata.schema
            var place = 1
            while place < elements.count {
                let isSingle = elements[place].type == .float
                if isSingle { single.insert(elements[place].name) } else { others.insert(elements[place].name) }
                // Passes over all that is within the column: `open` elements are still to come.
                var open = 1
                while open > 0, place < elements.count {
                    open = open.addingSaturating(max(0, Int(elements[place].childCount ?? 0)) - 1)
                    place += 1
                }
            }
        }
        return single.subtracting(others)
    }

    /// The files that a pattern matches, in `glob`'s order; a path without pattern is itself.
    private static func expanded(_ pattern: String) throws(ColumnStoreError) -> [String] {
        guard pattern.contains(where: { "*?[".contains($0) }) else { return [pattern] }
        var found = glob_t()
        defer { globfree(&found) }
        let code = glob(pattern, 0, nil, &found)
        guard code == 0, let names = found.gl_pathv else {
            throw ColumnStoreError(.notFound, path: pattern, code == GLOB_NOMATCH ? "no file matches" : "the files cannot be listed")
        }
        return (0..<Int(found.gl_pathc)).compactMap { index in names[index].map { String(cString: $0) } }
    }

    package var rowCount: Int { files.reduce(0) { $0 + $1.rowCount } }
    package var statistics: TableStatistics {
        known.withLock { known in
            if let known { return known }
            let made = TableStatistics(rowCount: rowCount, columns: Self.columnStatistics(files))
            known = made
            return made
        }
    }

    /// Over all files; a bound that one file lacks is unknown, and of the files' distinct values those of the largest count.
    private static func columnStatistics(_ files: [ParquetFile]) -> [String: ColumnStatistics] {
        var result: [String: ColumnStatistics] = [:]
        for (index, file) in files.enumerated() where file.rowCount > 0 {
            for (name, summary) in file.summaries() {
                let own = ColumnStatistics(
                    distinctCount: summary.distinctCount, minimum: summary.minimum, maximum: summary.maximum, nullCount: summary.nullCount)
                guard index > 0, let before = result[name] else {
                    result[name] = own
                    continue
                }
                result[name] = before.joined(with: own)
            }
        }
        return result
    }

    package func scan(_ request: ScanRequest) throws -> any TableScan { Scan(files, schema, request) }

    /// File after file, and of a file part after part; parts of one file are read side by side.
    /// Any number of workers ask for morsels; what is still to be read is under the lock.
    private final class Scan: TableScan {
        private let counters: ScanCounters
        private let whole: ScanRequest
        private let request: ParquetScanRequest
        private let state: Mutex<State>

        /// What is still to be read.
        private struct State {
            var files: ArraySlice<ParquetFile>
            /// The file whose parts are given out.
            var current: ParquetScan?
            var parts: ArraySlice<ScanPart> = []
        }

        init(_ files: [ParquetFile], _ schema: Schema, _ request: ScanRequest) {
            counters = request.counters
            whole = request
            counters.add { $0.rowsOffered += files.reduce(0) { $0 + $1.rowCount } }
            var parquet = ParquetScanRequest(
                projection: request.projection, schema: schema, filters: request.scope + request.filters, elementFilters: request.elementFilters)
            parquet.runtimeFilters = request.runtimeFilters
            if let residual = request.residual { parquet.residual = .init(columns: residual.columns, select: residual.select) }
            self.request = parquet
            state = Mutex(State(files: files[...]))
        }

        func nextMorsel() throws -> (any Morsel)? {
            guard let (scan, part) = try nextPart() else { return nil }
            // Not under the lock: a reader reads page indexes and dictionaries to begin with.
            return PartOfFile(try CountedReader(scan, part, counters), counters)
        }

        /// Opens the next file when all parts of the last one are given out. Metadata alone is looked at under the lock.
        private func nextPart() throws -> (scan: ParquetScan, part: ScanPart)? {
            try state.withLock { state in
                while true {
                    if let scan = state.current, let part = state.parts.popFirst() { return (scan, part) }
                    guard let file = state.files.popFirst() else { return nil }
                    let scan = try file.scan(request)
                    let pruned = file.metadata.rowGroups.count - scan.rowGroups.count
                    counters.add { counts in
                        if scan.rowGroups.isEmpty {
                            counts.filesPruned += 1
                        } else {
                            counts.filesRead += 1
                            counts.rowGroupsPruned += pruned
                        }
                    }
                    (state.current, state.parts) = (scan, try whole.parts(of: scan, isLast: state.files.isEmpty)[...])
                }
            }
        }
    }

    /// Counts rows as scanned once the reader has looked at them.
    private final class PartOfFile: Morsel {
        private let reader: CountedReader
        private let counters: ScanCounters
        private var counted = 0

        init(_ reader: CountedReader, _ counters: ScanCounters) {
            self.reader = reader
            self.counters = counters
        }

        func next() throws -> ColumnBatch? {
            let batch = try reader.next()
            let read = reader.rowCount
            counters.add(rowsScanned: read - counted)
            counted = read
            return batch
        }
    }
}
