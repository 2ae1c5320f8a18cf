import Documents

/// What a document on its way in needs of the store, and nothing else.
struct IntakeParts: Sendable {
    let clock: Clock
    let documentByteCountMax: Int
    /// Whether a receipt's client must have a contract.
    let clientsNeedContract: Bool
    /// For contracts.
    let catalog: Catalog
    let types: TypeStore
    let quarantine: Quarantine
    let tier: HotTier
    let repeats: RepeatCheck
    let reader: DocumentReader
    let kinds = RowKinds()
}
