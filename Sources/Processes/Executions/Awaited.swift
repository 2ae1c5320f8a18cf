/// What a running execution waits for: for starts after a crash, and for tests that nothing is stuck.
package enum Awaited: Sendable, Hashable {
    /// An answer to this token: of a Task, or of a Map that reads items.
    case task(token: String)
    /// - frame: nil of the execution's own.
    case timer(frame: Int?, serial: Int, at: Int64)
    /// `Event.proceed`
    /// Frames are ready, and one event had done its share.
    case proceed
}

extension Execution {
    /// All events that were asked for and have not come; empty when it has ended.
    ///
    /// - Complexity: O(frames).
    package var awaited: [Awaited] {
        guard status == .running else { return [] }
        var awaited: [Awaited] = []
        if let timeout { awaited.append(.timer(frame: nil, serial: timeout.serial, at: timeout.at)) }
        for id in frames.keys.sorted() {
            guard let frame = frames[id] else { continue }
            switch frame.phase {
            case .task(let serial, let timeout, let heartbeat, _):
                awaited.append(.task(token: TaskToken(self, frame: id, serial: serial).text))
                for mark in [timeout, heartbeat].compactMap({ $0 }) { awaited.append(.timer(frame: id, serial: mark.serial, at: mark.at)) }
            case .waiting(let mark), .retrying(let mark): awaited.append(.timer(frame: id, serial: mark.serial, at: mark.at))
            case .items(let progress): if let reading = progress.reading { awaited.append(.task(token: TaskToken(self, frame: id, serial: reading).text)) }
            case .ready, .branches, .done, .failed, .stopped: break
            }
        }
        if !ready.isEmpty { awaited.append(.proceed) }
        return awaited
    }

    /// Frames whose Wait ends at an instant of the calendar, whatever somebody does to the clock: all other timers are of durations.
    package func framesUntilInstant(among effects: [Effect], of machine: Machine) -> Set<Int> {
        var found: Set<Int> = []
        for effect in effects {
            guard case .setTimer(let id?, _, _) = effect, let frame = frames[id], case .waiting = frame.phase, case .wait(let wait) = machine.states[frame.state].kind else { continue }
            switch wait {
            case .until, .untilPath: found.insert(id)
            case .seconds: break
            }
        }
        return found
    }

    /// Unfinished frames that await nothing and have nothing below them that does: none, ever.
    package var stuckFrames: [Int] {
        guard status == .running else { return [] }
        var live: Set<Int> = []
        for id in frames.keys.sorted(by: >) {
            guard let frame = frames[id] else { continue }
            let awaitsItself = switch frame.phase {
            case .task, .waiting, .retrying: true
            case .ready: ready.contains(id)
            case .items(let progress): progress.reading != nil || ready.contains(id)
            case .branches(_, let rest): rest != nil && ready.contains(id)
            case .done, .failed, .stopped: false
            }
            if awaitsItself { live.insert(id) }
            if live.contains(id), let parent = frame.parent { live.insert(parent) }
        }
        return frames.keys.filter { id in frames[id].map { !$0.isAtRest } == true && !live.contains(id) }.sorted()
    }
}
