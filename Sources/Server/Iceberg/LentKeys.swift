internal import ColumnStore
internal import Ingest

/// Keys for the files of one table, in the words of Iceberg's clients.
struct LentKeys {
    private let keys: LentWarehouseKeys
    private let locations: [String]

    /// - Throws: `storage-unavailable` while there are none.
    init(for table: WarehouseTable, from lender: any WarehouseLender) throws {
        locations = table.locations
        do { keys = try lender.lend(toRead: table.locations) } catch {
            throw Problem(.storageUnavailable, "no keys for the table's files can be lent just now; try again, or without asking for them", cause: "\(error)")
        }
    }

    /// Whether a call asks for them: `X-Iceberg-Access-Delegation` lists the ways that a reader knows.
    static func areWanted(_ header: String?) -> Bool {
        header?.split(separator: ",").contains { String($0).trimmingBlanks.lowercased() == "vended-credentials" } ?? false
    }

    /// Another for each that is lent, and nothing that is secret.
    var name: String { keys.name }

    var config: [WarehouseProperty] { keys.properties }

    /// As the specification's `storage-credentials`.
    ///
    /// - Parameter properties: where the files are.
    func list(_ properties: [WarehouseProperty]) -> JSONValue {
        let members = (properties + config).map { JSONValue.Member($0.name, .string($0.value)) }
        return .array(locations.map { .object(["prefix": .string($0), "config": .object(members)]) })
    }
}
