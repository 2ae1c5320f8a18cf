/// What lies above the tables of a warehouse that others may reach too: who has it.
///
/// Objects of a few hundred bytes. `create` and `swap` are conditional: of two who try at once in a bucket one gets `.conflict`.
package protocol WarehouseRoot: Sendable {
    /// - Returns: an object and what tells its content from a later one's; nil where there is none.
    func read(_ key: String) throws(ColumnStoreError) -> (bytes: [UInt8], tag: String)?

    /// - Throws: `.conflict` where there is one.
    func create(_ key: String, _ bytes: [UInt8]) throws(ColumnStoreError)

    /// Puts another content in place of the one that was read.
    ///
    /// - Throws: `.conflict` where it is another by now.
    func swap(_ key: String, _ bytes: [UInt8], ifStill tag: String) throws(ColumnStoreError)

    func remove(_ key: String, _ proof: RemovalProof) throws(ColumnStoreError)

    /// Whether nothing lies there, of any store.
    func isEmpty() throws(ColumnStoreError) -> Bool
}

/// What lies above the tables, and is none.
package enum WarehouseKey {
    /// Whose the warehouse is.
    package static let owner = "store"
}
