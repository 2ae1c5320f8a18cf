internal import ColumnStore
import Synchronization

/// Says in the log why a connection between members is refused: who is refused comes again at once, and again, and is named twice a minute.
final class LinkRefusals: Sendable {
    private let log: Log
    private let last = Mutex<[String: Double]>([:])

    private static let seconds = 30.0
    /// Reasons hold what strangers say of themselves: where there are more, all are forgotten, and may be said again.
    private static let countMax = 64

    init(_ log: Log) { self.log = log }

    func note(_ event: String, _ reason: String) {
        let now = SteadyClock.seconds()
        let isNew = last.withLock { last in
            if last.count >= Self.countMax { last = [:] }
            guard last[event + reason].map({ now - $0 > Self.seconds }) ?? true else { return false }
            last[event + reason] = now
            return true
        }
        if isNew { log.warning(event, ["reason": .text(reason)]) }
    }
}
