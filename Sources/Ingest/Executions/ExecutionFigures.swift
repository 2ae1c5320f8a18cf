internal import ColumnStore
internal import Processes
package import Synchronization

/// Counts of executions since the start.
///
/// Written by the writer's thread, once for each commit; read by any. Each number is right by itself: they are not of one instant together.
package final class ExecutionFigures: Sendable {
    /// Of the file, and not since the start: counted once as the store is opened, and kept by what commits add and take.
    package let running = Atomic<Int>(0)
    package let transitions = Atomic<Int>(0)
    private let groups = Atomic<Int>(0)
    private let reads = Atomic<Int>(0)
    private let ended = Mutex<[String: Int]>([:])
    /// How late the last timers fired, in microseconds.
    private let lateness = Atomic<Int64>(0)

    init() {}

    func note(lateness latest: Int64) { lateness.store(latest, ordering: .relaxed) }

    func add(_ aftermath: ExecutionCore.Aftermath) {
        running.add(aftermath.runningDelta, ordering: .relaxed)
        transitions.add(aftermath.transitionCount, ordering: .relaxed)
        groups.add(1, ordering: .relaxed)
        reads.add(aftermath.readCount, ordering: .relaxed)
        guard !aftermath.ended.isEmpty else { return }
        ended.withLock { ended in
            for (status, count) in aftermath.ended { ended[status.text, default: 0] += count }
        }
    }

    /// - Parameter nextAt: when the next timer is due.
    func metrics(now: Int64, nextAt: Int64) -> [Metric] {
        func counter(_ name: String, _ help: String, _ value: Int, _ labels: [(name: String, value: String)] = []) -> Metric {
            Metric(name: name, help: help, kind: .counter, labels: labels, value: Double(value))
        }
        // Before the first look at the file `nextAt` is the least number, and nothing is late.
        let waiting = nextAt == .min ? 0 : max(0, now.subtractingSaturating(nextAt))
        // A writer that is held up fires nothing, and its last timers were on time: how long the next one waits tells of it.
        let late = max(lateness.load(ordering: .relaxed), waiting)
        return [
            Metric(name: "executions_running", help: "Executions that run.", kind: .gauge, value: Double(running.load(ordering: .relaxed))),
            counter("execution_transitions_total", "States that executions entered since the start.", transitions.load(ordering: .relaxed)),
            counter("execution_commits_total", "Commits of executions since the start.", groups.load(ordering: .relaxed)),
            counter("execution_reads_total", "Executions that were read from their file to go on, for they were not in memory any more.", reads.load(ordering: .relaxed)),
            Metric(name: "execution_timers_late_seconds", help: "How late the last timers fired, or the next one is by now.", kind: .gauge, value: Double(late) / 1e6),
        ] + ended.withLock { $0 }.sorted { $0.key < $1.key }.map {
            counter("executions_ended_total", "Executions that ended since the start, by how.", $0.value, [(name: "state", value: $0.key)])
        }
    }
}
