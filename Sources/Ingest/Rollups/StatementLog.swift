import ColumnStore
import Query
import Synchronization

/// What one question read, and how long it took.
package struct StatementCost: Sendable, Hashable {
    package var count: Int64 = 1
    package var milliseconds: Int64
    package var rows: Int64
    package var bytes: Int64

    package init(milliseconds: Int64, rows: Int64, bytes: Int64) { (self.milliseconds, self.rows, self.bytes) = (milliseconds, rows, bytes) }

    mutating func add(_ other: StatementCost) {
        count = count.addingSaturating(other.count)
        milliseconds = milliseconds.addingSaturating(other.milliseconds)
        rows = rows.addingSaturating(other.rows)
        bytes = bytes.addingSaturating(other.bytes)
    }
}

/// Questions that read many rows which a rollup could have spared: their forms, without constants, without who asked, and what they cost together.
///
/// It is kept with the catalog's figures: durable, in backups, and no part of what files are proved by. What is lost with it is advice.
///
/// Any thread notes. The lock is held to add a question up; the catalog is written outside it, so that two writes may cross, and the earlier state may be the
/// one that stays.
final class StatementLog: Sendable {
    struct Entry: Sendable {
        /// With `?` for each constant.
        let form: String
        let need: RollupNeed
        var cost: StatementCost
    }
    private struct Key: Hashable {
        let form: String
        let need: RollupNeed
    }
    private struct State {
        var entries: [Key: Entry] = [:]
        /// When each was seen, by counting: the one that was not for longest leaves first.
        var seen: [Key: Int] = [:]
        var number = 0
    }

    /// Of the figures in the catalog.
    private static let name = "statements"
    /// Forms that are kept.
    static let countMax = 200
    /// Of a declaration: keys and measures of more are no advice anybody reads.
    private static let needByteCountMax = 4_096

    private let catalog: Catalog
    private let rowCountMin: Int
    private let state: Mutex<State>

    /// - Parameter rowCountMin: rows that a question must have looked at; 0: nothing is kept.
    init(catalog: Catalog, rowCountMin: Int) {
        (self.catalog, self.rowCountMin) = (catalog, rowCountMin)
        var state = State()
        // What cannot be read begins anew.
        let kept = (try? catalog.bytes("figures_" + Self.name)).flatMap { $0 }.flatMap { try? JSONParser.parse($0) }
        for item in kept?.array?.prefix(Self.countMax) ?? [] {
            guard let entry = Self.read(item) else { continue }
            state.number += 1
            let key = Key(form: entry.form, need: entry.need)
            (state.entries[key], state.seen[key]) = (entry, state.number)
        }
        self.state = Mutex(state)
    }

    /// The most expensive first.
    var entries: [Entry] {
        state.withLock { Array($0.entries.values) }.sorted { ($0.cost.rows, $1.form) > ($1.cost.rows, $0.form) }
    }

    /// - Parameter needs: worked out only where the question read enough.
    ///
    /// - Parameters:
    ///   - query: its text, of which the form without constants is kept.
    ///   - cost: of this one run.
    func note(_ query: String, _ cost: StatementCost, needs: () -> [RollupNeed]) {
        guard rowCountMin > 0, cost.rows >= Int64(rowCountMin) else { return }
        let needs = needs().filter { Self.definition(of: $0).json.serialized.count <= Self.needByteCountMax }
        guard !needs.isEmpty, let form = StatementForm.text(query) else { return }
        var isDue = false
        state.withLock { state in
            for need in needs {
                let key = Key(form: form, need: need)
                state.number += 1
                state.seen[key] = state.number
                var entry = state.entries[key] ?? Entry(form: form, need: need, cost: cost)
                if state.entries[key] != nil { entry.cost.add(cost) }
                state.entries[key] = entry
                // A new one, and each doubling: few writes, and what a sudden end loses is less than half.
                if entry.cost.count & (entry.cost.count - 1) == 0 { isDue = true }
            }
            while state.entries.count > Self.countMax, let oldest = state.seen.min(by: { $0.value < $1.value })?.key {
                state.entries[oldest] = nil
                state.seen[oldest] = nil
            }
        }
        if isDue { save() }
    }

    /// Oldest first, so that a start knows which were not seen for longest. A failure is noted and costs nothing but advice.
    func save() {
        let entries = state.withLock { state in state.entries.sorted { state.seen[$0.key, default: 0] < state.seen[$1.key, default: 0] }.map(\.value) }
        if entries.isEmpty { return }
        do { try catalog.keep(figures: JSONValue.array(entries.map(Self.json)).serialized, as: Self.name) } catch {
            StoreLog.note("the log of statements could not be kept", path: catalog.path, reason: StoreLog.text(error), level: .warning)
        }
    }

    // MARK: As it is kept

    static func definition(of need: RollupNeed, name: String = "advised") -> RollupDefinition {
        RollupDefinition(name: name, table: need.table, condition: need.condition, list: need.list, keys: need.keys, measures: need.measures)
    }

    private static func json(_ entry: Entry) -> JSONValue {
        .object([
            .init("statement", .string(entry.form)), .init("rollup", definition(of: entry.need).json), .init("count", .integer(entry.cost.count)),
            .init("milliseconds", .integer(entry.cost.milliseconds)), .init("rows", .integer(entry.cost.rows)), .init("bytes", .integer(entry.cost.bytes)),
        ])
    }

    /// Nil for what this version cannot read: it is left out.
    private static func read(_ item: JSONValue) -> Entry? {
        func number(_ name: String) -> Int64? {
            guard case .number(let text)? = item[name], let number = Int64(text), number >= 0 else { return nil }
            return number
        }
        var reader = RollupReader()
        guard let form = item["statement"]?.text, let body = item["rollup"], let rollup = reader.read(body), let count = number("count"),
            let milliseconds = number("milliseconds"), let rows = number("rows"), let bytes = number("bytes")
        else { return nil }
        var cost = StatementCost(milliseconds: milliseconds, rows: rows, bytes: bytes)
        cost.count = count
        let need = RollupNeed(table: rollup.table, list: rollup.list, condition: rollup.condition, keys: rollup.keys, measures: rollup.measures)
        return Entry(form: form, need: need, cost: cost)
    }
}
