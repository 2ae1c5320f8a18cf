package import ColumnStore
import Documents
import Glibc
import Processes

/// The records of an upload's file as values, page by page: what a Map goes over. Records that cannot be read are left out: the upload's feedback has them.
///
/// A record of JSON is its value, a row of CSV an object of texts by the header's names, blanks left out, an element of XML its text.
///
/// However the file is packed, and whatever stands around its records, no more of them is held than `heldByteCountMax` and one record, as bytes: a value, which takes many times as much,
/// is made as it is given out.
///
/// Proof that it may go from thread to thread: it has one owner at a time.
package final class UploadRecords: @unchecked Sendable {
    /// Owned: closed when it is let go of.
    private let file: Int32
    private var stream: RecordStream
    private let form: RecordForm
    private let delimiter: UInt8
    private let isPacked: Bool

    /// A record's bytes, and of CSV the file's header, which all share.
    private struct Held {
        let bytes: [UInt8]
        let header: [UInt8]?
    }

    /// Read, and no values yet.
    private var ready: ArraySlice<Held> = []
    /// The value that is given out next.
    private var next: JSONValue?
    private var isAtEnd = false
    /// Read of the file, and not unpacked yet.
    private var packed: ArraySlice<UInt8> = []
    /// Unpacked, and not looked at yet.
    private var plain: ArraySlice<UInt8> = []
    /// Values given out so far.
    package private(set) var count = 0

    /// Packed bytes may come out thirty thousand times as long: so many come to some megabytes at most.
    private static let packedPieceByteCount = 64
    private static let pieceByteCount = 256 << 10
    /// Of records that are held, each with what stands around it.
    static let heldByteCountMax = 16 << 20
    /// Of the file, looked at at once where little stands around its records: what these bytes add to that comes with all records that end in them.
    private static let stepByteCount = 4_096

    /// - Throws: `not-found` where the file is not here any more, `upload-closed` where it has not come.
    init(_ upload: Upload, _ uploads: Uploads) throws {
        guard upload.state != .new else { throw Fault(.uploadClosed, "the file of the upload \(upload.id) has not come yet") }
        let opened = open(uploads.filePath(upload.id), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard opened >= 0 else { throw Fault(.notFound, "the file of the upload \(upload.id) is kept for \(uploads.options.fileDays) days, and gone") }
        do {
            // Where no type is named its columns are members, whatever types know of them.
            let (stream, form, _) = try UploadForm.stream(of: upload, first: try UploadForm.first(of: opened), passed: 0, uploads, knownTypes: [])
            (self.stream, self.form, delimiter, isPacked) = (stream, form, stream.csvDelimiter, stream.coding != nil)
        } catch {
            close(opened)
            if let error = error as? RecordFileError { throw error.fault }
            throw error
        }
        file = opened
    }

    /// Records that were read and not given out.
    var heldCount: Int { ready.count + (next == nil ? 0 : 1) }
    var heldByteCount: Int { ready.reduce(0) { $0 + $1.bytes.count } }

    deinit { close(file) }

    /// The next values: at most `countMax`, and no more than `byteCountMax` of them as JSON, but one at least.
    ///
    /// - Parameter heed: called again and again while the file is read; throws where nobody wants the page any more.
    /// - Throws: what is wrong with the file as a whole, and what `heed` throws.
    /// - Returns: `isLast` where nothing follows, for which one value more is read than is given out.
    package func page(countMax: Int, byteCountMax: Int, heed: () throws -> Void = {}) throws -> (items: [JSONValue], isLast: Bool) {
        var items: [JSONValue] = []
        var byteCount = 0
        while items.count < countMax, let value = try peek(heed) {
            byteCount += value.serialized.count
            if byteCount > byteCountMax, !items.isEmpty { break }
            items.append(value)
            pass()
        }
        return (items, try peek(heed) == nil)
    }

    /// Passes over values up to this one.
    /// A file cannot be entered in its middle: all before is read and let go of.
    ///
    /// - Complexity: O(the file's bytes up to there).
    /// - Parameter heed: as of `page`.
    package func skip(to wanted: Int, heed: () throws -> Void = {}) throws {
        while count < wanted, try peek(heed) != nil { pass() }
    }

    private func pass() {
        next = nil
        count += 1
    }

    /// The next value, which stays.
    private func peek(_ heed: () throws -> Void) throws -> JSONValue? {
        while next == nil {
            if let record = ready.popFirst() {
                next = Self.value(of: record, form, delimiter)
            } else {
                if isAtEnd { break }
                try heed()
                try step(heed)
            }
        }
        return next
    }

    /// Looks at a little more of the file, or at its end: a record has two bytes at least, so that few enough come of it.
    private func step(_ heed: () throws -> Void) throws {
        var found: [Held] = []
        let take: (StreamRecord) -> Void = { record in
            if case .whole(let bytes) = record.content { found.append(Held(bytes: Array(bytes), header: record.header)) }
        }
        do {
            if plain.isEmpty { plain = try nextPlain(heed)[...] }
            isAtEnd = plain.isEmpty
            if isAtEnd {
                try stream.finish(take)
            } else {
                let byteCount = max(1, min(Self.stepByteCount, Self.heldByteCountMax / (stream.surroundingByteCount + 1)))
                let part = plain.prefix(byteCount)
                plain = plain.dropFirst(part.count)
                try part.withUnsafeBytes { try stream.add(decoded: $0, take) }
            }
        } catch let error as RecordFileError {
            throw error.fault
        }
        ready = found[...]
    }

    /// The next bytes for `stream`, unpacked; none at the end of the file.
    private func nextPlain(_ heed: () throws -> Void) throws -> [UInt8] {
        guard isPacked else { return try read() }
        while true {
            if packed.isEmpty { packed = try read()[...] }
            if packed.isEmpty { return [] }
            let piece = Array(packed.prefix(Self.packedPieceByteCount))
            packed = packed.dropFirst(piece.count)
            let unpacked = try stream.decoded(piece)
            if !unpacked.isEmpty { return unpacked }
            // Of some pieces nothing comes.
            try heed()
        }
    }

    private func read() throws -> [UInt8] {
        while true {
            var code: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: Self.pieceByteCount) { room, count in
                let read = Glibc.read(file, room.baseAddress, room.count)
                code = read < 0 ? errno : 0
                count = max(0, read)
            }
            if code == EINTR { continue }
            guard code == 0 else { throw Fault(.internalError, "the upload's file cannot be read", cause: "error \(code)") }
            return bytes
        }
    }

    /// Nil for one that cannot be read.
    private static func value(of record: Held, _ form: RecordForm, _ delimiter: UInt8) -> JSONValue? {
        switch form {
        case .json, .lines: return try? ValueLimits.parse(record.bytes)
        case .xml: return String(validating: record.bytes, as: UTF8.self).map { .string($0) }
        case .csv:
            let text = (record.header ?? []) + [0x0A] + record.bytes
            return text.withUnsafeBytes { row($0, delimiter) }
        }
    }

    private static func row(_ text: UnsafeRawBufferPointer, _ delimiter: UInt8) -> JSONValue? {
        guard var reader = try? CSVReader(text, delimiter: delimiter), let record = (try? reader.nextRecord()) ?? nil else { return nil }
        let members = zip(reader.names, record.fields).compactMap { name, field -> JSONValue.Member? in
            if field.isBlank { return nil }
            return JSONValue.Member(String(decoding: name, as: UTF8.self), .string(String(decoding: reader.text(of: field), as: UTF8.self)))
        }
        return .object(members)
    }
}

extension Uploads {
    /// - Throws: not-found, also for another's; upload-closed.
    package func records(of id: String, as principal: Principal) throws -> UploadRecords { try UploadRecords(try upload(id, as: principal), self) }
}
