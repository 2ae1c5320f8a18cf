import ColumnStore
import Documents
import Query

/// Pages of receipts in order, walked with a cursor over the rows that there were when the walk began.
///
/// 1. Keys of the page, and one more to know whether there are others (`PageWalk`).
/// 2. The rows of these keys, as many as the page's bytes have room for (`rows`).
/// 3. A cursor: the walk's beginning, and the last row's key.
extension StoreReader {
    /// A page ends at so many bytes.
    static let pageByteCountMax = 64 << 20
    /// Rows of a page's first read; the next ones are sized by what these weighed.
    private static let firstPartRowCount = 256
    private static let partRowCountMax = 10_000
    /// Rows that are read together have no more bytes.
    private static let partByteCountMax = 16 << 20
    /// They are there three times until they are in order: as they came, as one batch, and in order.
    private static let partCopyCount = 3
    /// Room for some of them is no less: a page of few rows need not be read again and again to find out how long they are.
    private static let partByteCountMin = 1 << 20
    /// What a row is taken to need while nothing is known.
    private static let rowByteCount = 8 << 10

    /// - Parameter hold: asked for the bytes of the rows so far and of those that are read next, and of what is known of versions beside them.
    /// - Throws: bad-parameter, bad-cursor, wrong-client, not-found; storage-unavailable where a copy is behind the walk.
    func page(_ request: PageRequest, as principal: Principal, hold: (_ byteCount: Int) throws -> Void = { _ in }) throws -> Page {
        try PageMemory.asking(hold) { memory in try page(request, as: principal, memory) }
    }

    private func page(_ request: PageRequest, as principal: Principal, _ memory: PageMemory) throws -> Page {
        guard (1...10_000).contains(request.limit) else {
            throw Fault(.badParameter, "limit is 1 to 10,000", errors: [.init(pointer: "/limit", code: "out-of-range", message: "1 to 10,000")])
        }
        let rows = try rows(of: request.client, for: principal)
        let snapshot = boundary.snapshot()
        let binding = Self.binding(request, rows, principal)
        var beginning = snapshot.beginning
        var after: PageKey?
        if let cursor = request.cursor {
            guard let parts = cursors.decode(cursor, binding: binding), parts.count == 6, let began = WalkBeginning(bytes: parts[0]),
                let key = PageKey(parts[1...])
            else { throw Fault(.badCursor, "this is no cursor of this call with these parameters and this key") }
            (beginning, after) = (began, key)
            try checkReached(began.sequence, snapshot)
        }
        let table = try shownTable(request.table, snapshot, from: beginning, asOf: request.asOf, as: principal, page: memory)
        let stored = shownTables(snapshot, as: principal).storedName(of: request.table)
        let fields = try pageFields(request.fields ?? Self.commonFields(ofStored: stored, table.schema), table.schema)
        let scope = Self.scope(of: rows, sequence: beginning.sequence)
        let walk = PageWalk(
            table: table, scope: scope, filters: Self.filters(request), after: after, days: try dayRange(request, snapshot))
        let keys = try walk.keys(limit: request.limit + 1)
        if keys.isEmpty { try checkKnown(rows, principal) }
        let read = try self.rows(Array(keys.prefix(request.limit)), fields, table, scope, memory.hold)
        var nextCursor: String?
        if read.count < keys.count, read.count > 0 {
            nextCursor = cursors.encode([beginning.bytes] + keys[read.count - 1].fields, binding: binding)
        }
        return Page(
            schema: Schema(fields.wanted.compactMap { table.schema[$0] }), batches: read.batches, nextCursor: nextCursor,
            contentTypes: read.contentTypes)
    }

    /// What must be the same for all pages of a walk. Fields are joined by NUL, which no name has, and counted, so that no two lists are bound alike.
    private static func binding(_ request: PageRequest, _ rows: RowScope, _ principal: Principal) -> [String] {
        let range =
            switch request.range {
            case .all: "all"
            case .days(let from, let to): "days \(from.map { "\($0)" } ?? "") \(to.map { "\($0)" } ?? "")"
            case .instants(let from, let to): "instants \(from.map { "\($0)" } ?? "") \(to.map { "\($0)" } ?? "")"
            }
        return [
            "page", request.table, request.asOf.map { "\($0)" } ?? "", range, request.type == nil ? "" : "type", request.type ?? "",
            request.state?.rawValue ?? "", request.fields.map { "\($0.count)" } ?? "", request.fields?.joined(separator: "\u{0}") ?? "",
        ] + rows.binding + principal.binding
    }

    /// Own rows and rows of the walk's beginning: under everything else of a query.
    static func scope(of rows: RowScope, sequence: Int64) -> [ColumnFilter] {
        var scope = rows.filters
        scope.append(ColumnFilter("sequence", .range(lower: nil, upper: .init(.integer(sequence), isInclusive: true))))
        return scope
    }

    /// `from` is inclusive, `to` exclusive.
    private static func filters(_ request: PageRequest) -> [ColumnFilter] {
        var filters: [ColumnFilter] = []
        func range(_ path: ColumnPath, _ from: Int64?, _ to: Int64?) {
            guard from != nil || to != nil else { return }
            filters.append(
                ColumnFilter(
                    path,
                    .range(lower: from.map { .init(.integer($0), isInclusive: true) }, upper: to.map { .init(.integer($0), isInclusive: false) })))
        }
        switch request.range {
        case .all: break
        case .days(let from, let to): range("business_day", from.map(Int64.init), to.map(Int64.init))
        case .instants(let from, let to): range("issued_at", from, to)
        }
        if let type = request.type { filters.append(ColumnFilter("type", .equal(.string(type)))) }
        if let state = request.state { filters.append(ColumnFilter("state", .equal(.string(state.rawValue)))) }
        return filters
    }

    /// The days that a walk must look at; nil when there is none.
    ///
    /// Of the hot files' days, whatever tables have rows of them, and the cold table's bounds.
    private func dayRange(_ request: PageRequest, _ snapshot: TierBoundary.Snapshot) throws -> ClosedRange<Int32>? {
        var low = Int32.max
        var high = Int32.min
        for file in snapshot.files {
            for day in file.state.days { (low, high) = (min(low, day), max(high, day)) }
        }
        let stored = shownTables(snapshot, as: .nobody).storedName(of: request.table)
        if let cold = snapshot.cold[stored], let days = try cold.dayRange() {
            (low, high) = (min(low, days.lowerBound), max(high, days.upperBound))
        }
        if case .days(let from, let to) = request.range {
            if let from { low = max(low, from) }
            if let to {
                guard to > Int32.min else { return nil }
                high = min(high, to - 1)
            }
        }
        return low <= high ? low...high : nil
    }

    private struct PageFields {
        /// As asked for.
        var wanted: [String]
        /// Read besides, since a document's form depends on it.
        var needsContentType: Bool
    }

    /// What a page has that no fields are named for: the columns that all types of the table have.
    private static func commonFields(ofStored table: String, _ schema: Schema) -> [String] {
        let all = StandardColumns.fields.map(\.name).filter { $0 != "history" && $0 != "document_sha256" }
        // A table that an earlier program made, and of which no type is in force any more, may lack one of these.
        let own = TableName.kind(of: table).pageColumns.map(\.field.name).filter { schema[$0] != nil }
        return [all, own].flatMap { $0 }
    }

    private func pageFields(_ asked: [String], _ schema: Schema) throws -> PageFields {
        var names: [String] = []
        // What is named again is passed over at once: an export may name half a million.
        var seen: Set<String> = []
        for name in asked where seen.insert(name).inserted {
            if name == "*" {
                for field in schema.fields where !names.contains(field.name) {
                    names.append(field.name)
                    seen.insert(field.name)
                }
            } else if schema[name] == nil {
                throw Fault(
                    .badParameter, "the table has no column \(name)",
                    errors: [.init(pointer: "/fields", code: "unknown-column", message: "no column \(name)")])
            } else {
                names.append(name)
            }
        }
        guard !names.isEmpty else {
            throw Fault(.badParameter, "fields names no column", errors: [.init(pointer: "/fields", code: "empty", message: "name a column, or *")])
        }
        return PageFields(wanted: names, needsContentType: names.contains("document") && !names.contains("content_type"))
    }

    /// Reads rows by their keys, in order, until the page is full.
    ///
    /// A page has one row at least, however large it is; a long one that there is no room for behind others is the next page's first.
    ///
    /// - Returns: `count` rows, of the first so many keys.
    private func rows(
        _ keys: [PageKey], _ fields: PageFields, _ table: any TableSource, _ scope: [ColumnFilter], _ hold: (Int) throws -> Void
    ) throws -> (count: Int, batches: [ColumnBatch], contentTypes: [Column]?) {
        var projection = fields.wanted
        if fields.needsContentType { projection.append("content_type") }
        if !projection.contains("sequence") { projection.append("sequence") }
        var batches: [ColumnBatch] = []
        var contentTypes: [Column] = []
        var byteCount = 0
        var next = 0
        var partRowCount = Self.firstPartRowCount
        // Fewer once some were too long together, since their neighbours may be as long.
        var rowCountMax = Self.partRowCountMax
        var isRefused = false
        func ask(_ byteCount: Int) throws {
            do { try hold(byteCount) } catch {
                isRefused = true
                throw error
            }
        }
        while next < keys.count {
            let part = keys[next..<min(next + partRowCount, keys.count)]
            let expected = part.count.multipliedSaturating(by: next == 0 ? Self.rowByteCount : byteCount / next)
            let found: ColumnBatch?
            do {
                found = try read(part, projection, table, scope, beside: byteCount, expecting: expected, ask)
            } catch {
                guard isRefused, part.count == 1, next > 0 else { throw error }
                break
            }
            guard let batch = found else {
                rowCountMax = max(1, part.count / 2)
                partRowCount = rowCountMax
                continue
            }
            let sizes = Self.rowSizes(batch)
            var taken = 0
            while taken < batch.rowCount, byteCount == 0 || byteCount + sizes[taken] <= Self.pageByteCountMax {
                byteCount += sizes[taken]
                taken += 1
            }
            let kept = taken == batch.rowCount ? batch : batch.slice(0..<taken)
            batches.append(ColumnBatch(rowCount: taken, columns: Array(kept.columns.prefix(fields.wanted.count))))
            if fields.needsContentType { contentTypes.append(kept.columns[fields.wanted.count]) }
            next += taken
            if taken < part.count { break }
            // What is left of the page's bytes, by the average so far.
            let left = min(Self.pageByteCountMax.subtractingSaturating(byteCount), Self.partByteCountMax)
            rowCountMax = min(rowCountMax.multipliedSaturating(by: 2), Self.partRowCountMax)
            partRowCount = min(max(16, left / max(1, byteCount / next)), rowCountMax)
        }
        return (next, batches, fields.needsContentType ? contentTypes : nil)
    }

    /// The rows of some keys, in the keys' order, within memory that is asked for before it is taken.
    ///
    /// - Parameters:
    ///   - held: what the page has so far.
    ///   - byteCount: what they take by all that is known; they are read again with more room where they take more.
    /// - Returns: nil for several rows that are too long together. One by itself may be as long as any.
    private func read(
        _ keys: ArraySlice<PageKey>, _ projection: [String], _ table: any TableSource, _ scope: [ColumnFilter], beside held: Int, expecting byteCount: Int,
        _ hold: (Int) throws -> Void
    ) throws -> ColumnBatch? {
        if keys.count == 1 {
            guard let row = try Self.firstRow(of: table, Self.request(keys, projection, scope), { try hold(held.addingSaturating($0)) }) else { throw Self.isGone }
            return row
        }
        var room = min(max(byteCount, Self.partByteCountMin), Self.partByteCountMax)
        while true {
            try hold(held.addingSaturating(room.multipliedSaturating(by: Self.partCopyCount)))
            if let batch = try read(keys, projection, table, scope, byteCountMax: room) { return batch }
            guard room < Self.partByteCountMax else { return nil }
            room = min(room.multipliedSaturating(by: 4), Self.partByteCountMax)
        }
    }

    private static var isGone: Fault { Fault(.internalError, "a row of a page is gone") }

    /// Rows by their sequences, which are unique, within the days and bounds of these.
    private static func request(_ keys: ArraySlice<PageKey>, _ projection: [String], _ scope: [ColumnFilter]) -> ScanRequest {
        let sequences = keys.map(\.sequence)
        let bounds = (sequences.min() ?? 0, sequences.max() ?? 0)
        func closed(_ path: ColumnPath, _ low: Int64, _ high: Int64) -> ColumnFilter {
            ColumnFilter(path, .range(lower: .init(.integer(low), isInclusive: true), upper: .init(.integer(high), isInclusive: true)))
        }
        var filters = [closed("sequence", bounds.0, bounds.1), ColumnFilter("sequence", .oneOf(sequences.map { .integer($0) }))]
        if let first = keys.first, let last = keys.last { filters.insert(closed("business_day", Int64(first.day), Int64(last.day)), at: 0) }
        return ScanRequest(projection: projection.map { ColumnPath($0) }, scope: scope, filters: filters)
    }

    /// Rows that are read together have too many bytes.
    private struct TooLong: Error {}

    /// The rows of some keys, put in the keys' order.
    ///
    /// - Returns: nil for rows that are longer together than `byteCountMax`.
    /// - Throws: internal-error where a row is not there any more, which no snapshot allows.
    private func read(
        _ keys: ArraySlice<PageKey>, _ projection: [String], _ table: any TableSource, _ scope: [ColumnFilter], byteCountMax: Int
    ) throws -> ColumnBatch? {
        let sequences = keys.map(\.sequence)
        // Of all threads together.
        let room = MemoryBudget(byteCountMax: byteCountMax)
        let found: [ColumnBatch]
        do {
            found = try ParallelScan.run(try table.scan(Self.request(keys, projection, scope))) { _ in [ColumnBatch]() } each: { batches, batch in
                guard room.reserve(batch.rowsByteCount) else { throw TooLong() }
                batches.append(batch)
            }.flatMap { $0 }
        } catch is TooLong {
            return nil
        }
        guard let place = projection.firstIndex(of: "sequence"), let one = found.first else {
            throw Fault(.internalError, "rows of a page are gone")
        }
        var columns: [Column] = []
        for index in projection.indices {
            columns.append(Column.concatenating(found.map { $0.columns[index] }, type: one.columns[index].type))
        }
        var rows: [Int64: Int32] = [:]
        rows.reserveCapacity(keys.count)
        guard case .int64(let read) = columns[place].flattened().values else { preconditionFailure("a sequence is a BIGINT") }
        for (row, sequence) in read.enumerated() { rows[sequence] = Int32(row) }
        let order = try sequences.map { sequence -> Int32 in
            guard let row = rows[sequence] else { throw Self.isGone }
            return row
        }
        return ColumnBatch(rowCount: order.count, columns: columns.map { $0.gathering(order) })
    }

    /// About how many bytes each row of an answer has.
    ///
    /// What it takes, wherever its texts lie, 32 for each column, 24 for each member of an element: enough to bound a page, not to count it.
    private static func rowSizes(_ batch: ColumnBatch) -> [Int] {
        var sizes = batch.rowWidths()
        let width = 32 * batch.columns.count
        for row in sizes.indices { sizes[row] += width }
        for column in batch.columns {
            guard case .list(let offsets, let element) = column.values else { continue }
            let width: Int
            if case .structure(let members) = element.values { width = 24 * members.count } else { width = 24 }
            for row in 0..<batch.rowCount { sizes[row] += Int(offsets[row + 1] - offsets[row]) * width }
        }
        return sizes
    }
}
