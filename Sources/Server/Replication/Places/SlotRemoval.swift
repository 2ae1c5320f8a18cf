internal import Cluster
internal import ColumnStore
import Synchronization

/// Removes slots that no object leads to any more, a day after that: until then a put that is long under way finds its slot filled.
final class SlotRemoval: Sendable {
    private let place: SlotPlace
    private let object: any ObjectPlace
    private let log: Log
    private let timers = Timers()
    /// Of removals that wait for their day.
    private let count = Mutex(0)

    private static let countMax = 64
    private static let againSeconds = 3_600.0

    init(_ place: SlotPlace, object: any ObjectPlace, log: Log) { (self.place, self.object, self.log) = (place, object, log) }

    /// What comes while many wait is left to a later one: each change of the floor, and each leader's begin, asks anew.
    func add(below floor: Int, after seconds: Double) {
        guard floor > 1, count.withLock({ count in
            guard count < Self.countMax else { return false }
            count += 1
            return true
        }) else { return }
        timers.after(seconds) { [self] in
            // The timers' thread must not wait.
            let isBegun = WorkerThread.start(name: "cluster-floor") { [self] in
                count.withLock { $0 -= 1 }
                remove(below: floor)
            }
            if isBegun { return }
            count.withLock { $0 -= 1 }
            log.warning("slots that nobody needs could not be removed; it is tried again", ["reason": .text("the system gives no thread for it")])
            add(below: floor, after: Self.againSeconds)
        }
    }

    /// Now, where the object says so.
    func remove(below floor: Int) {
        do {
            // What somebody wanted a day ago proves nothing: the object does.
            guard let found = try object.read().map({ try Configuration(parsingObject: $0.bytes) }), found.floor >= floor else { return }
            // Another cluster's floor says nothing of these.
            if let store = found.store { try place.claim(store) }
            try place.remove(below: floor)
        } catch {
            log.warning("slots that nobody needs could not be removed; it is tried again", ["reason": .error(error)])
            add(below: floor, after: Self.againSeconds)
        }
    }
}
