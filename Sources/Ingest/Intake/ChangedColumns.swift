import ColumnStore
import Documents
import Query

/// Which columns of a new version say something else than the version before: for the answer to whoever sent it.
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
    static func of(_ fields: [Field]) -> [Int] {
        fields.indices.filter { !StandardColumns.names.contains(fields[$0].name) && !VersionColumns.names.contains(fields[$0].name) }
    }

    /// An absent list is an empty one.
    static func normal(_ value: Value) -> Value { if case .list(let elements) = value, elements.isEmpty { .null } else { value } }

    /// Adds to the outcomes of rows what changed with them, on a thread of its own: the versions before are read.
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

    private func changed(_ rows: [HotRow], _ outcomes: [Submission.Outcome]) throws -> [Submission.Outcome] {
        var earlier: [Int64: [String: Value]] = [:]
        let snapshot = tier.boundary.snapshot()
        var wanted: [String: (sequences: [Int64], receipts: Set<[UInt8]>)] = [:]
        for (row, outcome) in zip(rows, outcomes) {
            guard case .stored(let stored) = outcome, let sequence = stored.precedingSequence else { continue }
            wanted[row.kind.table, default: ([], [])].sequences.append(sequence)
            wanted[row.kind.table]?.receipts.insert(Array(row.receipt))
        }
        for (table, keys) in wanted { try read(table, keys.sequences, keys.receipts, snapshot) { earlier[$0] = $1 } }
        return try zip(rows, outcomes).map { row, outcome in
            guard case .stored(var stored) = outcome, stored.summary.version != nil else { return outcome }
            stored.summary.changed = []
            guard let sequence = stored.precedingSequence, let before = earlier[sequence] else { return .stored(stored) }
            let values = try row.values.withUnsafeBytes { try row.kind.layout.values(of: $0) }
            let own = Dictionary(uniqueKeysWithValues: zip(row.kind.fields.map(\.name), values))
            let names = Set(before.keys).union(own.keys).subtracting(VersionColumns.names)
            stored.summary.changed = names.filter { Self.normal(own[$0] ?? .null) != Self.normal(before[$0] ?? .null) }.sorted()
            return .stored(stored)
        }
    }

    /// The types' columns of rows, by their sequences.
    private func read(
        _ name: String, _ sequences: [Int64], _ receipts: Set<[UInt8]>, _ snapshot: TierBoundary.Snapshot, _ body: (Int64, [String: Value]) -> Void
    ) throws {
        let table = TieredTable(name: name, boundary: tier.boundary, tables: tier.tables, snapshot: snapshot)
        let fields = Self.of(table.schema.fields).map { table.schema.fields[$0] }
        let bounds = ColumnFilter.Test.range(
            lower: .init(.integer(sequences.min() ?? 0), isInclusive: true), upper: .init(.integer(sequences.max() ?? 0), isInclusive: true))
        let request = ScanRequest(
            projection: fields.map { ColumnPath($0.name) } + ["sequence"],
            filters: [
                ColumnFilter("sequence", bounds), ColumnFilter("receipt_id", .oneOf(receipts.map { .bytes($0) })),
                ColumnFilter("sequence", .oneOf(sequences.map { .integer($0) })),
            ])
        let scan = try table.scan(request)
        while let morsel = try scan.nextMorsel() {
            while let batch = try morsel.next() {
                for row in 0..<batch.rowCount {
                    guard case .integer(let sequence)? = batch.columns.last?.value(at: row) else { continue }
                    var values: [String: Value] = [:]
                    for (index, field) in fields.enumerated() { values[field.name] = batch.columns[index].value(at: row) }
                    body(sequence, values)
                }
            }
        }
    }
}
