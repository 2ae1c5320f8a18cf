import ColumnStore
import Synchronization

/// The time for which one process of a cluster leads, as the cold tables in the cluster's bucket see it.
///
/// Another process may have taken the lead, and this one not know it yet: it may stand still between any two of its steps, and one of its requests may come to the bucket at any time
/// after. What it still does there harms nobody:
///
/// 1. Versions of tables have numbers of their tenure (`floor` + 1 and on). Tenures are counted in the catalog, and each is known to the cluster before the first object is written, so that
///    no two have the same: no leader ever writes or removes metadata of a name that another uses. All else that is written has random names.
/// 2. A version is made once all that was committed before it counts. So what a leader has made, and the next one knows nothing of, is the last versions of tables, and never shows what is then gone.
/// 3. Removed is what this process made and nothing leads to; what a record that counts has ended, which nobody needs whoever leads by then; what no catalog has named within a day. And
///    none of it without a recent proof that this process leads.
final class Tenure: Sendable {
    /// What the cluster says of this process.
    struct Lead: Sendable {
        /// Whether it leads, and all that was committed by now counts.
        let settle: @Sendable () -> Bool
        /// Whether it leads.
        let prove: @Sendable () -> Bool
        /// Whether the cluster's archive has all that counts by now, and the files that it names.
        var isArchived: @Sendable () -> Bool = { true }
    }

    private struct State {
        var number = 0
        var lead: Lead?
        /// When it was last seen to lead, by the clock of the boot: pauses count.
        var provenAt: Double?
    }

    private let state = Mutex(State())

    /// More than tables have versions between two starts.
    static let versionCount = 100_000
    private static let numberMax = Int(Int32.max) / versionCount - 1
    /// Objects are removed on a proof that is no older.
    private static let holdsSeconds = 1.0
    private static let settleCount = 6

    /// Versions of this tenure have higher numbers.
    var floor: Int { state.withLock { $0.number } * Self.versionCount }

    /// Those of later ones have this and higher ones.
    var ceiling: Int { floor + Self.versionCount }

    /// Counts it, and returns once the cluster has it. Before anything is written to the bucket.
    ///
    /// - Throws: `.unavailable` where it does not come to count within half a minute.
    func begin(_ catalog: Catalog, _ lead: Lead) throws {
        let number = try catalog.countTenure()
        guard number > 0, number <= Self.numberMax else {
            throw ColumnStoreError(.unsupportedFeature, path: catalog.path, "has counted \(number) tenures: numbers of versions have no room for more")
        }
        for _ in 0..<Self.settleCount where lead.settle() {
            return state.withLock { $0 = State(number: Int(number), lead: lead) }
        }
        throw ColumnStoreError(.unavailable, path: catalog.path, "the other machine has not confirmed the start: cold tables are not touched before")
    }

    /// Before a version is made.
    ///
    /// - Throws: `.unavailable`.
    func checkMaking(version: Int) throws(ColumnStoreError) {
        guard version > floor, version < ceiling, floor > 0 else {
            throw ColumnStoreError(.unavailable, path: "", "version \(version) is none of this leader's, which are \(floor + 1) to \(ceiling - 1): start it anew")
        }
        let now = Self.bootSeconds()
        guard let lead = state.withLock({ $0.lead }), lead.settle() else {
            throw ColumnStoreError(.unavailable, path: "", "what was committed does not count yet, or another machine leads: cold tables stay as they are")
        }
        // As of before the question.
        state.withLock { $0.provenAt = now }
    }

    /// Before something is removed, or a name is given to another version.
    ///
    /// - Throws: `.unavailable`.
    func checkLead() throws(ColumnStoreError) {
        let now = Self.bootSeconds()
        let (lead, provenAt) = state.withLock { ($0.lead, $0.provenAt) }
        if let provenAt, now - provenAt < Self.holdsSeconds { return }
        guard let lead, lead.prove() else {
            throw ColumnStoreError(.unavailable, path: "", "another machine leads, or may lead: nothing of the cold tables is removed")
        }
        state.withLock { $0.provenAt = now }
    }

    /// Whether all that was committed by now counts, and is archived: what it has ended may go.
    var isSettled: Bool {
        guard let lead = state.withLock({ $0.lead }), lead.settle() else { return false }
        return lead.isArchived()
    }

    private static func bootSeconds() -> Double { Double(SteadyClock.bootNanoseconds()) / 1e9 }
}

extension Catalog {
    private static let tenureKey = "tenure"

    /// The number of the tenure that begins.
    fileprivate func countTenure() throws -> Int64 {
        try write { connection in
            try connection.execute("INSERT INTO meta(key, value) VALUES('\(Self.tenureKey)', 1) ON CONFLICT(key) DO UPDATE SET value = value + 1")
            return try connection.integer("SELECT value FROM meta WHERE key = '\(Self.tenureKey)'") ?? 0
        }
    }
}
