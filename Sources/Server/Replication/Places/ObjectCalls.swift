internal import Cluster
internal import ColumnStore

/// Asks for the object and swaps it, one call after the other, on a thread of its own.
///
/// A read ends as found, absent or failed. A swap as `done`; `conflict`: another object is there; `again`: nothing was written; `unknown`: it may have been.
/// The difference of the last two is who may ask again at once, and who must read before.
final class ObjectCalls: Sendable {
    enum Call: Sendable {
        case read(ticket: Int)
        case swap(expected: Nonce?, Configuration, ticket: Int)

        var isRead: Bool { if case .read = self { true } else { false } }
    }

    private struct State {
        var calls: [Call] = []
        var isStopping = false
        /// Why the last call came to nothing.
        var fault: String?
        /// Reads that have failed one after the other.
        var unreadCount = 0
        /// What was swapped in last, where its place took no name: which object, and the name.
        var unnamed: (nonce: Nonce, store: StoreIdentity)?
    }

    private let place: any ObjectPlace
    private let slots: SlotPlace?
    private let proof: PlaceProof
    private let log: Log
    private let state = Monitor(State())
    private let thread = HeldThread()

    /// A leader waits for two: its proof, and what became of a swap.
    private static let readCountMax = 8
    /// So many reads in a row that fail are no hiccup: a leader with its standby makes them within a quarter of a minute.
    private static let unreadCountMin = 3

    /// - Parameters:
    ///   - slots: nil where there are none.
    ///   - proof: of both places.
    init(_ place: any ObjectPlace, slots: SlotPlace?, proof: PlaceProof = PlaceProof(), log: Log) { (self.place, self.slots, self.proof, self.log) = (place, slots, proof, log) }

    /// - Parameter mayName: whether everybody who was heard reads an object that names a store.
    func start(mayName: @escaping @Sendable () -> Bool, _ answer: @escaping @Sendable (Event) -> Void) {
        thread.start(name: "cluster-object") { [self] in
            while let call = state.wait({ $0.isStopping ? .some(nil) : $0.calls.isEmpty ? nil : .some($0.calls.removeFirst()) }) {
                switch call {
                case .read(let ticket): answer(.configuration(read(), ticket: ticket))
                case .swap(let expected, let next, let ticket): answer(.swapped(swap(expected, next, mayName: mayName), ticket: ticket))
                }
            }
        }
    }

    /// Behind a place that gives no answer for long the looks of a follower gather, one each few seconds: the first go. A swap is always made: without its answer a node
    /// begins no other, and would never lead.
    func add(_ call: Call) {
        state.signal { state in
            state.calls.append(call)
            let reads = state.calls.indices.filter { state.calls[$0].isRead }
            if reads.count > Self.readCountMax { state.calls.remove(at: reads[0]) }
        }
    }

    func stop() { state.broadcast { $0.isStopping = true } }

    /// Why the last call came to nothing; nil: it did not.
    var fault: String? { state.withLock { $0.fault } }

    /// Why the object cannot be read, where that has lasted for some reads; nil: it can, as far as is known.
    var unread: String? { state.withLock { $0.unreadCount >= Self.unreadCountMin ? $0.fault : nil } }

    private func note(_ fault: String?) { state.withLock { $0.fault = fault } }

    /// Said as it begins and as it ends, not with each read in between.
    private func noteRead(_ fault: String?) {
        let before = state.withLock { state in
            defer { (state.fault, state.unreadCount) = (fault, fault == nil ? 0 : state.unreadCount.addingSaturating(1)) }
            return state.unreadCount
        }
        if let fault {
            if before == 0 { log.warning("the cluster's object could not be read; it is tried again", ["reason": .text(fault)]) }
        } else if before > 0 { log.info("the cluster's object can be read again", [:]) }
    }

    private static func text(_ error: any Error) -> String { (error as? FrameFault).map { "the object cannot be read: \($0.reason)" } ?? "\(error)" }

    private func read() -> Reading<Configuration> {
        do {
            let found = try place.read()
            var present = try found.map { try Configuration(parsingObject: $0.bytes) }
            noteRead(nil)
            // Who named it in vain does so anew once that may help, and not before.
            if !place.takesStores, let unnamed = state.withLock({ $0.unnamed }), present?.nonce == unnamed.nonce { present?.store = unnamed.store }
            return present.map { .found($0) } ?? .absent
        } catch {
            noteRead(Self.text(error))
            return .failed
        }
    }

    private func swap(_ expected: Nonce?, _ wanted: Configuration, mayName: () -> Bool) -> Writing {
        var next = wanted
        let found: (bytes: [UInt8], tag: String)?
        do {
            // 1. The object is still the one that the node knows, by its nonce. 2. The store's name is carried over, and the slots claimed for it.
            // 3. A generation of slots has its base. 4. Only then the object is swapped, by its tag: its reader finds all that it speaks of.
            try proof.require()
            found = try place.read()
            let present = try found.map { try Configuration(parsingObject: $0.bytes) }
            if let present, present.nonce != expected { return .conflict }
            // Who comes to lead may not know yet what a leader before it has written down.
            if next.store == nil, mayName() { next.store = present?.store }
            if let store = next.store { try slots?.claim(store) }
            state.withLock { $0.unnamed = nil }
            if !place.takesStores, let store = next.store {
                state.withLock { $0.unnamed = (next.nonce, store) }
                next.store = nil
            }
            // Whoever reads of slots that are not there must know that there were none.
            if let start = next.log, start != present?.log, found != nil || expected == nil { try slots?.begin(start) }
        } catch {
            // Nothing was written.
            note(Self.text(error))
            log.warning("the cluster's object could not be changed yet", ["reason": .text(Self.text(error))])
            return .again
        }
        do {
            guard let found else { return expected == nil ? try place.create(next.objectBytes) ? .done : .conflict : .conflict }
            return try place.swap(next.objectBytes, ifStill: found.tag) ? .done : .conflict
        } catch {
            note(Self.text(error))
            log.warning("nobody knows if the cluster's object was swapped; it is looked up", ["reason": .text(Self.text(error))])
            return .unknown
        }
    }
}
