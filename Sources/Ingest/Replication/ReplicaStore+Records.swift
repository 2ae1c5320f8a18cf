package import Cluster

/// What the records of a cluster are to a store that folds them.
extension ReplicaStore {
    /// Takes the next record that counts; as `apply(_:_:isFence:until:)`.
    @discardableResult
    package func apply(_ record: Record, until instant: Int64 = .max) throws -> Bool {
        let changes = record.kind == .rows || record.kind == .catalog
        return try apply(Position(record.mark), changes ? record.body : [], isFence: record.kind == .fence, until: instant)
    }
}

extension ReplicaStore.Position {
    package init(_ mark: Mark) { self.init(sequence: Int64(mark.sequence), epoch: Int64(mark.epoch), high: mark.hash.high, low: mark.hash.low) }
}
