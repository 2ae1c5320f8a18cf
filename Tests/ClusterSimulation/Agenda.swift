import Cluster

/// What will happen, the earliest first; what happens at one instant in the order in which it was noted.
struct Agenda {
    enum Action {
        /// From a process that has records of that store.
        case message(to: Int, life: Int, from: String, StoreIdentity?, Message)
        case event(to: Int, life: Int, Event)
        case diskSynced(Int, life: Int)
        /// A request to the bucket takes effect.
        case bucket(SimulatedBucket.Request, node: Int, life: Int, ticket: Int)
        case removeSlots(below: Int)
        case start(Int)
        /// What a node has asked another for.
        case checkpoint(to: Int, life: Int, [Record])
        case post
        case fault
        /// A pair that is torn apart again and again.
        case flap
        case crash(Int)
        case bucketAway(Int, until: Int)
        case vanish
        /// Somebody has found out that the object is gone.
        case person
        case mend
    }
    private struct Entry {
        var time: Int
        var order: Int
        var place: Int
    }

    private var heap: [Entry] = []
    /// Actions lie still while their entries move.
    private var actions: [Action?] = []
    private var free: [Int] = []
    private var order = 0

    mutating func add(_ action: Action, at time: Int) {
        order += 1
        let place = free.popLast() ?? actions.count
        if place == actions.count { actions.append(action) } else { actions[place] = action }
        heap.append(Entry(time: time, order: order, place: place))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.isBefore(heap[child], heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func next() -> (time: Int, action: Action)? {
        guard let first = heap.first, let action = actions[first.place] else { return nil }
        actions[first.place] = nil
        free.append(first.place)
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var child = 2 * parent + 1
                guard child < heap.count else { break }
                if child + 1 < heap.count, Self.isBefore(heap[child + 1], heap[child]) { child += 1 }
                guard Self.isBefore(heap[child], heap[parent]) else { break }
                heap.swapAt(child, parent)
                parent = child
            }
        }
        return (first.time, action)
    }

    /// Swaps that were asked for, and not applied yet: they may be long after whoever asked is gone.
    var swaps: [(expected: Nonce?, next: Configuration)] {
        actions.compactMap { action in
            guard case .bucket(.swap(let expected, let next, _), _, _, _) = action else { return nil }
            return (expected, next)
        }
    }

    /// Slots that are to be filled, and are not yet.
    var slots: Set<Int> {
        Set(actions.compactMap { action in
            guard case .bucket(.putSlot(_, let record, _), _, _, _) = action else { return nil }
            return record.sequence
        })
    }

    private static func isBefore(_ left: Entry, _ right: Entry) -> Bool { (left.time, left.order) < (right.time, right.order) }
}
