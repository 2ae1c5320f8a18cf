internal import Synchronization

/// What a store's files bear of their catalog: which store they are of, and how many changes the catalog had seen when they were last
/// written.
///
/// Each change of the catalog that another file may depend on makes its generation one more, in the same transaction. Hot files note the
/// generation with their next commit, each version of a cold table has it among its properties, `FORMAT` gets it at each start and end. So a
/// catalog whose generation is below that of any file is an older one than that file has known.
final class StoreMark: Sendable {
    /// 32 digits.
    let store: String
    private let current: Atomic<Int64>
    /// Of the highest sequence given out, for versions of cold tables.
    private let highest = Atomic<Int64>(0)

    static let storeProperty = "till.store"
    static let generationProperty = "till.generation"
    static let sequenceProperty = "till.sequence"
    /// In a hot file's `meta`.
    static let storeKey = "store"
    static let generationKey = "catalog_generation"

    init(store: String, generation: Int64) {
        self.store = store
        current = Atomic(generation)
    }

    var generation: Int64 { current.load(ordering: .acquiring) }

    /// The change is durable.
    func note(generation: Int64) { _ = current.max(generation, ordering: .acquiringAndReleasing) }
    func note(sequence: Int64) { _ = highest.max(sequence, ordering: .acquiringAndReleasing) }

    /// For a version of a cold table that is being made.
    var properties: [String: String] {
        [
            Self.storeProperty: store, Self.generationProperty: String(generation),
            Self.sequenceProperty: String(highest.load(ordering: .acquiring)),
        ]
    }
}
