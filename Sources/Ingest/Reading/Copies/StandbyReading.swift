import Documents
package import Query
import Synchronization

/// A standby's answers to reads, each from the copy that there is: rows, questions, and who may see what, as the catalog of then says it.
///
/// Any thread asks. A copy that is replaced lives until the last who reads from it is done.
package final class StandbyReading: RowReading, QueryStore, CursorSealing, CredentialLookup {
    private let copy = Mutex<StandbyCopy?>(nil)

    package init() {}

    /// What is read from here on; nil: nothing.
    package func use(_ next: StandbyCopy?) {
        // The last reference may close files.
        let former = copy.withLock { copy -> StandbyCopy? in
            defer { copy = next }
            return copy
        }
        _ = former
    }

    package var present: StandbyCopy? { copy.withLock { $0 } }

    /// - Throws: storage-unavailable where there is none.
    func taken() throws -> StandbyCopy {
        guard let copy = present else { throw Fault(.storageUnavailable, "this node has no copy to answer from just now: try again, or without Till-Read: stale") }
        return copy
    }

    var reader: StoreReader { get throws { try taken().reader } }

    package func receipt(_ lookup: ReceiptLookup, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> ReceiptLookupResult {
        try reader.receipt(lookup, as: principal, hold: hold)
    }
    package func ticket(_ ticketID: String, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> Ticket {
        try reader.ticket(ticketID, as: principal, hold: hold)
    }
    package func page(_ request: PageRequest, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> Page {
        try reader.page(request, as: principal, hold: hold)
    }
    package func catalog(as principal: Principal, from beginning: WalkBeginning?) throws -> (catalog: any QueryCatalog, beginning: WalkBeginning) {
        try reader.catalog(as: principal, from: beginning)
    }
    package func noteStatement(_ query: String, _ cost: StatementCost, needs: () -> [RollupNeed]) {}
    package func seal(_ fields: [[UInt8]], binding: [String]) -> String { present?.reader.cursors.encode(fields, binding: binding) ?? "" }
    package func unseal(_ cursor: String, binding: [String], withFirstVersion: Bool) -> [[UInt8]]? {
        present?.reader.cursors.decode(cursor, binding: binding, withFirstVersion: withFirstVersion)
    }
    package func holder(ofKeySHA256 hash: [UInt8]) -> KeyHolder? { present?.reader.catalog.holder(ofKeySHA256: hash) }
    package func hasKey(ofSHA256 hash: [UInt8]) -> Bool { present?.reader.catalog.hasKey(ofSHA256: hash) ?? false }
    package func contract(_ clientID: String) throws -> Contract? { try reader.catalog.contract(clientID) }
    package func passwordKeys(of user: String?) -> UserKeys { present?.reader.catalog.passwordKeys(of: user) ?? UserKeys() }
}

extension StoreRoles {
    /// Of a standby: it reads, and does nothing else. What the catalog tells of the store it reads too, for the schema `till`.
    package init(of standby: StandbyReading) { self.init(of: standby, files: AbsentRoles(standby)) }

    /// Of a store at rest: its answers leave as files, too.
    package init(of store: RestingStore) { self.init(of: store.reading, files: store.exports) }

    private init(of standby: StandbyReading, files: some ExportKeeping & LinkSigning) {
        let (absent, messages) = (AbsentRoles(standby), AbsentMessages(standby))
        (rows, queries, cursors, credentials) = (standby, standby, standby, standby)
        (intake, changes, refused, callbacks, deadLetters) = (absent, absent, absent, absent, absent)
        (types, contracts, keys, sessions, versions, rollups, inventory, views) = (absent, absent, absent, absent, absent, absent, absent, absent)
        (audit, figures, maintenance, life, usage, exports, links) = (absent, absent, absent, absent, absent, files, files)
        (queues, topics, processes, uploads) = (messages, messages, messages, messages)
    }
}
