import ColumnStore
import Synchronization

/// Types, contracts, keys, quarantine, compaction, figures.
extension Engine {
    package func types(as principal: Principal) throws -> [TypeDescription] {
        guard let allowed = principal.types else { return types.descriptions }
        return types.descriptions.filter { allowed.contains($0.name) }
    }

    package func putType(name: String, body: [UInt8]) throws -> PutOutcome { try types.put(name: name, json: body) }
    package func deleteType(name: String) throws { try types.delete(name: name) }

    package func contracts() throws -> [Contract] { catalog.contracts() }
    package func contract(_ clientID: String) throws -> Contract? { catalog.contract(clientID) }

    package func putContract(_ contract: Contract) throws -> PutOutcome {
        guard Intake.isID(contract.clientID.utf8) else {
            throw Problem(
                .invalidContract, "a client id has 1 to 200 bytes and no control characters",
                errors: [.init(pointer: "/client_id", code: "bad-id", message: "1 to 200 bytes, no control characters")])
        }
        return try catalog.put(contract)
    }

    package func deleteContract(_ clientID: String) throws {
        guard try catalog.deleteContract(clientID) else { throw Problem(.notFound, "there is no contract of \(clientID)") }
    }

    package func keys(of clientID: String) throws -> [KeyDescription] {
        guard catalog.contract(clientID) != nil else { throw Problem(.notFound, "there is no contract of \(clientID)") }
        return try catalog.keys(of: clientID)
    }

    package func addKey(of clientID: String, id: String, secretSHA256: [UInt8]) throws -> KeyDescription {
        guard catalog.contract(clientID) != nil else { throw Problem(.notFound, "there is no contract of \(clientID)") }
        return try catalog.addKey(of: clientID, id: id, secretSHA256: secretSHA256)
    }

    package func deleteKey(of clientID: String, id: String) throws {
        guard try catalog.deleteKey(of: clientID, id: id) else { throw Problem(.notFound, "there is no key \(id) of \(clientID)") }
    }

    package func contract(forKeySHA256 hash: [UInt8]) -> Contract? { catalog.contract(forKeySHA256: hash) }

    package func quarantine(
        client: String?, cursor: String?, limit: Int, as principal: Principal
    ) throws -> (entries: [QuarantineEntry], nextCursor: String?) {
        let client = try visibleClient(client, principal)
        let binding = ["quarantine", client ?? "", client == nil ? "all" : "one", principal.clientID ?? ""]
        var below: ULID?
        if let cursor {
            guard let fields = cursors.decode(cursor, binding: binding), fields.count == 1, let ticket = ULID(bytes: fields[0]) else {
                throw Problem(.badCursor, "this is no cursor of this call with these parameters and this key")
            }
            below = ticket
        }
        var entries = try quarantine.entries(client: client, below: below, limit: limit + 1)
        if entries.isEmpty { try checkKnown(client, principal) }
        guard entries.count > limit else { return (entries, nil) }
        entries.removeLast(entries.count - limit)
        let last = entries.last.flatMap { ULID($0.ticketID) }
        return (entries, last.map { cursors.encode([$0.bytes], binding: binding) })
    }

    package func quarantineEntry(_ ticketID: String, as principal: Principal) throws -> QuarantineEntry {
        guard let ticket = ULID(ticketID), let entry = try quarantine.entry(ticket), isVisible(entry, principal) else {
            throw Problem(.notFound, "there is no quarantine entry \(ticketID)")
        }
        return entry
    }

    func isVisible(_ entry: QuarantineEntry, _ principal: Principal) -> Bool {
        guard let own = principal.ownClient else { return true }
        return entry.clientID.map { $0.hasSameBytes(as: own) } ?? false
    }

    /// The client whose rows alone are asked for; nil for all.
    ///
    /// - Throws: wrong-client where the principal sees its own only and asks for another's.
    func visibleClient(_ asked: String?, _ principal: Principal) throws -> String? {
        guard let own = principal.ownClient else { return asked }
        guard asked.map({ $0.hasSameBytes(as: own) }) ?? true else { throw Problem(.wrongClient, "this key sees its own client only") }
        return own
    }

    /// Where nothing of a client was found: whether there is such a client. The data of one whose contract was deleted stay.
    ///
    /// - Throws: not-found for a client without a contract.
    func checkKnown(_ client: String?, _ principal: Principal) throws {
        guard let client, options.clientsNeedContract, catalog.contract(client) == nil,
            !(principal.clientID.map { $0.hasSameBytes(as: client) } ?? false)
        else { return }
        throw Problem(.notFound, "the client \(client) has no contract")
    }

    package func compact(before: Int32?) throws -> CompactionSummary { try compactor.compact(before: before) }
}
