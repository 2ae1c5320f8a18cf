import Cluster

/// The bucket, or the witness: one object that is swapped, and slots that are created. How it fails is the caller's business.
struct SimulatedBucket {
    enum Request {
        case readConfiguration
        case swap(expected: Nonce?, Configuration, isConditional: Bool)
        case readSlot(generation: Int, sequence: Int)
        case putSlot(generation: Int, Record, isCreation: Bool)
    }
    struct Key: Hashable {
        var generation: Int
        var sequence: Int
    }

    private(set) var configuration: Configuration?
    /// The object that was lost, while there is no other.
    private(set) var vanished: Configuration?
    private(set) var slots: [Key: Record] = [:]
    /// How many slots hold a record with this hash.
    private(set) var hashes: [Digest: Int] = [:]

    mutating func apply(_ request: Request, ticket: Int) -> Event {
        switch request {
        case .readConfiguration:
            return .configuration(configuration.map { .found($0) } ?? .absent, ticket: ticket)
        case .swap(let expected, let next, let isConditional):
            guard !isConditional || configuration?.nonce == expected else { return .swapped(.conflict, ticket: ticket) }
            (configuration, vanished) = (next, nil)
            return .swapped(.done, ticket: ticket)
        case .readSlot(let generation, let sequence):
            let found = slots[Key(generation: generation, sequence: sequence)]
            let isLost = found == nil && slots.keys.contains { $0.generation == generation && $0.sequence > sequence }
            return .slot(found.map { .found($0) } ?? (isLost ? .lost : .absent), ticket: ticket)
        case .putSlot(let generation, let record, let isCreation):
            let key = Key(generation: generation, sequence: record.sequence)
            if let old = slots[key] {
                guard !isCreation else { return .put(.conflict, ticket: ticket) }
                hashes[old.hash, default: 1] -= 1
            }
            slots[key] = record
            hashes[record.hash, default: 0] += 1
            return .put(.done, ticket: ticket)
        }
    }

    /// What the caller hears when nobody knows what came of a request.
    static func failure(of request: Request, _ writing: Writing, ticket: Int) -> Event {
        switch request {
        case .readConfiguration: .configuration(.failed, ticket: ticket)
        case .swap: .swapped(writing, ticket: ticket)
        case .readSlot: .slot(.failed, ticket: ticket)
        case .putSlot: .put(writing, ticket: ticket)
        }
    }

    /// Slots of a generation, in their order.
    func sequences(of generation: Int) -> [Int] { slots.keys.filter { $0.generation == generation }.map(\.sequence).sorted() }

    mutating func loseObject() { (vanished, configuration) = (configuration, nil) }

    /// A copy of it, where nobody has made another.
    mutating func putBack() { if configuration == nil { (configuration, vanished) = (vanished, nil) } }

    mutating func lose(_ generation: Int, _ sequence: Int) {
        if let record = slots.removeValue(forKey: Key(generation: generation, sequence: sequence)) { hashes[record.hash, default: 1] -= 1 }
    }

    mutating func remove(below generation: Int) {
        for (key, record) in slots where key.generation < generation {
            slots[key] = nil
            hashes[record.hash, default: 1] -= 1
        }
    }
}
