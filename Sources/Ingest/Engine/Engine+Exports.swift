import ColumnStore
import Documents
import Synchronization

/// Answers that leave as files: rows of the catalog, and files that those name.
extension Engine: ExportKeeping, LinkSigning {
    /// - Throws: `overloaded` where its owner has as many as may be.
    package func addExport(_ export: Export) throws {
        var export = export
        // Before its tables are looked at: what is hidden behind this place may be in its file.
        export.typesPlace = types.place
        try catalog.add(export, countMax: EndedExports.liveCountMax)
    }

    /// - Throws: not-found, also for another's.
    package func export(_ id: String, as principal: Principal) throws -> Export {
        guard let export = try catalog.export(id), Self.sees(principal, export) else { throw Self.noExport(id) }
        return shown(export)
    }

    /// A file holds what its owner could see as it was made: it is over while they may not see that, and once the key that asked for it is revoked.
    private func shown(_ export: Export) -> Export {
        guard export.state == .done, !isOpen(export) else { return export }
        var over = export
        over.state = .expired
        return over
    }

    private func isOpen(_ export: Export) -> Bool {
        // Whoever revokes a key takes back what was done with it, links that were given away too. That a key's time is over says no such thing: the link has a time of its own.
        if let hash = export.keySHA256, !catalog.hasKey(ofSHA256: hash) { return false }
        guard case .contract(let client) = export.owner else { return true }
        return isOpen(export, to: client)
    }

    /// Not where the contract has ended or sees less than as the file was made, or something of the store was hidden since.
    private func isOpen(_ export: Export, to client: ClientID) -> Bool {
        let now = options.hot.clock.now()
        guard let contract = catalog.contract(client.text), contract.invalidity(at: now) == nil else { return false }
        let present = Export.Rights(of: contract.principal(at: now))
        if !present.seesSensitive, let hiddenBy = types.sensitiveColumns.grewWith, export.typesPlace < hiddenBy { return false }
        return export.rights.map { present.include($0) } ?? true
    }

    /// Whoever asked for it and the administrator: a contract that reads all rows sees its own exports only.
    private static func sees(_ principal: Principal, _ export: Export) -> Bool {
        principal.isAdmin || principal.identity != .nobody && principal.identity == export.owner
    }

    private static func noExport(_ id: String) -> Fault { Fault.absent(.export) }

    /// By the time of their making; the administrator's see all.
    package func exports(after place: (createdAt: Int64, id: String)?, limit: Int, as principal: Principal) throws -> [Export] {
        let rows: RowScope =
            // By who they are, not by what they see: rights over rows are not rights over others' exports.
            switch principal.identity {
            case .administrator: .all
            case .contract(let client): .client(client)
            case .nobody: .none
            }
        return try catalog.exports(of: rows, after: place, limit: limit).map(shown)
    }

    /// The row first: a file that nothing names goes at the next sweep, whatever becomes of this call.
    package func deleteExport(_ id: String, as principal: Principal) throws {
        _ = try export(id, as: principal)
        guard let last = try catalog.deleteExport(id) else { throw Self.noExport(id) }
        remove(last, "the export \(id) was deleted")
    }

    /// For a caller with a signed link: no principal is asked.
    package func linkedExport(_ id: String) throws -> Export? { try catalog.export(id).map(shown) }

    package func waitingExports() throws -> [Export] { try catalog.exports(in: .running) }

    package func whole(_ export: Export) throws -> Export? {
        guard let found = try catalog.export(export.id), found.state == .running else { return nil }
        return found
    }

    /// In one transaction with the notice of its end.
    ///
    /// - Returns: false where the export was deleted meanwhile; its file is removed.
    package func endExport(_ export: Export) throws -> Bool {
        let notice = topicStore.isHeard ? notice(of: export) : nil
        let isThere = try catalog.change(export, from: .running) { connection in
            if let notice { try Catalog.add(notice, connection) }
        }
        if isThere, export.state != .done { endedExports.withLock { $0.note(export.owner) } }
        // Deleted while it was made: the file has no row, and goes.
        if isThere { uploads.notices.wake() } else { remove(export, "the export \(export.id) was deleted while it was made") }
        return isThere
    }

    /// The event by which the topic `till` hears of its end. One that is made again on another machine may end otherwise: its id, which the topic counts once a day, says how it has ended.
    func notice(of export: Export) -> Notice {
        let now = options.hot.clock.now()
        var data = JSONWriter()
        data.beginObject()
        data.member("export_id", export.id)
        data.member("name", export.name)
        data.member("format", export.format)
        data.member("rows", export.rowCount)
        data.endObject()
        return Notice(
            EventDraft(
                id: "export-\(export.id)-\(export.state.rawValue.lowercased())", origin: export.owner, type: export.state == .done ? "export.done" : "export.error",
                subject: "exports/\(export.id)", time: export.endedAt ?? now, data: data.bytes), at: now)
    }

    /// Those whose time is over, then files that no row names.
    ///
    /// - Parameter now: microseconds since 1970.
    package func sweepExports(now: Int64, making: Set<String>) throws {
        for export in try catalog.exports(expiredBy: now) {
            var expired = export
            expired.state = .expired
            // Only who turns the row removes the file: two sweeps at once remove it once.
            guard try catalog.change(expired, from: .done) else { continue }
            endedExports.withLock { $0.note(export.owner) }
            remove(export, "the export \(export.id) expired")
        }
        for owner in endedExports.withLock({ $0.takeDue() }) { try catalog.forgetExports(of: owner, keeping: EndedExports.keptCountMax) }
        // A machine that has just begun to lead has the rows of exports whose files were made elsewhere.
        if options.replica != nil { try makeLostAgain() }
        try exportFiles.sweep(named: try catalog.exportFileNames(), making: making)
    }

    /// Files that were on another machine only are made again: what asked for them finds them under the same id.
    private func makeLostAgain() throws {
        let lost: [Export]
        do { lost = try exportFiles.lost(catalog.exports(in: .done)) } catch let error as ColumnStoreError where error.code == .unavailable {
            // Another time.
            return
        }
        for export in lost {
            var again = Export(
                id: export.id, owner: export.owner, name: export.name, format: export.format, request: export.request, createdAt: export.createdAt, expiresIn: export.expiresIn)
            again.state = .running
            guard try catalog.change(again, from: .done) else { continue }
            StoreLog.note("an export is made again", path: export.id, reason: "its file was on the machine that led before")
        }
    }

    package func settleExport(_ export: Export, beforeEachPiece: () throws -> Void) throws {
        if options.replica != nil { try exportFiles.carryNow(export, beforeEachPiece: beforeEachPiece) }
    }

    package func carryExports(making: Set<String>, beforeEachPiece: () throws -> Void) throws {
        try exportFiles.carry(catalog.exports(in: .done), making: making, beforeEachPiece: beforeEachPiece)
    }

    /// The row is gone, durably: nothing leads to the file any more.
    private func remove(_ export: Export, _ reason: String) {
        if let name = export.fileName { exportFiles.remove(name, reason) }
    }

    package func exportPath(_ fileName: String) throws -> String { try exportFiles.path(fileName) }

    package func exportContents(_ export: Export) throws -> ExportContents? { try exportFiles.contents(export) }

    package func exportByteCounts(of owner: Identity) throws -> (own: Int64, all: Int64) { try catalog.exportByteCounts(of: owner) }

    /// By `limits.min_free`, as for receipts.
    package var hasRoomForExports: Bool { DataDirectory.freeBytes(directory.path).map { $0 >= options.hot.writer.minFreeBytes } ?? true }
}
