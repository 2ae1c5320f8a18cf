import ColumnStore
import Documents
import Query
import Synchronization

/// Which columns of a new version say something else than the version before: for the answer to its sender.
///
/// The version before is looked for once the new one is durable, since neither the writer nor its caller should wait for cold files.
final class ChangedColumns: Sendable {
    private let tier: HotTier
    /// Nanoseconds of the steady clock, by which storages give up too.
    private let now: @Sendable () -> UInt64
    private let thread = JobThread(name: "changes", waitingMax: 1_024)
    /// By the steady clock: until then no storage behind a network is asked.
    private let silentUntil = Atomic<UInt64>(0)

    /// From a look's submission on, since one thread serves all, and the versions are stored: what has not come by then is not waited for, and where nothing came at all those behind do
    /// not ask for a while.
    private static let patienceNanoseconds: UInt64 = 3_000_000_000
    private static let silenceNanoseconds: UInt64 = 10_000_000_000

    /// - Parameter now: another for tests.
    init(tier: HotTier, now: @escaping @Sendable () -> UInt64 = { SteadyClock.nanoseconds() }) { (self.tier, self.now) = (tier, now) }

    func start() { thread.start() }

    /// Looks that wait, and later ones, come back as they are; the one that is under way ends first, within its time.
    func stop() { thread.stop() }

    /// Of columns with these fields those that come from documents.
    ///
    /// Their places.
    static func of(_ fields: [Field]) -> [Int] {
        fields.indices.filter { !StandardColumns.names.contains(fields[$0].name) && !VersionColumns.names.contains(fields[$0].name) }
    }

    /// An absent list is an empty one.
    static func normal(_ value: Value) -> Value { if case .list(let elements) = value, elements.isEmpty { .null } else { value } }

    /// Adds to the outcomes of rows what changed with them, on a thread of its own: the versions before are read. First versions have an empty list, and wait for nobody.
    ///
    /// Where the store closes, too many wait, or what was before cannot be read by then, outcomes come back as they are: they then say nothing of changes, which is not the same as
    /// saying that nothing changed.
    ///
    /// - Parameter done: called with the outcomes, on any thread.
    func find(_ rows: [HotRow], _ outcomes: [Submission.Outcome], done: @escaping @Sendable ([Submission.Outcome]) -> Void) {
        var known = outcomes
        var isAnyLater = false
        for place in known.indices {
            guard case .stored(var stored) = known[place], stored.summary.version != nil else { continue }
            guard stored.precedingSequence == nil else {
                isAnyLater = true
                continue
            }
            stored.summary.changed = []
            known[place] = .stored(stored)
        }
        guard isAnyLater else { return done(known) }
        // Its turn counts as well: whoever waits behind slow looks waits no longer than others.
        let end = now().addingSaturating(Self.patienceNanoseconds)
        thread.submit { [self, known] isPassed in done(isPassed ? known : read(rows, known, until: end)) }
    }

    /// What cannot be read now is only not told: the version is stored.
    private func read(_ rows: [HotRow], _ outcomes: [Submission.Outcome], until end: UInt64) -> [Submission.Outcome] {
        var outcomes = outcomes
        let begun = now()
        let isSilent = begun < silentUntil.load(ordering: .relaxed) || begun >= end
        let tally = RequestTally()
        // What lies on this machine is read all the same.
        let scope = isSilent ? WaitScope(isCancelled: { true }) : WaitScope(tally: tally, endsAt: end)
        let hasFailed = WaitScope.run(scope) { compareAll(rows, &outcomes) }
        // One that is only slow has answered something whole by then, unless the look's turn came late.
        let hadTime = !isSilent && end - begun > Self.patienceNanoseconds / 2
        if hasFailed, hadTime, tally.byteCount == 0 { silentUntil.store(now().addingSaturating(Self.silenceNanoseconds), ordering: .relaxed) }
        return outcomes
    }

    /// Each table by itself: what was found before one fails stays.
    ///
    /// - Returns: whether a storage gave no answer to go by.
    private func compareAll(_ rows: [HotRow], _ outcomes: inout [Submission.Outcome]) -> Bool {
        let snapshot = tier.boundary.snapshot()
        /// Of each table the places of rows by the sequences of those before them.
        var wanted: [String: [Int64: Int]] = [:]
        for place in outcomes.indices {
            guard case .stored(let stored) = outcomes[place], stored.summary.version != nil, let sequence = stored.precedingSequence else { continue }
            wanted[rows[place].kind.table, default: [:]][sequence] = place
        }
        var hasFailed = false
        for (table, places) in wanted {
            var left = Set(places.values)
            do {
                try compare(table, rows, places, snapshot) { place, changed in
                    Self.tell(changed, of: place, &outcomes)
                    left.remove(place)
                }
                // Whose version before is not there.
                for place in left { Self.tell([], of: place, &outcomes) }
            } catch {
                hasFailed = hasFailed || error is SilentColdTable || (error as? ColumnStoreError)?.code == .unavailable
            }
        }
        return hasFailed
    }

    private static func tell(_ changed: [String], of place: Int, _ outcomes: inout [Submission.Outcome]) {
        guard case .stored(var stored) = outcomes[place] else { return }
        stored.summary.changed = changed
        outcomes[place] = .stored(stored)
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
