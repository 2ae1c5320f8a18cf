import ColumnStore

/// Holds what is stored of a document that came again against its hash, before the answer says that it is stored: what is damaged in a hot
/// file is written anew from what was brought, and what is damaged in a cold file is kept until all of that file can be. On a thread of its own, since reading documents would hold up the writer's.
///
/// Only the very bytes that were stored once are a repeat, so whatever is written is what was there. Other bytes are another document, 409.
///
/// 1. In a hot file: the row is looked at (`HotFile.soundness`), and written anew beside its old place.
/// 2. In a cold file that is known to be damaged: its document is kept in the catalog until the file can be written anew. So it is with the newest version of a document that has versions.
final class RepeatCheck: Sendable {
    /// A row that came again, and the receipt that is stored.
    struct Repeat: Sendable {
        let row: HotRow
        let stored: StoredReceipt
    }

    private let tier: HotTier
    private let catalog: Catalog
    private let damage: ColdDamage
    private let thread = JobThread(name: "repeat-check", waitingMax: 1_024)

    init(tier: HotTier, catalog: Catalog, damage: ColdDamage) { (self.tier, self.catalog, self.damage) = (tier, catalog, damage) }

    func start() { thread.start() }

    /// What waits is answered without having been looked at, and so is what comes later; the check that is under way ends first.
    func stop() { thread.stop() }

    /// Whether a damaged cold file may want documents.
    var isAwaited: Bool { !damage.isEmpty }

    /// The sender of a repeat waits for the checks of a few others: past that it is answered, and its repeat is not checked this time.
    ///
    /// - Parameter done: called once the stored documents are right, or cannot be made so; on any thread.
    func submit(_ repeats: [Repeat], done: @escaping @Sendable () -> Void) {
        thread.submit { [self] isPassed in
            if !isPassed { check(repeats) }
            done()
        }
    }

    /// Never throws: the sender has an answer in any case, and the log says what did not work.
    private func check(_ repeats: [Repeat]) {
        var repairs: [(file: HotFile, rows: [RowRepair])] = []
        var brought: [String: [(row: Catalog.Brought, location: String)]] = [:]
        let snapshot = tier.boundary.snapshot()
        for known in repeats {
            do {
                if let (row, location) = try wanted(known, snapshot) { brought[known.stored.table, default: []].append((row, location)) }
                guard known.row.version == nil, known.stored.summary.version == nil, let (file, repair) = try repair(known, snapshot.files) else { continue }
                if let place = repairs.firstIndex(where: { $0.file === file }) {
                    repairs[place].rows.append(repair)
                } else {
                    repairs.append((file, [repair]))
                }
            } catch {
                note(known.stored, error)
            }
        }
        for (table, rows) in brought { keep(rows, of: table) }
        for (file, rows) in repairs {
            do { try file.repair(rows, by: tier.writer) } catch {
                StoreLog.note("could not write damaged receipts anew", path: file.path, reason: StoreLog.text(error), level: .warning)
            }
        }
    }

    /// The document, where a damaged cold file wants it.
    ///
    /// Nil where nothing of it is damaged, or its columns cannot be made of it alone.
    private func wanted(_ known: Repeat, _ snapshot: TierBoundary.Snapshot) throws -> (Catalog.Brought, location: String)? {
        guard !damage.isEmpty, let cold = snapshot.cold[known.stored.table], let found = try cold.damagedRow(known.stored) else { return nil }
        let document = try document(of: known.row)
        // A record of the same values is a repeat of a version, too, and need not be what was stored.
        guard SHA256.hash(document) == found.sha256 else { return nil }
        let table = known.stored.table
        let own = known.row.kind
        if own.type == found.type, own.version == found.version, own.table == table {
            return (.init(sequence: found.sequence, fields: own.fields, encoded: Array(known.row.values), document: document), found.location)
        }
        guard let kind = try tier.values.kind(table: table, type: found.type, version: found.version, contentType: found.contentType),
            try tier.values.canRead(kind)
        else {
            note(known.stored, found.damaged)
            return nil
        }
        let encoded = try tier.values.encoded(document, kind, receivedAt: known.stored.receivedAt)
        return (.init(sequence: found.sequence, fields: kind.fields, encoded: encoded, document: document), found.location)
    }

    private func keep(_ brought: [(row: Catalog.Brought, location: String)], of table: String) {
        do {
            guard try catalog.keep(brought.map(\.row), of: table) else {
                return StoreLog.note(
                    "did not keep documents for a damaged cold file", path: table, reason: "as many wait as may: put the file back from a backup",
                    level: .warning)
            }
            for (row, location) in brought { damage.brought(row.sequence, of: location) }
        } catch {
            StoreLog.note("could not keep documents for a damaged cold file", path: table, reason: StoreLog.text(error), level: .warning)
        }
    }

    /// As it was posted: the row has it compressed, behind its hash.
    private func document(of row: HotRow) throws -> [UInt8] {
        try row.document[32...].withUnsafeBytes { try tier.dictionaries.inflate($0, coding: row.coding, byteCount: row.documentByteCount) }
    }

    private func note(_ receipt: StoredReceipt, _ error: any Error) {
        StoreLog.note(
            "could not hold a receipt that was sent again against what is stored", path: receipt.table,
            reason: "ticket \(receipt.summary.ticketID): \(error)", level: .warning)
    }

    /// - Returns: nil when the stored document is as it was, or is in no hot file.
    private func repair(_ known: Repeat, _ files: [HotFile]) throws -> (HotFile, RowRepair)? {
        for file in files.reversed() {
            guard let found = try file.soundness(of: known.stored, under: known.row.identity) else { continue }
            guard let fault = found.fault else { return nil }
            let document = try document(of: known.row)
            guard let encoded = try values(known.row, document, found, file) else {
                note(known.stored, fault)
                return nil
            }
            return (file, RowRepair(row: found.row, document: document, encoded: encoded))
        }
        return nil
    }

    /// The columns as the version of the type that took the document reads them; nil where that cannot be had.
    private func values(_ row: HotRow, _ document: [UInt8], _ found: HotFile.Soundness, _ file: HotFile) throws -> [UInt8]? {
        if row.kind.type == found.kind.type, row.kind.version == found.kind.version, row.kind.fields == found.kind.fields { return Array(row.values) }
        guard try file.values.canRead(found.kind) else { return nil }
        return try file.values.encoded(document, found.kind, receivedAt: found.receivedAt)
    }
}
