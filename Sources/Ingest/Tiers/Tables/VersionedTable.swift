package import ColumnStore
package import Query

/// What a versioned table shows of its history: all of it, the newest version of each document, or those that were newest at an instant.
///
/// Files say of the rows that they were written with what came after them (`superseded_by`, `valid_to`); of rows that were superseded since,
/// and of hot ones, the snapshot's `SupersededRows` does. Files of old versions alone are left out by their bounds.
///
/// `docs/decisions/0030-versions.md`. Rows in three conditions: superseded by what their files say; superseded by what the snapshot knows;
/// neither. Shown as newest are the last, without FAILED ones and removals.
package struct VersionedTable: TableSource {
    package enum Showing: Sendable {
        /// `t_history`.
        case history
        /// `t` and `t_accepted`.
        case newest(SupersededRows.View)
        /// In microseconds, inclusive: the newest versions of then, in their states of then.
        case asOf(Int64)
    }

    private let base: TieredTable
    private let snapshot: TierBoundary.Snapshot
    private let showing: Showing
    /// No row of a higher sequence has come yet, for the reader.
    private let sequence: Int64
    /// Of a walk that began before the snapshot; nil where the reader sees all that there is, or where only the walk's sequence is known.
    private let walk: WalkedDocuments?
    /// Of the reader of a page, and not for a query, whose requests have its memory.
    private let page: PageMemory?
    package let schema: Schema

    package init(_ base: TieredTable, _ snapshot: TierBoundary.Snapshot, _ showing: Showing, through sequence: Int64) {
        self.init(base, snapshot, showing, from: WalkBeginning(sequence: sequence, instant: nil), nil)
    }

    /// - Parameter index: of the store's versions, which says of documents what they were as a walk began.
    init(_ base: TieredTable, _ snapshot: TierBoundary.Snapshot, _ showing: Showing, from beginning: WalkBeginning, _ index: VersionIndex?, page: PageMemory? = nil) {
        self.base = base
        self.page = page
        self.snapshot = snapshot
        self.showing = showing
        sequence = min(beginning.sequence, snapshot.sequence)
        walk = beginning.sequence < snapshot.sequence ? index.flatMap { index in beginning.instant.map { WalkedDocuments(index, since: $0) } } : nil
        schema = Schema(base.schema.fields.filter { $0.name != VersionColumns.supersededBy.name })
    }

    package var statistics: TableStatistics { base.statistics }

    /// Where a column is asked for whose values are others than stored, whatever tests or takes it is done above the overlay; else all is handed on.
    ///
    /// - Throws: `DamagedColdFile` where nobody knows which rows are superseded.
    package func scan(_ request: ScanRequest) throws -> any TableScan {
        if let damaged = snapshot.unreadVersions[base.name] { throw damaged }
        let overlay = try overlay
        var inner = request
        let asked = (request.filters + request.scope).map(\.path) + (request.residual?.columns ?? []) + request.projection
        let isOverlaid = overlay.map { overlay in asked.contains { overlay.columns.contains($0.names[0]) } } ?? false
        if isOverlaid, let overlay {
            inner.projection = Self.tops(asked + overlay.needs)
            inner.filters = request.filters.filter { !overlay.columns.contains($0.path.names[0]) }
            (inner.residual, inner.rowCountMax, inner.elementFilters, inner.runtimeFilters) = (nil, nil, [], [])
        }
        let scans = try parts(request).map { part in
            var own = inner
            own.scope += part.scope
            if let test = part.test { own.residual = test.before(own.residual) }
            return try base.scan(own)
        }
        let scan: any TableScan = scans.count == 1 ? scans[0] : ScanSequence(scans)
        guard isOverlaid, let overlay else { return scan }
        var outer = request
        outer.scope = []
        outer.filters = request.filters.filter { overlay.columns.contains($0.path.names[0]) }
        outer.runtimeFilters = []
        return try overlay.over(scan, Schema(inner.projection.compactMap { base.schema[$0.names[0]] }), outer)
    }

    private static func tops(_ paths: [ColumnPath]) -> [ColumnPath] {
        var tops: [ColumnPath] = []
        for path in paths where !tops.contains(where: { $0.names[0] == path.names[0] }) { tops.append(ColumnPath(path.names[0])) }
        return tops
    }

    // MARK: Which rows

    /// Rows that are read together, by what files say of them.
    ///
    /// Parts have no row in common.
    private struct Part {
        var scope: [ColumnFilter]
        var test: RowTest?
    }

    private var superseded: SupersededRows { snapshot.superseded[base.name] ?? SupersededRows() }

    /// - Parameter request: whose memory is charged for what tests hold, as long as they are there.
    private func parts(_ request: ScanRequest) throws -> [Part] {
        switch showing {
        case .history: return [Part(scope: [])]
        case .newest(let view):
            let state: ColumnFilter
            switch view {
            case .newest: state = ColumnFilter("state", .oneOf([ReceiptState.processing, .complete].map { .string($0.rawValue) }))
            case .accepted: state = ColumnFilter("state", .equal(.string(ReceiptState.complete.rawValue)))
            }
            let hidden = try superseded.hidden(view, through: sequence, request.memory, page: page)
            // Hidden rows are left out by a bitmap over sequences, before anything else is asked of them.
            let test = hidden.isEmpty ? nil : Self.leavingOut(hidden)
            let scope = [Self.isNoRemoval, state]
            let newest = Part(scope: scope + [ColumnFilter(Self.supersededBy, .isNull)], test: test)
            // What came later than the reader's state supersedes nothing for it.
            guard sequence < snapshot.sequence else { return [newest] }
            let since = ColumnFilter(Self.supersededBy, unseen)
            guard let then = try walked(view, request) else { return [newest, Part(scope: scope + [since])] }
            // Of documents of which a version has ended since, what they showed then; of all others nothing has changed but what came later.
            return [
                Part(scope: scope + [ColumnFilter(Self.supersededBy, .isNull)], test: Self.leavingOut(hidden, then)),
                Part(scope: scope + [since], test: Self.leavingOut(SupersededRows.Hidden(), then)),
            ] + (then.shownBounds.map { [Part(scope: [Self.sequences($0)], test: Self.shown(then))] } ?? [])
        case .asOf(let instant):
            let came = ColumnFilter("received_at", .range(lower: nil, upper: .init(.integer(instant), isInclusive: true)))
            let scope = [Self.isNoRemoval, came]
            let later = ColumnFilter.Test.range(lower: .init(.integer(instant), isInclusive: false), upper: nil)
            // An instant that lies ahead of a walk's beginning, too: what has ended since had not ended for the walk.
            let end = ended(by: instant)
            let failed = try failedSince(instant, end, request)
            // Also of rows whose files say what came after them: a version before that may have been taken up again since.
            let test = newest(at: instant, end, superseded, failed)
            let parts = [Part(scope: scope + [ColumnFilter(Self.validTo, .isNull)], test: test), Part(scope: scope + [ColumnFilter(Self.validTo, later)], test: test)]
            guard sequence < snapshot.sequence else { return parts }
            // An instant may lie ahead of the reader's state: what came by that instant, but after that state, supersedes nothing for the reader.
            let before = ColumnFilter.Test.range(lower: nil, upper: .init(.integer(instant), isInclusive: true))
            return parts + [Part(scope: scope + [ColumnFilter(Self.validTo, before), ColumnFilter(Self.supersededBy, unseen)], test: test)]
        }
    }

    /// Came later than the reader may have seen.
    private var unseen: ColumnFilter.Test { .range(lower: .init(.integer(sequence), isInclusive: false), upper: nil) }

    private static let supersededBy = ColumnPath(VersionColumns.supersededBy.name)
    private static let validTo = ColumnPath(VersionColumns.validTo.name)
    private static let isNoRemoval = ColumnFilter(ColumnPath(VersionColumns.removed.name), .equal(.boolean(false)))

    /// Both sets are charged as long as the test has them.
    private static func leavingOut(_ hidden: SupersededRows.Hidden, _ walked: WalkedVersions? = nil) -> RowTest {
        RowTest(columns: ["sequence"]) { batch in
            let sequences = Self.sequences(batch)
            var shown = hidden.shown(sequences)
            walked?.all.remove(sequences, from: &shown)
            return shown
        }
    }

    private static func shown(_ walked: WalkedVersions) -> RowTest {
        RowTest(columns: ["sequence"]) { batch in
            let sequences = Self.sequences(batch)
            var passing = Bitmap(repeating: false, count: sequences.count)
            for (row, sequence) in sequences.enumerated() where walked.shown.contains(sequence) { passing[row] = true }
            return passing
        }
    }

    /// Of a batch that has them alone.
    private static func sequences(_ batch: ColumnBatch) -> [Int64] {
        guard case .int64(let sequences) = batch.columns[0].flattened().values else { preconditionFailure("a sequence is a BIGINT") }
        return sequences
    }

    private static func sequences(_ bounds: ClosedRange<Int64>) -> ColumnFilter {
        ColumnFilter("sequence", .range(lower: .init(.integer(bounds.lowerBound), isInclusive: true), upper: .init(.integer(bounds.upperBound), isInclusive: true)))
    }

    /// The instant by which every version had ended that for the reader had ended by `instant`.
    private func ended(by instant: Int64) -> Int64 { min(instant, walk?.instant ?? .max) }

    /// What documents show of which a version has ended since a walk began, or was taken up again; nil where that is not known, or of none.
    private func walked(_ view: SupersededRows.View, _ request: ScanRequest) throws -> WalkedVersions? {
        guard let walk else { return nil }
        let own = Self.own(request)
        let walked = try walk.versions(.init(view: view, scope: own)) {
            var maker = WalkedVersions.Maker(request.memory, page: page)
            let ended = [
                ColumnFilter("sequence", .range(lower: nil, upper: .init(.integer(sequence), isInclusive: true))),
                ColumnFilter("completed_at", .range(lower: .init(.integer(walk.instant), isInclusive: false), upper: nil)),
            ]
            try forEachVersion(ended, request, withHistory: true) { found in
                // By sequences: it may have ended before, and have been taken up again. One that was final as it came has no change.
                if let state = found.history?.state(through: sequence) { try maker.add(found.key, sequence: found.sequence, was: state) }
            }
            // Those that have not ended again.
            for file in snapshot.files {
                for found in try file.takenUpAgain(after: sequence, through: snapshot.sequence, of: base.name)
                where own.allSatisfy({ $0.passes(.bytes(found.key.client)) }) { try maker.add(found.key, sequence: found.sequence, was: .failed) }
            }
            return try maker.made(view, through: sequence, walk.index, snapshot.states)
        }
        return walked.all.isEmpty ? nil : walked
    }

    /// Of the clients that a request is about.
    private static func own(_ request: ScanRequest) -> [ColumnFilter] { request.scope.filter { $0.path.names == ["client_id"] } }

    /// Versions that were there at an instant and FAILED after it, by document the newest: then they were its newest versions, though they have
    /// superseded nothing; unless a later one had come, of which nothing is known of a version that FAILED.
    ///
    /// - Parameter end: of what was to be ended by the instant.
    private func failedSince(_ instant: Int64, _ end: Int64, _ request: ScanRequest) throws -> FailedVersions {
        let came = ColumnFilter("received_at", .range(lower: nil, upper: .init(.integer(instant), isInclusive: true)))
        let seen = ColumnFilter.Bound(.integer(sequence), isInclusive: true)
        let since = [
            came, ColumnFilter("sequence", .range(lower: nil, upper: seen)), ColumnFilter("state", .equal(.string(ReceiptState.failed.rawValue))),
            ColumnFilter("completed_at", .range(lower: .init(.integer(end), isInclusive: false), upper: nil)),
        ]
        var failed = FailedVersions.Maker(request.memory, page: page)
        var first = Int64.max
        try forEachVersion(since, request) { found in
            try failed.add(found.key, found.version)
            first = min(first, found.sequence)
        }
        if failed.isEmpty { return failed.made }
        // Each page of a walk asks this: what came before the first of them is not read again.
        var later = [came, ColumnFilter("sequence", .range(lower: .init(.integer(first), isInclusive: false), upper: seen))]
        if let receipts = failed.receipts(countMax: Self.receiptCountMax) { later.append(ColumnFilter("receipt_id", .oneOf(receipts.map { .bytes($0) }))) }
        try forEachVersion(later, request) { found in
            if found.failedAt ?? .max > end { failed.overtake(found.key, by: found.version) }
        }
        return failed.made
    }

    /// More ids than these are not looked for: each row would be held against all of them.
    private static let receiptCountMax = 16

    private struct FoundVersion {
        let key: VersionKey
        let version: Int64
        /// Rises with the versions of a document.
        let sequence: Int64
        /// Nil for one that has not FAILED.
        let failedAt: Int64?
        var history: ReceiptHistory?
    }

    /// Of the clients that `request` is about: others' versions say nothing of rows that the caller may see.
    private func forEachVersion(_ filters: [ColumnFilter], _ request: ScanRequest, withHistory: Bool = false, _ body: (FoundVersion) throws -> Void) throws {
        let own = Self.own(request)
        let columns: [ColumnPath] = ["client_id", "receipt_id", ColumnPath(VersionColumns.version.name), "state", "completed_at", "sequence"]
        let scan = try base.scan(ScanRequest(projection: columns + (withHistory ? ["history"] : []), scope: own, filters: filters, memory: withHistory ? request.memory : nil))
        while let morsel = try scan.nextMorsel() {
            while let batch = try morsel.next() {
                for row in 0..<batch.rowCount {
                    guard let key = Self.key(batch, row, base.name), case .integer(let version) = batch.columns[2].value(at: row),
                        case .integer(let number) = batch.columns[5].value(at: row)
                    else { continue }
                    var failedAt: Int64?
                    if batch.columns[3].value(at: row) == .string(ReceiptState.failed.rawValue), case .integer(let ended) = batch.columns[4].value(at: row) { failedAt = ended }
                    var found = FoundVersion(key: key, version: version, sequence: number, failedAt: failedAt)
                    if withHistory, case .bytes(let text) = batch.columns[columns.count].value(at: row) {
                        found.history = try ReceiptHistory(text: String(decoding: text, as: UTF8.self))
                    }
                    try body(found)
                }
            }
        }
    }

    /// Of a batch that begins with client_id and receipt_id.
    private static func key(_ batch: ColumnBatch, _ row: Int, _ table: String) -> VersionKey? {
        guard case .bytes(let client) = batch.columns[0].value(at: row), case .bytes(let receipt) = batch.columns[1].value(at: row) else { return nil }
        return VersionKey(table: table, client: client, receipt: receipt)
    }

    /// Leaves out, of rows that had come by the instant: those superseded by it, those that had FAILED by it, those below a version that was
    /// newest then and FAILED later, and those that FAILED later, when another had come.
    ///
    /// - Parameter end: of what was to be ended by the instant.
    private func newest(at instant: Int64, _ end: Int64, _ superseded: SupersededRows, _ failed: FailedVersions) -> RowTest {
        let sequence = sequence
        let table = base.name
        let columns: [ColumnPath] = ["client_id", "receipt_id", ColumnPath(VersionColumns.version.name), "sequence", "state", "completed_at"]
        return RowTest(columns: columns) { batch in
            var passing = Bitmap(repeating: true, count: batch.rowCount)
            for row in 0..<batch.rowCount {
                if case .integer(let own) = batch.columns[3].value(at: row), let next = superseded[own], next.by != 0, next.by <= sequence, next.at <= instant {
                    passing[row] = false
                } else if batch.columns[4].value(at: row) == .string(ReceiptState.failed.rawValue),
                    case .integer(let ended) = batch.columns[5].value(at: row), ended <= end
                {
                    passing[row] = false
                } else if !failed.isEmpty, let key = Self.key(batch, row, table), let newest = failed[key],
                    case .integer(let version) = batch.columns[2].value(at: row), newest.leavesOut(version)
                {
                    passing[row] = false
                }
            }
            return passing
        }
    }

    // MARK: What they show

    /// Columns whose values are others than files and images have.
    private var overlay: ColumnOverlay? {
        get throws {
            switch showing {
            case .history:
                let superseded = superseded
                return superseded.isEmpty ? nil : .successors(superseded)
            // Rows that were superseded since, for a reader of what was newest before. One that is accepted may have a version behind it that is not yet.
            case .newest(let view):
                let superseded = superseded
                if sequence < snapshot.sequence { return walk.map { .states(at: $0.instant, before: superseded, through: sequence) } ?? .noSuccessors }
                return view == .accepted && !superseded.isEmpty ? .successors(superseded) : nil
            case .asOf(let instant): return .states(at: ended(by: instant))
            }
        }
    }
}
