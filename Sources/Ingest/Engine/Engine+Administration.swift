package import ColumnStore
import Documents
package import Query
import Synchronization

/// Types, contracts, keys, quarantine, compaction, figures.
///
/// The contract of each call stands with its protocol (`Roles/`); here calls are handed to the parts. Faults are thrown as `Fault`s, whose words are
/// for people.
extension Engine: TypeAdministration, RollupAdministration, ContractAdministration, KeyAdministration, CredentialLookup, RefusedDocuments {
    package func types(after name: String?, limit: Int, as principal: Principal) throws -> [TypeDescription] {
        types.descriptions(after: name, limit: limit, among: principal.types)
    }

    /// Nil for a type that the principal's contract does not name, as if there were none.
    package func type(_ name: String, as principal: Principal) throws -> TypeDescription? {
        guard principal.types?.contains(where: { $0.hasSameBytes(as: name) }) ?? true else { return nil }
        return types.description(of: name)
    }

    /// Whether any version of any type ever had one.
    package var haveSensitiveColumns: Bool { !types.sensitiveColumns.isEmpty }

    package func typeVersions(_ name: String, before version: Int, limit: Int, as principal: Principal, hold: (Int) throws -> Void) throws -> [TypeVersion] {
        try type(name, as: principal) == nil ? [] : catalog.typeVersions(name: name, before: version, limit: limit, hold: hold)
    }

    /// The type first, then the rollups that its file declares. A crash in between leaves the type without them, until it is put again.
    package func putType(name: String, body: [UInt8]) throws -> PutOutcome {
        var isChanged = false
        // Of those before one that is refused, too.
        defer { if isChanged { compactor.fill() } }
        return try rollupChanges.withLock { _ in
            let declared = rollups.read(typeFile: body, former: types.newestFile(of: name))
            // Told with whatever else is wrong with it: the store's part knows rollups, the types' own the rest.
            guard declared.faults.isEmpty else { throw RollupStore.fault(ofTypeFile: types.faults(name: name, json: body) + declared.faults) }
            let outcome = try types.put(name: name, json: body)
            for rollup in declared.rollups {
                if try rollups.put(rollup.name, rollup.json) != .unchanged { isChanged = true }
            }
            return outcome
        }
    }

    package func deleteType(name: String) throws { try types.delete(name: name) }

    /// Made for each call: it has no state of its own.
    private var rollups: RollupStore { RollupStore(catalog: catalog, boundary: FilledRollups(compactor: compactor), columns: tier.tables) }

    package func rollups(after name: String?, limit: Int, as principal: Principal) throws -> [RollupDescription] {
        let shown = shownTables(tier.boundary.snapshot(), as: principal)
        let known = try rollups.descriptions(after: name, limit: limit, ownOnly: principal.rows != .all) { shown.isListed($0, for: principal.rows) }
        return compactor.options.makesSums ? known : known.map { RollupDescription(definition: $0.definition, progress: $0.progress.ended("a pair of machines makes no sums")) }
    }

    /// Its sums are made behind the call's back, by the compactor.
    package func putRollup(name: String, body: JSONValue) throws -> PutOutcome {
        let outcome = try rollupChanges.withLock { _ in try rollups.put(name, body) }
        if outcome != .unchanged { compactor.fill() }
        return outcome
    }

    package func deleteRollup(name: String) throws {
        try rollupChanges.withLock { _ in try rollups.delete(name) }
        compactor.fill()
    }

    /// Says where its sums would be nearly as many as the rows: a warning to the caller, nothing more.
    package func rollupWarning(name: String, _ cancellation: Cancellation) -> String? {
        let snapshot = tier.boundary.snapshot()
        guard let rollup = snapshot.rollups[name]?.definition else { return nil }
        let table = TieredTable(name: rollup.table, boundary: tier.boundary, tables: tier.tables, snapshot: snapshot)
        // What cannot be read or summed now is reported with the rollup's progress. A sample that was ended tells nothing.
        return (try? RollupEstimate(rollup, in: table, by: compactor.maker.engines, cancellation))?.warning(total: Int64(table.statistics.rowCount))
    }

    /// Of the statements that were noted (`noteStatement`), over tables of one snapshot.
    package func rollupAdvice(_ cancellation: Cancellation) throws -> [RollupAdvice] {
        let snapshot = tier.boundary.snapshot()
        let store = rollups
        let advisor = RollupAdvisor(
            rollups: snapshot.rollups.values.map(\.definition), names: Set(tableNames), schema: store.schema,
            rows: { [tier] in TieredTable(name: $0, boundary: tier.boundary, tables: tier.tables, snapshot: snapshot) }, engines: compactor.maker.engines)
        return try advisor.advice(statements.entries, cancellation)
    }

    package func contracts(after clientID: String?, limit: Int) throws -> [Contract] {
        try catalog.contracts(after: clientID, limit: limit)
    }

    package func contract(_ clientID: String) throws -> Contract? { catalog.contract(clientID) }

    /// - Throws: invalid-contract for an id that no document could have, and where no secret is there to be kept; already-exists where it may not replace the one that there is.
    package func putContract(_ contract: Contract, keepsSecret: Bool, mayReplace: Bool) throws -> PutOutcome {
        guard Intake.isID(contract.clientID.utf8) else {
            throw Fault(
                .invalidContract, "a client id has 1 to 200 bytes and no control characters",
                errors: [.init(pointer: "/client_id", code: "bad-id", message: "1 to 200 bytes, no control characters")])
        }
        return try catalog.put(contract, keepsSecret: keepsSecret, mayReplace: mayReplace)
    }

    /// Its keys count no more when this returns. Its data stay.
    package func deleteContract(_ clientID: String) throws {
        guard try catalog.deleteContract(clientID) else { throw Self.noContract(clientID) }
    }

    /// - Throws: not-found for a contract that does not exist.
    package func keys(of owner: KeyOwner, after: KeyDescription.Position?, limit: Int) throws -> [KeyDescription] {
        if case .client(let clientID) = owner, catalog.contract(clientID) == nil { throw Self.noContract(clientID) }
        return try catalog.keys(of: owner, after: after, limit: limit)
    }

    /// - Throws: bad-parameter for a role that the owner's keys do not have, not-found without a contract.
    package func addKey(_ key: NewKey, of owner: KeyOwner) throws -> KeyDescription {
        let isOfClient = if case .client = owner { true } else { false }
        guard isOfClient == (key.role == .contract) else {
            throw Fault(.badParameter, isOfClient ? "a contract's key has the role contract" : "an operator's key has the role admin, auditor or metrics")
        }
        guard let added = try catalog.addKey(key, of: owner) else {
            if case .client(let clientID) = owner { throw Self.noContract(clientID) }
            throw Fault(.internalError, "the key was not stored")
        }
        return added
    }

    /// - Throws: not-found where the owner has no such key.
    package func deleteKey(of owner: KeyOwner, id: String) throws {
        guard try catalog.deleteKey(of: owner, id: id) else {
            if case .client(let clientID) = owner { throw Fault.absent(.key(id, client: clientID)) }
            throw Fault.absent(.key(id, client: nil))
        }
    }

    private static func noContract(_ clientID: String) -> Fault { Fault.absent(.contract(client: clientID)) }

    /// From memory: asked with every request.
    package func holder(ofKeySHA256 hash: [UInt8]) -> KeyHolder? { catalog.holder(ofKeySHA256: hash) }
    package func hasKey(ofSHA256 hash: [UInt8]) -> Bool { catalog.hasKey(ofSHA256: hash) }
    package func passwordKeys(of user: String?) -> UserKeys { catalog.passwordKeys(of: user) }

    package func quarantine(
        client: String?, received: ReceivedSpan, cursor: String?, limit: Int, withDocuments: Bool, as principal: Principal,
        hold: (_ byteCount: Int) throws -> Void
    ) throws -> (entries: [QuarantineEntry], nextCursor: String?) {
        try reader.quarantine(client: client, received: received, cursor: cursor, limit: limit, withDocuments: withDocuments, as: principal, hold: hold)
    }

    package func quarantineEntry(_ ticketID: String, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> QuarantineEntry {
        try reader.quarantineEntry(ticketID, as: principal, hold: hold)
    }

    /// - Throws: not-found, for an id that is none, too.
    package func deleteQuarantineEntry(_ ticketID: String) throws {
        guard let ticket = ULID(ticketID), try quarantine.delete(ticket) else {
            throw Fault.absent(.quarantineEntry(ticketID))
        }
    }

    package func deleteQuarantineEntries(_ filter: DeletionFilter) throws -> DeletionSummary { try quarantine.delete(filter) }

    /// Returns when it is done.
    ///
    /// - Throws: overloaded where it was ended before it was done; else the error that ended it.
    package func compact(before: Int32?, isCancelled: @escaping @Sendable () -> Bool) throws -> CompactionSummary {
        do {
            return try compactor.compact(before: before, isCancelled: isCancelled)
        } catch is DayCompactor.Cancelled {
            throw Fault(.overloaded, "the compaction was ended before it was done; what it had moved and merged stays so")
        }
    }

    /// - Parameter table: as callers name it.
    /// - Throws: bad-parameter for a table of which no type is; what the rebuilder says.
    package func rebuild(
        column: String, of table: String, isCancelled: @escaping @Sendable () -> Bool, progress: (RebuildSummary) -> Void
    ) throws -> RebuildSummary {
        guard let stored = tier.tables.storedName(ofShown: table) else {
            throw Fault(
                .badParameter, "there is no table \(table) of documents",
                errors: [.init(pointer: "/table", code: "no-such-table", message: "no type names a table \(table)")])
        }
        return try rebuilder.rebuild(column, of: stored, isCancelled: isCancelled, progress: progress)
    }
}
