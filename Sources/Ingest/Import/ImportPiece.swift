import ColumnStore
package import Documents

/// Some records of the input as they were read: what is to be stored, what was refused, and what must go the way of a POST.
///
/// Made by one thread, taken over by another; never used by two at once.
final class ImportPiece: @unchecked Sendable {
    struct Row: BitwiseCopyable {
        let offset: Int
        let identity: ImportMark
        /// Of the receipt's id, as bloom filters have it.
        let receiptHash: UInt64
    }

    /// A record that was not taken, with all that quarantine and the caller get of it.
    struct Refused {
        /// Of the record in its piece, from 0; once the batch has it, in the input, from 1.
        var number: Int
        let document: [UInt8]
        var problem: Fault
        /// Nil where it was not recognised.
        let type: String?
    }

    /// Records one after the other, as `ImportRecord` lays them.
    let records: ImportBuffer
    var rows: [Row] = []
    /// What the records' numbers of client and kind mean.
    var clients: [[UInt8]] = []
    var kinds: [RowFormat] = []
    var refused: [Refused] = []
    /// Receipts of types that register, versions, or with somebody to notify; arrays and envelopes.
    var passedOn: [(number: Int, bytes: [UInt8], isOfSeveral: Bool)] = []
    /// How many records the piece of input had, whatever became of them.
    var recordCount = 0

    init(capacity: Int) { records = ImportBuffer(capacity: capacity) }

    func record(_ row: Row) -> ImportRecord { ImportRecord(base: records.base + row.offset) }
}

/// A piece of the input: whole records.
package enum ImportChunk: Sendable {
    /// Lines, each with its end but perhaps the last.
    case lines([UInt8])
    case records([[UInt8]])
    /// A record that cannot be one, as one that is too long.
    case refused(Fault)

    var byteCount: Int {
        switch self {
        case .lines(let bytes): bytes.count
        case .records(let records): records.reduce(0) { $0 + $1.count }
        case .refused: 0
        }
    }
}

/// Reads pieces of the input. One to a thread.
///
/// What it keeps beside its piece are caches: a file has runs of one client and of one type, whose numbers are then at hand without a look-up.
final class ImportParser {
    private let intake: Intake
    private var identity = ImportIdentity()
    private var piece = ImportPiece(capacity: 64)
    private var clientNumbers: [[UInt8]: Int] = [:]
    private var lastClient: (bytes: [UInt8], number: Int)?
    private var lastType: (type: DocumentType, kind: Int)?

    init(_ intake: Intake) { self.intake = intake }

    /// Never fails: what is wrong with a record is the record's.
    func parse(_ chunk: ImportChunk) -> ImportPiece {
        piece = ImportPiece(capacity: chunk.byteCount + chunk.byteCount / 2)
        (clientNumbers, lastClient, lastType) = ([:], nil, nil)
        let options = intake.readingOptions()
        switch chunk {
        case .lines(let bytes):
            bytes.withUnsafeBytes { bytes in
                var start = 0
                while let line = NDJSONLines.next(in: bytes, from: &start) {
                    if !line.isEmpty { take(UnsafeRawBufferPointer(rebasing: bytes[line]), options) }
                }
            }
        case .records(let records):
            for record in records { record.withUnsafeBytes { take($0, options) } }
        case .refused(let fault):
            piece.refused.append(.init(number: piece.recordCount, document: [], problem: fault, type: nil))
            piece.recordCount += 1
        }
        defer { piece = ImportPiece(capacity: 64) }
        return piece
    }

    // An array or an envelope is several receipts under one number: a POST answers for each of them.
    private func take(_ bytes: UnsafeRawBufferPointer, _ options: ReadingOptions) {
        let number = piece.recordCount
        piece.recordCount += 1
        do {
            let reading = try intake.parts.reader.readJSON(bytes, options)
            guard case .single = reading.shape, reading.receipts.count == 1 else { return passOn(number, bytes, isOfSeveral: true) }
            switch reading.receipts[0] {
            case .refused(let problem, let type, _): refuse(number, bytes, problem, type: type)
            case .accepted(let receipt):
                // What may lie in another table by now is looked for one by one.
                let isPlain = receipt.type.tableKind.takesBulkImports && receipt.type.register.isEmpty && receipt.callbackURL == nil
                    && intake.parts.tier.typeTables.others(of: receipt.type.name, than: TableName.stored(receipt.type)).isEmpty
                guard isPlain else { return passOn(number, bytes) }
                do {
                    try store(receipt, number, bytes)
                } catch let problem as Fault {
                    refuse(number, bytes, problem, type: receipt.type.name)
                }
            }
        } catch {
            refuse(number, bytes, Intake.problem(error), type: nil)
        }
    }

    private func refuse(_ number: Int, _ bytes: UnsafeRawBufferPointer, _ problem: Fault, type: String?) {
        piece.refused.append(.init(number: number, document: Array(bytes), problem: problem, type: type))
    }

    private func passOn(_ number: Int, _ bytes: UnsafeRawBufferPointer, isOfSeveral: Bool = false) { piece.passedOn.append((number, Array(bytes), isOfSeveral)) }

    /// Lays a receipt down in the piece, with the marks that the batch asks by.
    ///
    /// - Throws: `Fault` where the receipt's client may not be stored for.
    private func store(_ receipt: ExtractedReceipt, _ number: Int, _ bytes: UnsafeRawBufferPointer) throws {
        guard let client = try client(of: receipt) else { return passOn(number, bytes) }
        let kind = kind(receipt.type)
        let record = ImportRecord.append(receipt, kind: kind, client: client, number: number, document: bytes, to: piece.records)
        let mark = piece.clients[client].withUnsafeBytes {
            identity.mark(table: receipt.type.table, client: $0, receipt: record.receipt, day: receipt.businessDay)
        }
        piece.rows.append(
            .init(offset: record.base - piece.records.base, identity: mark, receiptHash: XXHash64.hash(record.receipt)))
    }

    /// Nil where the client's webhook must hear of the receipt: that is the hot tier's to do.
    private func client(of receipt: ExtractedReceipt) throws -> Int? {
        if let last = lastClient, intake.request.client == nil, let mapped = receipt.clientID, mapped == last.bytes {
            return last.number < 0 ? nil : last.number
        }
        let client = try intake.owner(of: receipt)
        let number: Int
        if let known = clientNumbers[client] {
            number = known
        } else if try intake.process(stages: [], client: client, callbackURL: nil, trace: nil) != nil {
            number = -1
            clientNumbers[client] = number
        } else {
            number = piece.clients.count
            piece.clients.append(client)
            clientNumbers[client] = number
        }
        lastClient = (client, number)
        return number < 0 ? nil : number
    }

    private func kind(_ type: DocumentType) -> Int {
        if let last = lastType, last.type === type { return last.kind }
        let kind = intake.parts.formats.format(type, contentType: "application/json")
        let number: Int
        if let known = piece.kinds.firstIndex(where: { $0 === kind }) {
            number = known
        } else {
            number = piece.kinds.count
            piece.kinds.append(kind)
        }
        lastType = (type, number)
        return number
    }
}
