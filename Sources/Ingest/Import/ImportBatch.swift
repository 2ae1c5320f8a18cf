import ColumnStore

/// What one commit of an import will hold: who is in it, and where its records lie.
///
/// Used by one thread at a time.
///
/// Identities are a hash table of open addressing: a power of two of slots, at most half of them taken, probed one after another. It holds ordinals, so that a
/// slot is 4 bytes and the marks lie once, in `rows`; it is made anew four times as large when it is half full, so that it is laid out few times.
///
/// Invariants:
/// 1. `rows` has each identity once: the first document that came under it. What came later is in `duplicates`.
/// 2. A row's ordinal is its place in `rows`; its record, in memory or in a run, bears the same.
/// 3. `days` counts what `rows` has, by table and day, dropped rows among them.
final class ImportBatch {
    /// A row by its ordinal: what is asked of all rows at once stays in memory, the record itself does not.
    struct Row: BitwiseCopyable {
        let identity: ImportMark
        let document: ImportMark
        let receiptHash: UInt64
        /// `ImportOrder.dayKey`.
        let dayKey: UInt64
    }

    /// A record whose identity the batch has already.
    struct Duplicate {
        let ordinal: Int
        let number: Int
        let mark: ImportMark
        /// Nil when it is that of the row itself.
        let document: [UInt8]?
    }

    private(set) var rows: [Row] = []
    private(set) var duplicates: [Duplicate] = []
    private var refused: [ImportPiece.Refused] = []
    private(set) var clients: [[UInt8]] = []
    private(set) var kinds: [RowFormat] = []
    /// Names, and for each kind its table.
    private(set) var tables: [String] = []
    private(set) var tableOfKind: [Int] = []
    /// Bytes of records by day and table.
    private(set) var days: [UInt64: (rowCount: Int, byteCount: Int)] = [:]
    /// Bytes of documents that wait in memory to be written to the file of refused ones.
    private(set) var heldByteCount = 0
    /// Bytes of duplicates' documents, which stay until the batch is published.
    private(set) var duplicateByteCount = 0
    /// Of all records that were taken, in memory and in runs.
    private(set) var byteCount = 0

    /// Ordinals plus 1; 0 is a free slot.
    private var slots = [UInt32](repeating: 0, count: 1 << 12)
    private var clientNumbers: [[UInt8]: Int] = [:]
    /// Records that are not written aside yet.
    private(set) var run = ImportRunBuilder()
    var runs: [ImportRun] = []
    /// Nil until the first run is written: a small batch makes no file.
    private(set) var spill: ImportSpill?
    private let directory: String

    init(directory: String) { self.directory = directory }

    var isEmpty: Bool { rows.isEmpty && refused.isEmpty && duplicates.isEmpty }

    /// Takes a piece over.
    ///
    /// - Parameter firstNumber: of its first record in the file.
    func add(_ piece: ImportPiece, firstNumber: Int) {
        // A piece numbers its clients and kinds from 0: the record's numbers are put to the batch's in place.
        let clientMap = piece.clients.map { number(ofClient: $0) }
        let kindMap = piece.kinds.map { number(ofKind: $0) }
        for var refused in piece.refused {
            refused.number += firstNumber
            heldByteCount += refused.document.count
            self.refused.append(refused)
        }
        var kept: [ImportRecord] = []
        kept.reserveCapacity(piece.rows.count)
        for row in piece.rows {
            let record = piece.record(row)
            let number = record.number + firstNumber
            let slot = slot(of: row.identity)
            if slots[slot] != 0 {
                note(record, number: number, sameAs: Int(slots[slot]) - 1)
                continue
            }
            (record.kind, record.client) = (kindMap[record.kind], clientMap[record.client])
            (record.ordinal, record.number) = (rows.count, number)
            let dayKey = ImportOrder.dayKey(table: tableOfKind[record.kind], day: record.businessDay)
            rows.append(Row(identity: row.identity, document: record.documentMark, receiptHash: row.receiptHash, dayKey: dayKey))
            days[dayKey, default: (0, 0)].rowCount += 1
            days[dayKey, default: (0, 0)].byteCount += record.byteCount
            byteCount += record.byteCount
            slots[slot] = UInt32(rows.count)
            if rows.count * 2 > slots.count { grow() }
            kept.append(record)
        }
        run.add(piece, kept)
    }

    /// What parsing has refused since it was last asked, in the order of the input.
    func takeRefused() -> [ImportPiece.Refused] {
        defer { refused = [] }
        heldByteCount = 0
        return refused
    }

    private func note(_ record: ImportRecord, number: Int, sameAs ordinal: Int) {
        let isSame = record.documentMark == rows[ordinal].document
        let document = isSame ? nil : Array(record.document)
        duplicateByteCount += document?.count ?? 0
        duplicates.append(Duplicate(ordinal: ordinal, number: number, mark: record.documentMark, document: document))
    }

    // MARK: Identities

    /// Where an identity is, or would be: its slot holds an ordinal plus 1, or 0.
    @inline(__always)
    private func slot(of identity: ImportMark) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: identity.low) & mask
        while slots[slot] != 0, rows[Int(slots[slot]) - 1].identity != identity { slot = (slot + 1) & mask }
        return slot
    }

    private func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 4)
        let mask = slots.count - 1
        for index in rows.indices {
            var slot = Int(truncatingIfNeeded: rows[index].identity.low) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(index + 1)
        }
    }

    /// The row that has an identity.
    func ordinal(of identity: ImportMark) -> Int? {
        let slot = slot(of: identity)
        return slots[slot] == 0 ? nil : Int(slots[slot]) - 1
    }

    /// No more identities will be asked for.
    func forgetIdentities() { slots = [0] }

    private func number(ofClient client: [UInt8]) -> Int {
        if let known = clientNumbers[client] { return known }
        clientNumbers[client] = clients.count
        clients.append(client)
        return clients.count - 1
    }

    private func number(ofKind kind: RowFormat) -> Int {
        if let known = kinds.firstIndex(where: { $0 === kind }) { return known }
        kinds.append(kind)
        if let known = tables.firstIndex(of: kind.table) {
            tableOfKind.append(known)
        } else {
            tableOfKind.append(tables.count)
            tables.append(kind.table)
        }
        return kinds.count - 1
    }

    // MARK: Runs

    /// Hands out the records gathered so far, to be sorted and written aside by whoever takes them.
    func takeRun() throws -> PendingRun? {
        guard !run.records.isEmpty else { return nil }
        let spill = try spill ?? ImportSpill(directory: directory)
        self.spill = spill
        defer { run = ImportRunBuilder() }
        return PendingRun(builder: run, spill: spill, clients: clients, tables: tableOfKind)
    }

    /// Proof: built from values of one batch, used by the one thread that took it.
    struct PendingRun: @unchecked Sendable {
        let builder: ImportRunBuilder
        let spill: ImportSpill
        let clients: [[UInt8]]
        let tables: [Int]

        func write() throws -> ImportRun { try builder.write(to: spill, clients: clients, tables: tables) }
    }

    /// The records of some days, of each run in its order.
    func forEachRecord(ofDays wanted: Set<UInt64>, _ body: (ImportRecord) throws -> Void) throws {
        guard let spill else { return }
        for day in wanted.sorted() {
            for run in runs {
                let part = run.part(day, through: day)
                guard !part.isEmpty else { continue }
                let cursor = ImportCursor(spill, part)
                while let record = try cursor.next() { try body(record) }
            }
        }
    }

    /// For each client its place among all by bytes.
    func clientRanks() -> [UInt32] {
        var ranks = [UInt32](repeating: 0, count: clients.count)
        for (rank, client) in clients.indices.sorted(by: { clients[$0].lexicographicallyPrecedes(clients[$1]) }).enumerated() {
            ranks[client] = UInt32(rank)
        }
        return ranks
    }
}
