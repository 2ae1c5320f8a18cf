package import ColumnStore

/// Cuts a file of any length into records, given in pieces of any size: one reader for what is imported and what is uploaded. One owner.
///
/// It holds at most one record and what an envelope says of all of them. Each record has its number and the place behind it. To go on where a
/// reader stopped, the file is given again from its beginning, and the records up to that number are passed over: a few seconds for a gigabyte,
/// the same way for every form and coding, and with nothing to keep but the number.
///
/// The way of bytes: decompressed (`options.coding`), counted against `byteCountMax`, freed of a byte order mark, brought to UTF-8 (envelopes of XML, and CSV of
/// another charset), cut by the scanner, numbered and, past `recordCountPassed`, given out.
package struct RecordStream {
    package struct Options: Sendable {
        package var coding: StreamCoding?
        /// Of a record, with a CSV file's header: as many as a document may have.
        package var recordByteCountMax = 64 << 20
        /// Of the file once it is decoded.
        package var byteCountMax = Int.max
        package var delimiter = UInt8(ascii: ",")
        /// Names that a CSV header may have; nil for any.
        package var columns: Set<[UInt8]>?
        /// What a CSV file is written in, as its media type names it; nil: UTF-8.
        package var charset: String?
        /// Records that were taken before: they are read and not given out.
        package var recordCountPassed = 0

        package init() {}
    }

    private let options: Options
    private var decompressor: StreamDecompressor?
    private var scanner: any RecordScanner
    /// A document that is read whole says its encoding itself.
    private var isWhole: Bool
    /// An XML envelope is read in the encoding that it declares.
    private var isXMLEnvelope = false
    /// CSV in the one that is said of it.
    private var charset: String?
    private var transcoder: TextTranscoder?
    /// Decoded bytes that the scanner has seen.
    private var offset = 0
    /// About where the last record ended.
    private var lastEnd = 0
    /// Bytes that have come once they were decompressed, in whatever encoding: not all of them come to text.
    private var decodedByteCount = 0
    /// Of them, about where the last record ended.
    private var lastDecodedEnd = 0
    /// A file may have records that are too long, but none without an end.
    var endlessByteCount = 256 << 20
    /// The first bytes, until it is known whether they are a mark of the encoding.
    private var head: [UInt8]? = []
    /// Records so far, passed over or not.
    package private(set) var recordCount = 0
    /// Of them, each with what stands around it, in bytes.
    private var documentByteCount = 0
    /// They may come to so much in any file, however short.
    var documentByteCountMin = RecordStream.documentByteCountMin
    /// What stands around an envelope's records is copied and read with each of them, so that a small file may come to a million times its length. All of its
    /// records' documents together have this much at most, and `documentShare` times what the file has up to there: of records of 200 bytes each may have 12 KiB around
    /// it in a file of any length.
    static let documentByteCountMin = 1 << 30
    static let documentShare = 64
    /// A row of CSV has the header before it: of rows of 200 bytes one of 50 KiB, in a file of any length.
    static let rowShare = 256

    /// - Parameter offset: behind the last of the records.
    /// - Returns: the most bytes that come of the file up to there.
    static func documentByteCountMax(_ least: Int = RecordStream.documentByteCountMin, at offset: Int, share: Int = RecordStream.documentShare) -> Int {
        least.addingSaturating(offset.multipliedSaturating(by: share))
    }

    /// The records of a file of that form, none of them in an envelope.
    package init(_ form: RecordForm, _ options: Options = Options()) {
        isWhole = form == .xml
        self.options = options
        charset = form == .csv ? options.charset : nil
        decompressor = options.coding.map { StreamDecompressor($0, windowLogMax: Self.windowLogMax) }
        let byteCountMax = options.recordByteCountMax
        switch form {
        case .lines: scanner = LineScanner(recordByteCountMax: byteCountMax)
        case .json: scanner = JSONScanner(recordByteCountMax: byteCountMax)
        case .csv:
            scanner = CSVScanner(
                delimiter: options.delimiter, columns: options.columns, recordByteCountMax: byteCountMax, foreign: TextCharset.notUTF8(charset: options.charset))
        case .xml: scanner = WholeScanner(recordByteCountMax: byteCountMax)
        }
    }

    /// The records of an envelope: a document of each, with what stands around all of them.
    ///
    /// - Parameter surroundings: of the same file, where the type's paths reach there; else a record has what stands before it.
    package init(_ envelope: RecordEnvelope, _ options: Options = Options(), _ surroundings: EnvelopeSurroundings? = nil) {
        self.init(envelope, options, use: surroundings.map { .known($0) } ?? .none)
    }

    /// Gives no records: `surroundings` has what stands around them once the file has ended.
    ///
    /// - Parameter sought: `EnvelopeReach.surroundings`.
    package init(surroundingsOf envelope: RecordEnvelope, _ options: Options = Options(), seeking sought: EnvelopeSeeking) {
        self.init(envelope, options, use: .collected(EnvelopeSurroundings(seeking: sought)))
    }

    private init(_ envelope: RecordEnvelope, _ options: Options, use: SurroundingsUse) {
        self.init(envelope.form, options)
        scanner = envelope.scanner(recordByteCountMax: options.recordByteCountMax, use)
        (isWhole, isXMLEnvelope) = (false, envelope.form == .xml)
    }

    /// An envelope that is read as one record, no longer than a record may be.
    ///
    /// - Parameter reason: why, as a clause.
    package init(whole form: RecordForm, _ options: Options, reason: String) {
        self.init(form, options)
        scanner = WholeScanner(recordByteCountMax: options.recordByteCountMax, reason: reason)
    }

    /// What a reading made by `init(surroundingsOf:)` has found; nil for any other.
    package var surroundings: EnvelopeSurroundings? {
        let use = (scanner as? JSONEnvelopeScanner)?.surroundings ?? (scanner as? XMLEnvelopeScanner)?.surroundings
        if case .collected(let found) = use { return found }
        return nil
    }

    /// Of zstd's window: 32 MiB. Files made with --ultra and --long may want more, which is the memory of the store.
    private static let windowLogMax: Int32 = 25

    /// The first row of a CSV file, once it is known, without its line end.
    package var csvHeader: [UInt8]? { (scanner as? CSVScanner)?.header }

    /// As it was given.
    package var csvDelimiter: UInt8 { options.delimiter }

    /// Bytes so far, once decoded.
    package var byteCount: Int { offset }

    package var coding: StreamCoding? { options.coding }

    /// What stands around the records by now, and comes in the document of each, in bytes.
    package var surroundingByteCount: Int { scanner.surroundingByteCount }

    /// Takes the next bytes of the file as it was sent, and gives out the records that are whole by now.
    ///
    /// - Throws: `RecordFileError` where nothing more can be read, and what `take` throws.
    package mutating func add(_ bytes: UnsafeRawBufferPointer, _ take: (StreamRecord) throws -> Void) throws {
        guard let decompressor else { return try scan(bytes, take) }
        do {
            // A little at a time: what comes out may be a thousand times as long.
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + Self.sliceByteCount)
                try decompressor.decompress(bytes.part(start..<end)) { try scan($0, take) }
                start = end
            }
        } catch let error as PageError {
            throw broken(error)
        }
    }

    private func broken(_ error: PageError) -> RecordFileError { RecordFileError(.badEncoding, "the compressed file is broken: \(error)", offset: offset) }

    /// Decompresses the next bytes of the file as it was sent, and looks at nothing: in place of `add`, for whoever bounds what one call of `add(decoded:)` gives out.
    package func decoded(_ bytes: [UInt8]) throws -> [UInt8] {
        guard let decompressor else { return bytes }
        var plain: [UInt8] = []
        do {
            try bytes.withUnsafeBytes { try decompressor.decompress($0) { plain.append(contentsOf: $0) } }
        } catch let error as PageError {
            throw broken(error)
        }
        return plain
    }

    /// Takes what `decoded` has given, all or a part of it.
    package mutating func add(decoded bytes: UnsafeRawBufferPointer, _ take: (StreamRecord) throws -> Void) throws { try scan(bytes, take) }

    package mutating func add(_ bytes: [UInt8], _ take: (StreamRecord) throws -> Void) throws {
        try bytes.withUnsafeBytes { try add($0, take) }
    }

    private static let sliceByteCount = 64 << 10

    /// The file ends here.
    package mutating func finish(_ take: (StreamRecord) throws -> Void) throws {
        do {
            try decompressor?.finish()
        } catch {
            throw RecordFileError(.badEncoding, "the compressed file is cut short", offset: offset)
        }
        if let head {
            self.head = nil
            try head.withUnsafeBytes { try begin($0, take) }
        }
        if let transcoder { try transcoder.finish { try feedText($0, take) } }
        var scanner = takeScanner()
        defer { self.scanner = scanner }
        try scanner.finish(at: offset) { try emit($0, take) }
    }

    /// Takes decoded bytes: the first few are held until they say whether they are a mark.
    private mutating func scan(_ bytes: UnsafeRawBufferPointer, _ take: (StreamRecord) throws -> Void) throws {
        guard bytes.count <= options.byteCountMax - decodedByteCount else {
            throw RecordFileError(.tooLarge, "the file is longer than \(options.byteCountMax) bytes once it is decoded", offset: offset)
        }
        decodedByteCount += bytes.count
        guard var first = head else { return try feed(bytes, take) }
        // A mark has at most three bytes, which may come one by one; a declaration of XML has more.
        let wanted = isXMLEnvelope ? XMLEncoding.headByteCount : 4
        first.append(contentsOf: bytes)
        head = first.count < wanted ? first : nil
        if first.count >= wanted { try first.withUnsafeBytes { try begin($0, take) } }
    }

    /// Passes over a byte order mark of UTF-8, and says what the others are.
    private mutating func begin(_ bytes: UnsafeRawBufferPointer, _ take: (StreamRecord) throws -> Void) throws {
        if isXMLEnvelope || charset != nil { return try beginEncoded(bytes, take) }
        if !isWhole {
            let isWide = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
            if isWide { throw RecordFileError(.badEncoding, "the file is in UTF-16 or UTF-32; UTF-8 is wanted", offset: 0) }
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
                offset = 3
                return try feed(bytes.part(3..<bytes.count), take)
            }
        }
        try feed(bytes, take)
    }

    /// By mark and declaration, or by what is said of the file.
    private func encoding(of bytes: UnsafeRawBufferPointer) throws(DocumentError) -> (encoding: String?, bomByteCount: Int) {
        guard let charset else { return try XMLEncoding.encoding(of: bytes) }
        return try TextCharset.encoding(of: bytes, charset: charset)
    }

    /// Chooses the encoding.
    private mutating func beginEncoded(_ bytes: UnsafeRawBufferPointer, _ take: (StreamRecord) throws -> Void) throws {
        do throws(DocumentError) {
            let (encoding, markByteCount) = try encoding(of: bytes)
            offset = markByteCount
            transcoder = try encoding.map { name throws(DocumentError) in try TextTranscoder(from: name) }
            if let encoding, var scanner = scanner as? CSVScanner {
                scanner.foreign = "not \(encoding)"
                self.scanner = scanner
            }
        } catch {
            throw RecordFileError(Fault(error))
        }
        if transcoder != nil, var scanner = scanner as? XMLEnvelopeScanner {
            scanner.isTranscoded = true
            self.scanner = scanner
        }
        try feed(bytes.part(offset..<bytes.count), take)
    }

    /// Takes bytes of the file's encoding.
    private mutating func feed(_ bytes: UnsafeRawBufferPointer, _ take: (StreamRecord) throws -> Void) throws {
        guard let transcoder else { return try feedText(bytes, take) }
        try transcoder.convert(bytes) { try feedText($0, take) }
        // Of what comes to no text, as shifts between alphabets, there may be any number; a byte of text may have been four.
        let byteCountMax = max(endlessByteCount, options.recordByteCountMax).multipliedSaturating(by: 4)
        guard decodedByteCount - lastDecodedEnd <= byteCountMax else { throw endless(byteCountMax) }
    }

    private func endless(_ byteCountMax: Int) -> RecordFileError {
        RecordFileError(.tooLarge, "no record ends within \(byteCountMax) bytes: this is no file of records", offset: offset)
    }

    /// Takes bytes of UTF-8, in which offsets count.
    private mutating func feedText(_ bytes: UnsafeRawBufferPointer, _ take: (StreamRecord) throws -> Void) throws {
        var scanner = takeScanner()
        defer { self.scanner = scanner }
        let countBefore = recordCount
        try scanner.scan(bytes, at: offset) { try emit($0, take) }
        offset += bytes.count
        if recordCount > countBefore { (lastEnd, lastDecodedEnd) = (offset, decodedByteCount) }
        let byteCountMax = max(endlessByteCount, options.recordByteCountMax)
        guard offset - lastEnd <= byteCountMax else { throw endless(byteCountMax) }
    }

    /// The scanner for the time of a call: a second holder of it would copy what it holds.
    private mutating func takeScanner() -> any RecordScanner {
        let taken = scanner
        scanner = NoScanner()
        return taken
    }

    /// Numbers a record, and gives it out unless it was taken before.
    private mutating func emit(_ record: RawRecord, _ take: (StreamRecord) throws -> Void) throws {
        // Those that were taken before count, too: a file ends at the same record, wherever its reading goes on.
        documentByteCount = documentByteCount.addingSaturating(record.bytes?.count ?? 0).addingSaturating(record.header?.count ?? 0)
        let share = record.header == nil ? Self.documentShare : Self.rowShare
        let documentByteCountMax = Self.documentByteCountMax(documentByteCountMin, at: record.endOffset, share: share)
        guard documentByteCount <= documentByteCountMax else {
            throw RecordFileError(
                .tooLarge,
                "what stands around the records is read with each of them, and \(recordCount + 1) come to more than \(documentByteCountMax) bytes so: cut the file into several, or let less stand around its records",
                offset: record.endOffset)
        }
        recordCount += 1
        guard recordCount > options.recordCountPassed else { return }
        let content: StreamRecord.Content
        if let refusal = record.refusal {
            content = .refused(refusal)
        } else if let bytes = record.bytes {
            content = .whole(bytes)
        } else {
            content = .refused(Fault(.tooLarge, "a record of \(record.byteCount) bytes; \(options.recordByteCountMax) are allowed"))
        }
        try take(StreamRecord(number: recordCount, endOffset: record.endOffset, content: content, header: record.header))
    }
}

/// Stands where the scanner is lent from.
private struct NoScanner: RecordScanner {
    func scan(_ piece: UnsafeRawBufferPointer, at offset: Int, _ sink: RecordSink) {}
    func finish(at offset: Int, _ sink: RecordSink) {}
}

/// A file that is one record.
struct WholeScanner: RecordScanner {
    private var gatherer: RecordGatherer
    private let reason: String?

    /// - Parameter reason: why an envelope is read as one, as a clause; the file is refused where it is too long, else the record.
    init(recordByteCountMax: Int, reason: String? = nil) {
        self.reason = reason
        gatherer = RecordGatherer(byteCountMax: recordByteCountMax)
    }

    mutating func scan(_ piece: UnsafeRawBufferPointer, at offset: Int, _ sink: RecordSink) throws {
        gatherer.carry(piece)
        guard let reason, gatherer.byteCount > gatherer.byteCountMax else { return }
        throw RecordFileError(
            .tooLarge, "\(reason), so that the file is read as one document, of which more than \(gatherer.byteCountMax) bytes are not allowed",
            offset: offset + piece.count)
    }

    mutating func finish(at offset: Int, _ sink: RecordSink) throws {
        guard offset > 0 else { return }
        try gatherer.finish(UnsafeRawBufferPointer(start: nil, count: 0)) { bytes, byteCount in try sink(RawRecord(bytes, byteCount, offset, nil)) }
    }
}
