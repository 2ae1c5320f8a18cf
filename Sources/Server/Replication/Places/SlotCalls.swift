internal import Cluster
internal import ColumnStore

/// Reads and fills slots, one call after the other, on a thread of its own: a look at the object waits for no slot, and no slot for a look.
///
/// An answer that never came is `failed` for a read and `unknown` for a put. A slot is never replaced, so that asking twice is harmless.
final class SlotCalls: Sendable {
    private enum Call: Sendable {
        case read(generation: Int, sequence: Int, of: Configuration.LogStart?, ticket: Int)
        case put(generation: Int, Record, ticket: Int)
    }

    private struct State {
        var calls: [Call] = []
        var isStopping = false
        /// Why the last call came to nothing.
        var fault: String?
    }

    private let place: SlotPlace?
    private let removal: SlotRemoval?
    private let proof: PlaceProof
    private let log: Log
    private let state = Monitor(State())
    private let thread = HeldThread()

    /// - Parameters:
    ///   - place: nil where there is none: every call fails then.
    ///   - object: says which slots are needed no more.
    ///   - proof: of the place.
    init(_ place: SlotPlace?, object: any ObjectPlace, proof: PlaceProof = PlaceProof(), log: Log) {
        (self.place, self.proof, self.log) = (place, proof, log)
        removal = place.map { SlotRemoval($0, object: object, log: log) }
    }

    func start(_ answer: @escaping @Sendable (Event) -> Void) {
        thread.start(name: "cluster-slots") { [self] in
            var slots = place.map(SlotsAhead.init)
            while let call = state.wait({ $0.isStopping ? .some(nil) : $0.calls.isEmpty ? nil : .some($0.calls.removeFirst()) }) {
                switch call {
                case .read(let generation, let sequence, let start, let ticket): answer(.slot(read(&slots, generation, sequence, of: start), ticket: ticket))
                case .put(let generation, let record, let ticket): answer(.put(put(generation, record), ticket: ticket))
                }
            }
        }
    }

    func stop() { state.broadcast { $0.isStopping = true } }

    /// Why the last call came to nothing; nil: it did not.
    var fault: String? { state.withLock { $0.fault } }

    /// Does what a node wants of slots; what it wants else is another's.
    ///
    /// - Parameter log: of the object that the node knows.
    func take(_ effect: Effect, of log: Configuration.LogStart?) {
        switch effect {
        case .readSlot(let generation, let sequence, let ticket):
            add(.read(generation: generation, sequence: sequence, of: log?.generation == generation ? log : nil, ticket: ticket))
        case .putSlot(let generation, let record, _, let ticket): add(.put(generation: generation, record, ticket: ticket))
        case .removeSlots(let floor, let wait): removal?.add(below: floor, after: Double(wait) / 1_000)
        default: break
        }
    }

    /// A node has one call of each kind under way.
    private func add(_ call: Call) { state.signal { if $0.calls.count < 64 { $0.calls.append(call) } } }

    private func read(_ slots: inout SlotsAhead?, _ generation: Int, _ sequence: Int, of start: Configuration.LogStart?) -> Reading<Record> {
        guard slots != nil else { return .failed }
        do {
            let found = try slots?.read(generation, sequence, of: start)
            note(nil)
            return found.map { .found($0) } ?? .absent
        } catch let error as SlotPlace.Lost {
            note(error)
            return .lost
        } catch {
            note(error)
            return .failed
        }
    }

    private func put(_ generation: Int, _ record: Record) -> Writing {
        guard let place else { return .unknown }
        do {
            try proof.require()
            let isDone = try place.put(generation, record)
            note(nil)
            return isDone ? .done : .conflict
        } catch {
            // It may be there, or come there yet: the same record is put again, and its conflict with itself told by its hash.
            note(error)
            return .unknown
        }
    }

    private func note(_ error: (any Error)?) {
        // Said as it begins and as it ends, not with each call in between.
        let wasFailing = state.withLock { state in
            defer { state.fault = error.map { "\($0)" } }
            return state.fault != nil
        }
        guard wasFailing != (error != nil) else { return }
        if let error {
            log.warning("a slot of the cluster could not be read or filled; it is tried again", ["reason": .error(error)])
        } else {
            log.info("slots of the cluster can be read and filled again")
        }
    }
}
