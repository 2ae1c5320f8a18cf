internal import ColumnStore
internal import Documents
internal import Ingest

/// Tells in the log what changes in the engine's figures: the engine has no log of its own, and nobody looks at figures all the time.
///
/// Owned by the thread that looks. It tells of a change once, as it sees it; what rose and fell between two looks it does not see.
struct FigureWatch {
    private let log: Log
    /// In seconds.
    private let period: Double
    /// Figures of the look before, by name and labels: `breaker_state name=tax queue=calls`.
    private var last: [String: Double] = [:]
    private var refusals: [String] = []
    private var lookedAt = 0.0
    private var room = RoomWatch()

    /// - Parameter period: how often all figures are read, which takes some milliseconds; in seconds.
    init(_ log: Log, period: Double = 5) { (self.log, self.period) = (log, period) }

    /// Called every second or so.
    mutating func look(_ store: any StoreLife) {
        let present = store.intakeRefusals.map(\.detail)
        // The words have figures in them that change.
        if present.isEmpty != refusals.isEmpty {
            if let first = present.first { log.error("receipts are refused", ["reason": .text(first)]) } else { log.info("receipts are taken again") }
        }
        refusals = present
        let now = SteadyClock.seconds()
        guard now - lookedAt >= period else { return }
        lookedAt = now
        look(store.metrics())
    }

    private mutating func look(_ metrics: [Metric]) {
        var figures: [String: Double] = [:]
        for metric in metrics {
            let labels = Dictionary(metric.labels.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
            // Labels by their names, so that a figure is the same whatever order they come in.
            let key = metric.name + labels.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            figures[key] = metric.value
            // What was so when the server began is no news, but a breaker that is there for the first time was closed before.
            guard let before = last[key] ?? (metric.name == "breaker_state" || metric.name == "calls_total" ? (last.isEmpty ? nil : 0) : nil),
                before != metric.value
            else { continue }
            tell(metric, labels, more: metric.value - before)
        }
        // Only what was counted by both looks: the first look of a run tells nothing.
        if let moved = risen("compaction_rows_moved_total", figures), let merged = risen("compaction_rows_merged_total how=compressed", figures), moved + merged > 0 {
            log.info("compacted", ["rows_moved": .number(Int(moved)), "rows_merged": .number(Int(merged))])
        }
        room.look(metrics, log)
        last = figures
    }

    private func risen(_ key: String, _ figures: [String: Double]) -> Double? {
        guard let now = figures[key], let before = last[key] else { return nil }
        return now - before
    }

    private func tell(_ metric: Metric, _ labels: [String: String], more: Double) {
        let name = Log.Value.text(labels["name"] ?? "")
        let queue = Log.Value.text(labels["queue"] ?? "")
        switch metric.name {
        case "dead_letters" where more > 0:
            log.error("dead letters", ["kind": .text(labels["kind"] ?? ""), "new": .number(Int(more)), "total": .number(Int(metric.value))])
        case "breaker_state":
            let state = metric.value == 2 ? "open" : metric.value == 1 ? "half-open" : "closed"
            if metric.value == 2 {
                log.warning("breaker", ["queue": queue, "name": name, "state": .text(state)])
            } else {
                log.info("breaker", ["queue": queue, "name": name, "state": .text(state)])
            }
        case "calls_total" where more > 0 && ["failed", "expired", "exhausted", "dead", "unconfigured", "unreadable"].contains(labels["outcome"]):
            log.warning(
                "calls failed",
                ["queue": queue, "name": name, "outcome": .text(labels["outcome"] ?? ""), "count": .number(Int(more)), "reason": .text(metric.reason ?? "")])
        case "queue_overflow" where metric.value > 0: log.warning("a queue is longer than memory keeps", ["queue": queue, "name": name])
        case "hot_rows_damaged" where more > 0: log.error("documents were found damaged", ["new": .number(Int(more))])
        default: break
        }
    }
}
