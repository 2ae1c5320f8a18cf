import ColumnStore
import Documents

/// Makes rows of an upload's records.
///
/// Reading stores nothing: a chunk may be read again after a crash. Every record of a chunk becomes an item at least, but elements
/// of an envelope that the type's `where` does not want.
struct UploadReader {
    /// A record that is read, of which nothing is stored yet.
    enum Item {
        case row(Int, HotRow)
        case rejected(UploadRejection)
    }

    /// The rights and the request of the upload's owner.
    let intake: Intake
    let form: RecordForm
    let holding: UploadForm.Holding

    /// - Throws: `RecordFileError` for a file that cannot be read further.
    func items(_ chunk: UploadChunk) throws -> [Item] {
        var items: [Item] = []
        switch form {
        case .csv: items = rows(chunk)
        case .xml: for record in chunk.records { items += try xml(record.number, record.bytes) }
        case .json, .lines:
            let readings = intake.parts.reader.readJSON(chunk.records.map(\.bytes)) { options(byteCount: chunk.records[$0].bytes.count, isOfMany: holding == .envelope) }
            for (record, reading) in zip(chunk.records, readings) { items += try document(record.number, record.bytes, reading, isWholeFile: chunk.isWholeFile) }
        }
        items += chunk.refusals.map { .rejected(UploadRejection($0.number, $0.fault, form: form)) }
        return items
    }

    private func options(byteCount: Int, isOfMany: Bool) -> ReadingOptions {
        var options = intake.readingOptions(WorkAllowance(byteCount: byteCount, isOfManyDocuments: isOfMany))
        options.keepsReadable = true
        // Of one that is read whole all results are held at once, as of a POST of many.
        if holding == .envelope { options.batchCountMax = options.eachCountMax }
        return options
    }

    // MARK: CSV

    /// All rows of a chunk are read as one document under the file's header: a header is looked at, and columns are found, once for a thousand rows.
    private func rows(_ chunk: UploadChunk) -> [Item] {
        guard !chunk.records.isEmpty else { return [] }
        let items = read(chunk.records.map { ($0.number, $0.bytes) }, header: chunk.header)
        // A row that its scanner and its reader count differently is looked at by itself.
        return items ?? chunk.records.flatMap { record in
            read([(record.number, record.bytes)], header: chunk.header)
                ?? [.rejected(UploadRejection(record.number, Fault(.invalidDocument, "this is not one row"), form: .csv))]
        }
    }

    private func read(_ records: [(number: Int, bytes: [UInt8])], header: [UInt8]) -> [Item]? {
        var body = header + [0x0A]
        body.reserveCapacity(records.reduce(header.count + 1) { $0 + $1.bytes.count + 1 })
        for record in records {
            body += record.bytes
            body.append(0x0A)
        }
        var options = options(byteCount: body.count, isOfMany: true)
        options.isHeaderChecked = true
        do {
            let reading = try intake.parts.reader.readCSV(body, options)
            guard reading.receipts.count == records.count, reading.beyondCount == 0 else { return nil }
            return zip(records, reading.receipts).map { item($0.number, $1, body) }
        } catch {
            let fault = Intake.problem(error)
            return records.map { .rejected(UploadRejection($0.number, fault, form: .csv)) }
        }
    }

    // MARK: Documents

    private func xml(_ number: Int, _ bytes: [UInt8]) throws -> [Item] {
        try document(number, bytes, Result { try intake.parts.reader.readXML(bytes, options(byteCount: bytes.count, isOfMany: holding == .envelope)) })
    }

    /// What became of one record: an item, several for a document that holds several, none for an element that is passed over.
    ///
    /// - Parameters:
    ///   - number: of the record; of several documents in it that of the first, the others count on.
    ///   - isWholeFile: of JSON, whether it is the file's only record.
    /// - Throws: `RecordFileError` where it holds more than a call may hold at once: then the file cannot be taken, whichever record it is.
    private func document(_ number: Int, _ bytes: [UInt8], _ reading: Result<DocumentReading, any Error>, isWholeFile: Bool = false) throws -> [Item] {
        do {
            let reading = try reading.get()
            let isOne = reading.receipts.count == 1 && reading.beyondCount == 0 && (reading.shape == .single || holding != .document)
            // A file that is one document may hold several, where its type's path cannot be followed in passing. One of many would take the numbers of those behind it.
            guard isOne || holding == .envelope || form == .xml || (form == .json && isWholeFile && reading.shape == .each) else {
                throw Fault(
                    .invalidDocument, "a record is one document",
                    errors: [.init(pointer: "", code: "not-one-document", message: "a record holds one document")])
            }
            guard reading.beyondCount == 0 else {
                throw RecordFileError(
                    Fault(.tooLarge, "the file has \(reading.receipts.count.addingSaturating(reading.beyondCount)) records, and at most \(reading.receipts.count) are taken of one that is read as one document: cut it into several, or give the type paths that stay within a record and what it stands in"))
            }
            return reading.receipts.enumerated().compactMap { index, receipt in
                if holding == .element, Self.isPassedOver(receipt) { return nil }
                return item(number + index, receipt, bytes)
            }
        } catch let error as RecordFileError {
            throw error
        } catch {
            return [.rejected(UploadRejection(number, Intake.problem(error), form: form))]
        }
    }

    /// What feedback shows of a record that was valid: all but what few may see.
    private static func readable(_ receipt: ExtractedReceipt) -> ReadableColumns {
        ReadableColumns(
            receiptID: receipt.receiptID, fields: receipt.type.layout.fields, row: receipt.row, faulty: Set(receipt.type.sensitivePaths.map { $0.names[0] }))
    }

    /// An element that the type's `where` does not want.
    private static func isPassedOver(_ receipt: ReceiptResult) -> Bool {
        guard case .refused(let fault, _, _) = receipt else { return false }
        return fault.errors.count == 1 && fault.errors[0].code == "no-receipts"
    }

    /// A row to be stored, if the type is one that the owner may send; else what is wrong.
    private func item(_ number: Int, _ result: ReceiptResult, _ body: [UInt8]) -> Item {
        do {
            switch result {
            case .refused(let fault, let type, _):
                try intake.checkMeantType(type)
                return .rejected(UploadRejection(number, fault, form: form))
            case .accepted(let receipt):
                do {
                    return .row(number, try intake.row(receipt, in: body))
                } catch var fault as Fault {
                    // All that it says was valid. A type that the owner may not send tells nothing of its columns.
                    if fault.code != .typeNotAllowed { fault.readable = Self.readable(receipt) }
                    return .rejected(UploadRejection(number, fault, receiptID: receipt.receiptID, form: form))
                }
            }
        } catch {
            return .rejected(UploadRejection(number, Intake.problem(error), form: form))
        }
    }
}

/// Records that are taken together: as few as POSTs beside them can wait for, as many as share a commit well.
struct UploadChunk {
    static let recordCountMax = 1_000
    static let byteCountMax = 1 << 20
    /// Of the documents that are made of its rows, each with the header: well below what one reading may make (`ReadingOptions.madeByteCountMax`), past which rows would be refused
    /// for nothing that is wrong with them.
    static let madeByteCountMax = 16 << 20

    private(set) var records: [(number: Int, bytes: [UInt8])] = []
    /// Refused at sight.
    private(set) var refusals: [(number: Int, fault: Fault)] = []
    private(set) var header: [UInt8] = []
    /// Of the last record in it.
    private(set) var lastNumber = 0
    private var byteCount = 0
    private var madeByteCount = 0
    /// The file has ended behind it.
    var endsFile = false

    var isEmpty: Bool { records.isEmpty && refusals.isEmpty }
    var isFull: Bool { records.count + refusals.count >= Self.recordCountMax || byteCount >= Self.byteCountMax || madeByteCount >= Self.madeByteCountMax }
    /// Its one record is all that the file has.
    var isWholeFile: Bool { endsFile && lastNumber == 1 && records.count == 1 }

    mutating func add(_ record: StreamRecord) {
        lastNumber = record.number
        switch record.content {
        case .whole(let bytes):
            if header.isEmpty, let line = record.header { header = line }
            records.append((record.number, Array(bytes)))
            byteCount += bytes.count
            madeByteCount += header.count + 1 + bytes.count
        case .refused(let fault): refusals.append((record.number, fault))
        }
    }
}
