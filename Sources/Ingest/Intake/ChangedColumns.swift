import ColumnStore
import Documents
import Query

/// Which columns of a new version say something else than the version before: for the answer to its sender.
///
/// The version before is looked for once the new one is durable, since neither the writer nor its caller should wait for cold files.
final class ChangedColumns: Sendable {
    private let tier: HotTier
    private let thread: JobThread

    init(tier: HotTier) {
        self.tier = tier
        thread = JobThread(name: "changes")
    }

    func start() { thread.start() }
    func stop() { thread.stop() }

    /// Of columns with these fields those that come from documents.
    ///
    /// Their places.
    static func of(_ fields: [Field]) -> [Int] {
        fields.indices.filter { !StandardColumns.names.contains(fields[$0].name) && !VersionColumns.names.contains(fields[$0].name) }
    }

    /// An absent list is an empty one.
    static func normal(_ value: Value) -> Value { if case .list(let elements) = value, elements.isEmpty { .null } else { value } }

    /// Adds to the outcomes of rows what changed with them, on a thread of its own: the versions before are read.
    ///
    /// Where the store closes, or what was before cannot be read, outcomes come back as they are: they then say nothing of changes, which is not the same as
    /// saying that nothing changed.
    ///
    /// - Parameter done: called with the outcomes, on any thread.
    func find(_ rows: [HotRow], _ outcomes: [Submission.Outcome], done: @escaping @Sendable ([Submission.Outcome]) -> Void) {
        let isAnyNew = outcomes.contains { if case .stored(let stored) = $0 { stored.summary.version != nil } else { false } }
        guard isAnyNew else { return done(outcomes) }
        thread.submit { [self] isPassed in
            // What cannot be read now is only not told: the version is stored.
            done(isPassed ? outcomes : (try? changed(rows, outcomes)) ?? outcomes)
        }
    }

    /// A first version has an empty list: it has no version before it.
    private func changed(_ rows: [HotRow], _ outcomes: [Submission.Outcome]) throws -> [Submission.Outcome] {
        var outcomes = outcomes
        let snapshot = tier.boundary.snapshot()
        /// Of each table the places of rows by the sequences of those before them.
        var wanted: [String: [Int64: Int]] = [:]
        for place in outcomes.indices {
            guard case .stored(var stored) = outcomes[place], stored.summary.version != nil else { continue }
            stored.summary.changed = []
            outcomes[place] = .stored(stored)
            if let sequence = stored.precedingSequence { wanted[rows[place].kind.table, default: [:]][sequence] = place }
        }
        for (table, places) in wanted {
            try compare(table, rows, places, snapshot) { place, changed in
                guard case .stored(var stored) = outcomes[place] else { return }
                stored.summary.changed = changed
                outcomes[place] = .stored(stored)
            }
        }
        return outcomes
    }

    /// So many rows are looked for by their ids, for which files have filters; more by their sequences alone.
    private static let idCountMax = 64

    /// Reads the rows of some sequences, and tells which of the types' columns say something else in those that came after them.
    ///
    /// - Parameter places: by the sequences of the rows before them, the places of `rows`.
    private func compare(
        _ name: String, _ rows: [HotRow], _ places: [Int64: Int], _ snapshot: TierBoundary.Snapshot, _ body: (_ place: Int, _ changed: [String]) -> Void
    ) throws {
        let table = TieredTable(name: name, boundary: tier.boundary, tables: tier.tables, snapshot: snapshot)
        let fields = Self.of(table.schema.fields).map { table.schema.fields[$0] }
        let sequences = places.keys.sorted()
        guard let low = sequences.first, let high = sequences.last else { return }
        let roster = SequenceRoster(sorted: sequences)
        // Bounds let rows of others through; which are meant the roster says.
        let among = RowTest(columns: ["sequence"]) { batch in
            guard case .int64(let sequences) = batch.columns[0].flattened().values else { preconditionFailure("a sequence is a BIGINT") }
            var passing = Bitmap(repeating: false, count: batch.rowCount)
            for (row, sequence) in sequences.enumerated() where roster.contains(sequence) { passing[row] = true }
            return passing
        }
        let bounds = ColumnFilter.Test.range(lower: .init(.integer(low), isInclusive: true), upper: .init(.integer(high), isInclusive: true))
        var request = ScanRequest(projection: fields.map { ColumnPath($0.name) } + ["sequence"], filters: [ColumnFilter("sequence", bounds)])
        request.residual = among.before(nil)
        if places.count <= Self.idCountMax {
            request.filters.append(ColumnFilter("receipt_id", .oneOf(Set(places.values.map { rows[$0].receipt }).map { .bytes(Array($0)) })))
        }
        var layouts: [ObjectIdentifier: Comparison] = [:]
        let scan = try table.scan(request)
        while let morsel = try scan.nextMorsel() {
            while let batch = try morsel.next() {
                for row in 0..<batch.rowCount {
                    guard case .integer(let sequence)? = batch.columns.last?.value(at: row), let place = places[sequence] else { continue }
                    let kind = rows[place].kind
                    let comparison = layouts[ObjectIdentifier(kind)] ?? Comparison(kind, fields)
                    layouts[ObjectIdentifier(kind)] = comparison
                    body(place, try comparison.changed(rows[place], from: batch, row))
                }
            }
        }
    }

    /// How the rows of a kind stand against the columns of their table.
    ///
    /// Made once for each kind of a comparison. Of a column that the type's version lacks the new row has NULL.
    private struct Comparison {
        /// The table's columns by name, and where each stands in a row and as what; nil where the type's version lacks it.
        private let columns: [(name: String, column: Int, type: ColumnType, own: (place: Int, type: ColumnType)?)]
        private let layout: RowLayout

        init(_ kind: RowFormat, _ fields: [Field]) {
            let own = Dictionary(uniqueKeysWithValues: kind.fields.enumerated().map { ($1.name, (place: $0, type: $1.type)) })
            columns = fields.enumerated().map { ($1.name, $0, $1.type, own[$1.name]) }.sorted { $0.0 < $1.0 }
            layout = kind.layout
        }

        func changed(_ row: HotRow, from batch: ColumnBatch, _ place: Int) throws -> [String] {
            let values = try row.values.withUnsafeBytes { try layout.values(of: $0) }
            return columns.compactMap { name, column, type, own in
                let value = own.map { Self.conform(values[$0.place], from: $0.type, to: type) } ?? .null
                return ChangedColumns.normal(value) == ChangedColumns.normal(batch.columns[column].value(at: place)) ? nil : name
            }
        }

        /// A list's elements with the members of the table's, in its order: those of the type's version may be fewer, and stand otherwise.
        private static func conform(_ value: Value, from own: ColumnType, to type: ColumnType) -> Value {
            switch (value, own, type) {
            case (.list(let elements), .list(let ownElement), .list(let element)):
                return .list(elements.map { conform($0, from: ownElement.type, to: element.type) })
            case (.structure(let values), .structure(let ownMembers), .structure(let members)):
                let places = Dictionary(ownMembers.enumerated().map { ($1.name, $0) }) { first, _ in first }
                return .structure(members.map { member in places[member.name].map { conform(values[$0], from: ownMembers[$0].type, to: member.type) } ?? .null })
            default: return value
            }
        }
    }
}
