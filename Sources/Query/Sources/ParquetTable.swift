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

    package var numbersRows: Bool { true }
    package var exactRowCount: Int? { rowCount }

    package func extremes(of column: String) -> (minimum: Value, maximum: Value)? {
        guard let type = schema.field(at: ColumnPath([column]))?.type else { return nil }
        switch type {
        case .int32, .int64, .date, .timestamp: break
        // Decimals come in widths of their own, bounds of texts may be shortened, and those of doubles say nothing of NaN.
        default: return nil
        }
        var known: (minimum: Value, maximum: Value) = (.null, .null)
        for file in files {
            guard let own = file.exactExtremes(of: column) else { return nil }
            if own.minimum.isNull { continue }
            if known.minimum.isNull || (Value.order(own.minimum, known.minimum) ?? 0) < 0 { known.minimum = own.minimum }
            if known.maximum.isNull || (Value.order(own.maximum, known.maximum) ?? 0) > 0 { known.maximum = own.maximum }
        }
        return known
    }

    package func scan(_ request: ScanRequest) throws -> any TableScan { Scan(files, schema, request) }

    /// File after file, and of a file part after part; parts of one file are read side by side.
    /// Any number of workers ask for morsels; what is still to be read is under the lock.
    private final class Scan: NumberedScan {
        private let files: [ParquetFile]
        private let schema: Schema
        private let counters: ScanCounters
        private let whole: ScanRequest
        private let request: ParquetScanRequest
        private let state: Mutex<State>

        /// What is still to be read.
        private struct State {
            var files: ArraySlice<ParquetFile>
            /// The file whose parts are given out, and its place among all.
            var current: ParquetScan?
            var place = 0
            var parts: ArraySlice<ScanPart> = []
        }

        init(_ files: [ParquetFile], _ schema: Schema, _ request: ScanRequest) {
            (self.files, self.schema) = (files, schema)
            starts = request.numbersRows ? Self.starts(files) : []
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
            guard let (scan, part, place) = try nextPart() else { return nil }
            // Not under the lock: a reader reads page indexes and dictionaries to begin with.
            return PartOfFile(try CountedReader(scan, part, counters), counters, start: whole.numbersRows ? starts[place][part.rowGroup] : nil)
        }

        // MARK: Rows by number

        /// By file and row group: the number of its first row, where rows are numbered; they are numbered through all files.
        private let starts: [[Int64]]

        private static func starts(_ files: [ParquetFile]) -> [[Int64]] {
            var next: Int64 = 0
            return files.map { file in
                file.metadata.rowGroups.map { group in
                    defer { next = next.addingSaturating(group.rowCount) }
                    return next
                }
            }
        }

        /// The file and the row group that have a row. Of empty ones, which begin where the next does, the last that begins there.
        private func group(of number: Int64) -> (file: Int, rowGroup: Int)? {
            guard let file = starts.lastIndex(where: { $0.first.map { $0 <= number } ?? false }), let group = starts[file].lastIndex(where: { $0 <= number })
            else { return nil }
            return (file, group)
        }

        func together(_ numbers: [Int64]) -> [Range<Int>] {
            var ranges: [Range<Int>] = []
            var last: (file: Int, rowGroup: Int)?
            for (index, number) in numbers.enumerated() {
                let group = group(of: number)
                if let last, let group, last == group, let range = ranges.last {
                    ranges[ranges.count - 1] = range.lowerBound..<index + 1
                } else {
                    ranges.append(index..<index + 1)
                }
                last = group
            }
            return ranges
        }

        func rows(_ numbers: ArraySlice<Int64>, _ projection: [ColumnPath], hold: (ColumnBatch) throws -> Void) throws -> [ColumnBatch] {
            guard let first = numbers.first, let (file, rowGroup) = group(of: first) else { return [] }
            let scan = try files[file].scan(ParquetScanRequest(projection: projection, schema: schema))
            let reader = try CountedReader(scan, rowGroup: rowGroup, onlyRows: numbers.map { Int($0 - starts[file][rowGroup]) }, counters)
            var batches: [ColumnBatch] = []
            while let batch = try reader.next() {
                try hold(batch)
                batches.append(batch)
            }
            return batches
        }

        // MARK: Parts

        /// Opens the next file when all parts of the last one are given out. Metadata alone is looked at under the lock.
        private func nextPart() throws -> (scan: ParquetScan, part: ScanPart, place: Int)? {
            try state.withLock { state in
                while true {
                    if let scan = state.current, let part = state.parts.popFirst() { return (scan, part, state.place) }
                    state.place = state.files.startIndex
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
        /// The number of the row group's first row; nil where rows are not numbered.
        private let start: Int64?

        init(_ reader: CountedReader, _ counters: ScanCounters, start: Int64?) {
            self.reader = reader
            self.counters = counters
            self.start = start
        }

        func next() throws -> ColumnBatch? {
            let batch = try reader.next()
            let read = reader.rowCount
            counters.add(rowsScanned: read - counted)
            counted = read
            guard let start, let batch else { return batch }
            let numbers = (0..<batch.rowCount).map { start + Int64(reader.rowNumber(of: $0)) }
            return ColumnBatch(rowCount: batch.rowCount, columns: batch.columns + [Column(type: .int64, count: batch.rowCount, values: .int64(numbers))])
        }
    }
}
