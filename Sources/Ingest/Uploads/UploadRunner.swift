import ColumnStore
import Documents
import Glibc

/// Reads one file record by record and stores what is good, a chunk at a time, each committed with its position: while one is stored, the next is read.
///
/// Whatever is cut off between a chunk's rows and its position is done again: rows that have the upload's id and a later sequence than the chunk's
/// are its own, so that none is stored or counted twice.
final class UploadRunner {
    private let uploads: Uploads
    private var upload: Upload
    private var reader: UploadReader?
    private var chunk = UploadChunk()
    /// What the writer has now; nil while it has nothing of this file. Whoever holds one holds a turn.
    private var stored: StoredChunk?
    /// Sequences of rows that a try stored which was cut off before its position was: of the chunk behind that, which is the first that is handed over now.
    private var own: Set<Int64> = []
    private var hasHandedOver = false
    /// Of a chunk at which the upload was ended, in the middle or before it was noted: noted with that end.
    private var lastRejections: [UploadRejection] = []
    /// Nil where documents of the file's types may come more than once.
    private var identities: UploadIdentities?
    private let pace: UploadPace
    /// Records up to here are read for their ids alone.
    private var replayedTo = 0

    /// The store closes, another owner is to have the place, or its own has other rights by now: it goes on where it stood.
    private struct Stopped: Error {}
    /// Somebody ended it.
    private struct Unwanted: Error {}

    private static let pieceByteCount = 256 << 10
    /// Before rows that the store cannot take now are given to it again.
    private static let pauses = GrowingPause(1...15)
    /// How often a row is given to the store that ended in an internal fault: then it is the row's.
    private static let faultyTryMax = 3

    init(_ uploads: Uploads, _ upload: Upload) { (self.uploads, self.upload, pace) = (uploads, upload, UploadPace(on: uploads.rowsThread)) }

    /// Reads the file to its end, or until the store closes, somebody ends it, or a fault does. Blocks; on a thread of its own.
    ///
    /// A fault that may go by itself leaves the upload as it is: it is looked at again, and goes on from its position.
    func run() {
        do {
            try read()
            upload.state = .processed
        } catch is Stopped {
            return
        } catch is Unwanted {
            upload.state = .cancelled
        } catch {
            let fault = (error as? RecordFileError)?.fault ?? Intake.problem(error)
            if fault.code == .internalError { StoreLog.note("an upload failed", path: upload.id, reason: fault.cause ?? "\(error)", level: .warning) }
            // What the disk refuses now it may take later.
            if fault.isForLater { return uploads.queue.putOff(upload.id) }
            (upload.state, upload.problem) = (.error, fault)
        }
        upload.endedAt = uploads.clock.now()
        do {
            // What an earlier try has stored of a chunk that this one did not come to.
            if upload.state != .processed { uploads.countLeft(of: &upload) }
            guard try uploads.catalog.change(upload, from: .processing, rejections: lastRejections, notices: uploads.notices(of: upload)) else { return try noteCancelled() }
            if let identities { (self.identities, _) = (nil, identities) }
            UploadIdentities.remove(uploads.identitiesPath(upload.id))
            uploads.ended(upload)
        } catch {
            StoreLog.note("an upload's end could not be noted; its rest is read again", path: upload.id, reason: StoreLog.text(error), level: .warning)
            uploads.queue.putOff(upload.id)
        }
    }

    /// Whoever ended it has waited no longer for what was with the writer: that is counted now, so that it can be taken back.
    private func noteCancelled() throws {
        guard var noted = try uploads.catalog.upload(upload.id), noted.state == .cancelled, noted.revert.stage == .none else { return }
        (noted.counts, noted.tables, noted.chunkSequence) = (upload.counts, upload.tables, upload.chunkSequence)
        (noted.startedAt, noted.firstSequence) = (upload.startedAt, upload.firstSequence)
        _ = try uploads.catalog.change(noted, from: .cancelled, rejections: lastRejections)
    }

    private func read() throws {
        // The rights of now, not of the announcement: a contract that ended meanwhile stores nothing more. They are looked at again with each chunk.
        let principal = try uploads.principal(of: upload)
        let file = open(uploads.filePath(upload.id), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw Fault(.internalError, "the upload's file is not there", cause: "error \(errno)") }
        defer { close(file) }
        defer { abandon() }
        try begin()
        var (stream, form, holding) = try UploadForm.stream(of: upload, first: try UploadForm.first(of: file), passed: try recordsToPass(), uploads, knownTypes: principal.types.map { Set($0) }) {
            [self] in try surroundings(in: file, $0)
        }
        let request = IntakeRequest(
            form: form == .csv ? .csv : form == .xml ? .xml : .json, body: [], contentType: form == .csv ? "text/csv" : form == .xml ? "application/xml" : "application/json",
            principal: principal, type: upload.type, client: upload.client, uploadID: upload.id)
        let intake = Intake(parts: uploads.intake, request: request)
        try intake.checkTypeAllowed(upload.type)
        reader = UploadReader(intake: intake, form: form, holding: holding)
        let take: (StreamRecord) throws -> Void = { [self] record in
            // The first one, however long, is read once it is known whether another follows.
            if chunk.isFull { try deliver() }
            chunk.add(record)
            if record.number == replayedTo || chunk.isFull && record.number > 1 { try deliver() }
        }
        do {
            while true {
                try heed()
                let piece = try Self.next(file)
                if piece.isEmpty { break }
                try stream.add(piece, take)
            }
            try stream.finish(take)
        } catch let error as RecordFileError {
            // What came before the fault counts, and nothing comes behind it.
            chunk.endsFile = true
            try finish()
            throw error
        } catch let error as Stopped {
            // The store closes: what is with the writer is met again.
            if !uploads.queue.isStopped { try settle() }
            throw error
        } catch {
            // What was begun is counted, so that it can be taken back.
            try settle()
            throw error
        }
        chunk.endsFile = true
        try finish()
        // An envelope that is read whole is cut into one.
        upload.recordCount = max(Int64(stream.recordCount), upload.counts.processed)
        if upload.recordCount == 0, let header = stream.csvHeader { try UploadForm.checkAlone(header, of: upload, uploads) }
    }

    /// What stands around an envelope's records: a reading of its own, in which a fault is found before anything is taken.
    private func surroundings(in file: Int32, _ given: RecordStream) throws -> EnvelopeSurroundings? {
        var stream = given
        while true {
            try heed()
            let piece = try Self.next(file)
            if piece.isEmpty { break }
            try stream.add(piece) { _ in }
        }
        try stream.finish { _ in }
        guard lseek(file, 0, SEEK_SET) == 0 else { throw Fault(.internalError, "the upload's file cannot be read", cause: "error \(errno)") }
        return stream.surroundings
    }

    /// A file may go on for long without a record, or with those alone that are passed over.
    private func heed() throws {
        if uploads.queue.isUnwanted(upload.id) { throw Unwanted() }
        if uploads.queue.isStopped || uploads.queue.mustYield(upload.id) { throw Stopped() }
    }

    /// Lets go of a chunk that nobody counts: what is stored of it is met again.
    private func abandon() {
        guard let chunk = stored else { return }
        stored = nil
        _ = chunk.answer.wait { $0 }
        uploads.queue.endTurn()
    }

    /// The first time it notes from where on rows may be the upload's; later it finds those that a try stored and did not count.
    private func begin() throws {
        guard upload.startedAt == nil else {
            own = try uploads.sequences(of: upload, after: upload.chunkSequence)
            return
        }
        upload.startedAt = uploads.clock.now()
        upload.firstSequence = uploads.sequence
        upload.chunkSequence = upload.firstSequence
        try commit([])
    }

    /// Records before it are passed over, unless their ids must be known and are not.
    private func recordsToPass() throws -> Int {
        let position = Int(clamping: upload.position)
        guard uploads.mayComeOnce(upload.type) else { return position }
        let (identities, knows) = try UploadIdentities.open(uploads.identitiesPath(upload.id), wanted: upload.position)
        self.identities = identities
        if knows { return position }
        replayedTo = position
        return 0
    }

    // MARK: The file

    private static func next(_ file: Int32) throws -> [UInt8] {
        while true {
            var code: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: pieceByteCount) { room, count in
                let read = Glibc.read(file, room.baseAddress, room.count)
                code = errno
                count = max(0, read)
                if read >= 0 { code = 0 }
            }
            if code == EINTR { continue }
            guard code == 0 else { throw Fault(.internalError, "the upload's file cannot be read", cause: "error \(code)") }
            return bytes
        }
    }

    // MARK: Chunks

    /// A chunk on its way to the writer.
    private struct StoredChunk {
        let rows: [(number: Int, row: HotRow)]
        let rejections: [UploadRejection]
        let lastNumber: Int
        let answer: Monitor<Submission.Answer?>
    }

    /// Reads the chunk, waits for the one before it, and hands it over.
    ///
    /// So two chunks of a file are in memory at most: the one at the writer and the one that was read meanwhile.
    private func deliver() throws {
        defer { chunk = UploadChunk() }
        guard !chunk.isEmpty, let reader else { return }
        if uploads.queue.isStopped { throw Stopped() }
        var rows: [(number: Int, row: HotRow)] = []
        var rejections: [UploadRejection] = []
        let items = try reader.items(chunk)
        func sort() throws {
            for item in items {
                switch item {
                case .rejected(let rejection): rejections.append(rejection)
                case .row(let number, let row):
                    if row.kind.tableKind.comesOnceACall, let first = try identities?.first(row.identity, record: number), first != number {
                        rejections.append(UploadRejection(number, Intake.duplicate(pointer: "", of: "record \(first)"), of: row, sensitive: uploads.sensitiveColumns(of: row.kind), form: reader.form))
                    } else {
                        rows.append((number, row))
                    }
                }
            }
        }
        if let identities { try identities.inTransaction(sort) } else { try sort() }
        if chunk.lastNumber <= replayedTo { return }
        try settle()
        if uploads.queue.isUnwanted(upload.id) { throw Unwanted() }
        // A file takes hours, in which a contract may end, or be given other rights: with others it is begun again where it stands.
        guard try uploads.principal(of: upload) == reader.intake.request.principal else { throw Stopped() }
        if !hasHandedOver {
            let counts = upload.counts
            do { try rows.removeAll { try isStored($0.row) } } catch {
                // The end of the upload counts all of them.
                upload.counts = counts
                throw error
            }
        }
        hasHandedOver = true
        let answer = Monitor<Submission.Answer?>(nil)
        uploads.queue.beginTurn(of: upload.owner)
        submit(rows.map(\.row), to: answer)
        stored = StoredChunk(rows: rows, rejections: rejections, lastNumber: chunk.lastNumber, answer: answer)
    }

    /// Whether a try that was cut off has stored a row, which is counted then. A receipt of a ledger is known for that by its identity; a version is the same as the newest only, and somebody
    /// else's may have come since.
    private func isStored(_ row: HotRow) throws -> Bool {
        guard !own.isEmpty, let key = row.versionKey, let content = row.version?.content else { return false }
        guard let stored = try uploads.intake.tier.versions.versions(key).first(where: { own.contains($0.sequence) && $0.content == content }) else { return false }
        own.remove(stored.sequence)
        take(version: stored.version, row)
        return true
    }

    /// A chunk of nothing but faults is answered at once: its position and feedback are committed like any other's.
    private func submit(_ rows: [HotRow], to answer: Monitor<Submission.Answer?>) {
        guard !rows.isEmpty, let intake = reader?.intake else { return answer.broadcast { $0 = .done([]) } }
        pace.submit(rows, to: { intake.submit($0, isAtomic: false, $1) }) { outcome in answer.broadcast { $0 = outcome } }
    }

    private func finish() throws {
        try deliver()
        try settle()
    }

    /// Waits until the chunk that was handed over is stored, and commits what became of it.
    ///
    /// The sequence is asked for behind the chunk's end: whatever of this upload comes after it is of a later chunk.
    private func settle() throws {
        guard let chunk = stored else { return }
        stored = nil
        let first = chunk.answer.wait { $0 }
        uploads.queue.endTurn()
        var rejections = chunk.rejections
        try count(chunk.rows, first, &rejections)
        upload.counts.rejected += Int64(rejections.count)
        upload.position = Int64(chunk.lastNumber)
        upload.chunkSequence = uploads.sequence
        try commit(rejections)
        uploads.queue.noteProgress(upload.id)
    }

    /// Counts what became of rows; those that the store could not take now are handed to it again, until it does.
    ///
    /// - Throws: `Unwanted`, with what the store has taken counted; `Stopped`.
    private func count(_ all: [(number: Int, row: HotRow)], _ first: Submission.Answer, _ rejections: inout [UploadRejection]) throws {
        var rows = all
        var answer = first
        var tries = 0
        var pause = Self.pauses
        while true {
            tries += 1
            var again: [(number: Int, row: HotRow)] = []
            for (index, entry) in rows.enumerated() {
                guard let fault = note(entry, answer, index) else { continue }
                let isForLater = fault.isForLater || (fault.code == .internalError && tries < Self.faultyTryMax)
                if isForLater {
                    again.append(entry)
                } else {
                    rejections.append(UploadRejection(entry.number, fault, of: entry.row, sensitive: uploads.sensitiveColumns(of: entry.row.kind), form: reader?.form ?? .json))
                }
            }
            if again.isEmpty { return }
            uploads.queue.pause(upload.id, seconds: pause.next())
            if uploads.queue.isUnwanted(upload.id) {
                // Some of its rows are stored: they are the upload's to be taken back, though its chunk never ends.
                // All that is stored by now is counted here, and its end counts it no more. It is noted with that end and not before: whoever comes to it first counts the whole chunk.
                upload.counts.rejected += Int64(rejections.count)
                (upload.chunkSequence, lastRejections) = (uploads.sequence, rejections)
                throw Unwanted()
            }
            if uploads.queue.isStopped { throw Stopped() }
            let next = Monitor<Submission.Answer?>(nil)
            uploads.queue.beginTurn(of: upload.owner)
            submit(again.map(\.row), to: next)
            (rows, answer) = (again, next.wait { $0 })
            uploads.queue.endTurn()
        }
    }

    /// - Returns: why a row was not taken.
    private func note(_ entry: (number: Int, row: HotRow), _ answer: Submission.Answer, _ index: Int) -> Fault? {
        switch answer {
        case .refused(let fault): return fault
        case .conflicts(let conflicts): return Intake.differentDocument(ticketID: conflicts.first?.ticketID ?? "")
        case .done(let outcomes):
            guard index < outcomes.count else { return Fault(.internalError, "an upload's rows and their outcomes are not as many") }
            switch outcomes[index] {
            case .conflict(let ticketID): return Intake.differentDocument(ticketID: ticketID)
            case .refused(let fault): return fault
            case .stored(let receipt): take(version: receipt.summary.version, entry.row)
            case .repeated(let receipt):
                if own.remove(receipt.summary.sequence) != nil { take(version: receipt.summary.version, entry.row) } else { upload.counts.repeated += 1 }
            }
            return nil
        }
    }

    /// Counts a row that the upload has stored, by this try or by one that was cut off.
    ///
    /// - Parameter version: nil of a ledger's.
    private func take(version: Int32?, _ row: HotRow) {
        upload.noteStored(version: version.map { Int64($0) }, in: row.kind.table)
    }

    /// - Throws: `Unwanted` where somebody ended the upload: what became of the chunk is noted with its end.
    private func commit(_ rejections: [UploadRejection]) throws {
        guard try uploads.catalog.change(upload, from: .processing, rejections: rejections) else {
            lastRejections = rejections
            throw Unwanted()
        }
    }
}

/// How a file of records is to be read: by what was said of it, else by its name and its first bytes.
enum UploadForm {
    /// What a record of it holds.
    enum Holding {
        case document
        /// An element of an envelope, in a document of its own.
        case element
        /// All elements of an envelope.
        case envelope
    }

    /// What the type says counts first, then the content type and the name, then the first bytes.
    ///
    /// - Parameters:
    ///   - knownTypes: those that the owner may know of, nil for all: where no type is named, a header of CSV is held against them alone.
    ///   - surroundings: reads the file by that stream, where the type's paths reach beyond a record; nil where records may come without what stands behind them.
    /// - Throws: `unknown-type` where the type is gone by now; `RecordFileError` for a file that is no records at all; what `surroundings` throws.
    static func stream(
        of upload: Upload, first: [UInt8], passed: Int, _ uploads: Uploads, knownTypes: Set<String>?,
        surroundings: ((RecordStream) throws -> EnvelopeSurroundings?)? = nil
    ) throws -> (RecordStream, RecordForm, Holding) {
        var options = RecordStream.Options()
        options.coding = upload.coding.flatMap { StreamCoding(rawValue: $0) } ?? StreamCoding.of(name: upload.name) ?? StreamCoding.of(first: first)
        options.recordByteCountMax = uploads.intake.documentByteCountMax
        options.byteCountMax = uploads.options.byteCountMax
        options.recordCountPassed = passed
        let plain = options.coding == nil ? first : decoded(first, options.coding)
        if let other = Self.others.first(where: { plain.starts(with: $0.first) }) {
            throw RecordFileError(Fault(.badEncoding, "the file is \(other.name): records come as CSV, NDJSON, JSON or XML, as they are or in gzip or zstd"))
        }
        options.charset = upload.contentType.flatMap { StoredContentType.charset($0) }
        let said = upload.contentType.flatMap { RecordForm.of(contentType: essence($0)) }
        // By as much as ever: a long line would be taken for a record that is a whole document.
        let beginning = Array(plain.prefix(formByteCount))
        var form = said ?? RecordForm.of(name: upload.name, first: beginning)
        if let name = upload.type {
            guard let type = uploads.intake.types.registry.snapshot[name] else { throw Fault(.unknownType, "there is no type \(name) any more") }
            let facts = RecordFacts(type)
            switch facts.format {
            case .csv: form = .csv
            case .xml: form = .xml
            case .json: if form == .csv || form == .xml { form = RecordForm.of(name: "", first: beginning) == .lines ? .lines : .json }
            }
            options.delimiter = facts.delimiter
            if form == .csv { options.columns = facts.columns }
            if form != .csv, form != .lines, let envelope = facts.envelope, !isArray(plain) {
                var found: EnvelopeSurroundings?
                var path: String?
                switch facts.reach {
                case .record: break
                case .surroundings(let sought):
                    found = try surroundings?(RecordStream(surroundingsOf: envelope, options, seeking: sought))
                    path = found?.strayPath
                case .elsewhere(let elsewhere): path = surroundings == nil ? nil : elsewhere
                }
                if let path { return (RecordStream(whole: form, options, reason: "the type's path \(path) may lead into other records than the one that it is of"), form, .envelope) }
                return (RecordStream(envelope, options, found), form, .element)
            }
            if form == .xml, let each = facts.wholeEach {
                let reason = "the type's each, \(each), cannot be followed while the file is read: it has a condition, or nobody knows where it starts while another path leads out of a record (begin it with /, or name one root in match)"
                return (RecordStream(whole: form, options, reason: reason), form, .envelope)
            }
        } else if form == .csv, plain.isEmpty, !first.isEmpty, said == nil, !isNamedCSV(upload.name) {
            form = .lines
        } else if form == .csv {
            let text = TextCharset.head(plain, charset: options.charset)
            // Who may know of no type is told by it of none.
            guard plain.count < firstByteCount || knownTypes?.isEmpty ?? false || CSVHeader.ends(in: text) else {
                throw RecordFileError(Fault(.tooLarge, "the file's header has more than \(firstByteCount) bytes, so that its type cannot be told by it: name the type"))
            }
            if let header = CSVHeader(first: text, type: nil, uploads.intake.types.registry.snapshot) {
                options.delimiter = header.delimiter
                options.columns = header.columns(knownTypes: knownTypes)
            }
        }
        return (RecordStream(form, options), form, .document)
    }

    /// By its name alone: nothing of the file says CSV beside `<`.
    private static func isNamedCSV(_ name: String) -> Bool { RecordForm.of(name: name, first: [UInt8(ascii: "<")]) == .csv }

    /// What files begin with that are sent as they are, and are no records.
    private static let others: [(first: [UInt8], name: String)] = [
        (Array("PK\u{3}\u{4}".utf8), "a ZIP archive, as workbooks (.xlsx, .ods) are"), (Array("PK\u{5}\u{6}".utf8), "an empty ZIP archive"),
        ([0xD0, 0xCF, 0x11, 0xE0], "a document of an older Office, as workbooks (.xls) are"), (Array("%PDF-".utf8), "a PDF"),
    ]

    /// A header may stand alone, if it is one.
    ///
    /// - Throws: `RecordFileError` where no type knows any of its columns.
    static func checkAlone(_ header: [UInt8], of upload: Upload, _ uploads: Uploads) throws {
        let known = CSVHeader(first: header, type: upload.type, uploads.intake.types.registry.snapshot)
        if let fault = known?.faultWithoutRecords(header, isTypeNamed: upload.type != nil) { throw RecordFileError(fault) }
    }

    /// Elements of an array are records of their own, each perhaps an envelope.
    private static func isArray(_ first: [UInt8]) -> Bool {
        let text = first.starts(with: [0xEF, 0xBB, 0xBF]) ? first.dropFirst(3) : first[...]
        return text.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "[")
    }

    /// A media type without its parameters.
    private static func essence(_ contentType: String) -> String {
        let head = contentType.split(separator: ";", maxSplits: 1).first ?? ""
        return String(head.filter { $0 != " " && $0 != "\t" })
    }

    /// Of a file, packed and plain, by which it is told what it is: a header of CSV may be long.
    static let firstByteCount = 1 << 20

    /// The first bytes of a file, as many as there are up to `firstByteCount`.
    static func first(of file: Int32) throws -> [UInt8] {
        while true {
            var code: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: firstByteCount) { room, count in
                let read = pread(file, room.baseAddress, room.count, 0)
                code = read < 0 ? errno : 0
                count = max(0, read)
            }
            if code == EINTR { continue }
            // A pipe gives its bytes once: it is told by its name.
            guard code == 0 || code == ESPIPE else { throw Fault(.internalError, "the upload's file cannot be read", cause: "error \(code)") }
            return bytes
        }
    }

    /// Of that, by which JSON and NDJSON are told apart.
    private static let formByteCount = 64 << 10

    /// The beginning of what is packed; a broken file shows later.
    private static func decoded(_ first: [UInt8], _ coding: StreamCoding?) -> [UInt8] {
        guard let coding else { return first }
        var plain: [UInt8] = []
        let decompressor = StreamDecompressor(coding, windowLogMax: 25)
        // zstd gives nothing out before a block is whole, which holds up to 128 KiB of text.
        var rest = first[...]
        do {
            while !rest.isEmpty, plain.count < firstByteCount {
                try rest.prefix(4_096).withUnsafeBytes {
                    try decompressor.decompress($0) { if plain.count < firstByteCount { plain.append(contentsOf: $0) } }
                }
                rest = rest.dropFirst(4_096)
            }
        } catch {
            return plain
        }
        return plain
    }
}

extension Fault {
    /// The same may be taken in a while, without anybody doing anything about it.
    var isForLater: Bool { code == .overloaded || code == .diskFull || code == .storageUnavailable || code == .notLeader }
}
