internal import ColumnStore
internal import Processes

/// Figures for /metrics.
///
/// Counts are those of the last group (`states`), read under a short lock; ages are read from the file beside the writer. Nothing here waits for a group.
extension QueueStore {
    /// - Parameter now: microseconds since 1970.
    /// - Complexity: O(queues), with a search for each that has living messages.
    package func metrics(now: Int64) -> [Metric] {
        let states = states.sorted { $0.name < $1.name }
        // A figure that cannot be had is left out.
        let oldest = (try? oldestTimes(states)) ?? [:]
        var metrics: [Metric] = []
        for state in states {
            let label = (name: "queue", value: state.name)
            for (word, count) in [("active", state.counts.active), ("locked", state.counts.locked), ("delayed", state.counts.delayed), ("dead", state.counts.dead)] {
                metrics.append(gauge("queue_messages", "Messages of a queue, by where they stand.", Double(count), [label, (name: "state", value: word)]))
            }
            metrics.append(gauge("queue_bytes", "Bytes of the bodies of a queue's messages, but dead letters.", Double(state.counts.byteCount), [label]))
            metrics.append(gauge("queue_dead_bytes", "Bytes of the bodies of a queue's dead letters.", Double(state.counts.deadByteCount), [label]))
            metrics.append(gauge("queue_max_bytes", "Bytes that a queue takes at most; with its dead letters twice as many.", Double(state.settings.byteCountMax), [label]))
            if let at = oldest[state.id] {
                metrics.append(gauge("queue_oldest_seconds", "Time since the oldest message of a queue that is not dead could be received, 0 where none could yet.", max(0, Double(now.subtractingSaturating(at)) / 1e6), [label]))
            }
            let figures = state.figures
            for (word, count) in [
                ("sent", figures.sent), ("duplicate", figures.duplicates), ("received", figures.received), ("completed", figures.completed), ("died", figures.died),
            ] {
                metrics.append(
                    Metric(
                        name: "queue_messages_total", help: "What became of a queue's messages since the start.", kind: .counter,
                        labels: [label, (name: "event", value: word)], value: Double(count)))
            }
        }
        return metrics
    }

    private func gauge(_ name: String, _ help: String, _ value: Double, _ labels: [(name: String, value: String)]) -> Metric {
        Metric(name: name, help: help, kind: .gauge, labels: labels, value: value)
    }

    /// Beside the writer, who may be waiting for a disk.
    private func oldestTimes(_ states: [QueueState]) throws -> [Int64: Int64] {
        if states.allSatisfy({ $0.counts.living == 0 }) { return [:] }
        return try pool.withConnection { connection in
            let select = try connection.statement("SELECT min(enqueued_at) FROM messages WHERE queue = ?1 AND state < 3")
            var times: [Int64: Int64] = [:]
            for state in states where state.counts.living > 0 {
                select.bind(1, state.id)
                if try select.step() { times[state.id] = select.optionalInt64(0) }
                select.reset()
            }
            return times
        }
    }
}
