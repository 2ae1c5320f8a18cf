/// A setting that clients of the REST catalog take over.
package struct WarehouseProperty: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
}

/// How clients of the REST catalog reach the cold tables' files.
package struct WarehouseReading: Sendable {
    /// Settings that say where the files are.
    package var properties: [WarehouseProperty] = []
    /// Lends clients keys for the files; nil: they have their own.
    package var lender: (any WarehouseLender)?

    package init(properties: [WarehouseProperty] = [], lender: (any WarehouseLender)? = nil) { (self.properties, self.lender) = (properties, lender) }
}

/// Lends clients of the REST catalog keys for a while.
package protocol WarehouseLender: Sendable {
    /// Keys with which all below some folders can be read, and nothing else.
    ///
    /// - Parameter locations: of the folders, as the table's metadata has them.
    /// - Throws: why there are none now; no secrets.
    func lend(toRead locations: [String]) throws -> LentWarehouseKeys
}

/// What a client is lent.
package struct LentWarehouseKeys: Sendable {
    /// Another for each that is lent, and nothing that is secret.
    package let name: String
    /// The keys, in the words of Iceberg's clients.
    package let properties: [WarehouseProperty]

    package init(name: String, properties: [WarehouseProperty]) { (self.name, self.properties) = (name, properties) }
}
