package import ColumnStore
import Documents
import Glibc
import Processes

/// The records of an upload's file as values, page by page: what a Map goes over. Records that cannot be read are left out: the upload's feedback has them.
///
/// A record of JSON is its value, a row of CSV an object of texts by the header's names, blanks left out, an element of XML its text.
///
/// Proof that it may go from thread to thread: it has one owner at a time.
package final class UploadRecords: @unchecked Sendable {
    /// Owned: closed when it is let go of.
    private let file: Int32
    private var stream: RecordStream
    private let form: RecordForm
    private let delimiter: UInt8
    /// Read, and not given out yet.
    private var ready: ArraySlice<JSONValue> = []
    private var isAtEnd = false
    /// Read of the file, and not unpacked yet.
    private var packed: ArraySlice<UInt8> = []
    /// Values given out so far.
    package private(set) var count = 0

    /// Packed bytes may come out ten thousand times as long: of so many less than a megabyte does, of which all values are held.
    private static let packedPieceByteCount = 64
    private static let pieceByteCount = 256 << 10

    /// - Throws: `not-found` where the file is not here any more, `upload-closed` where it has not come.
    init(_ upload: Upload, _ uploads: Uploads) throws {
        guard upload.state != .new else { throw Fault(.uploadClosed, "the file of the upload \(upload.id) has not come yet") }
        let opened = open(uploads.filePath(upload.id), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard opened >= 0 else { throw Fault(.notFound, "the file of the upload \(upload.id) is kept for \(uploads.options.fileDays) days, and gone") }
        var first = [UInt8](repeating: 0, count: 64 << 10)
        let known = first.withUnsafeMutableBytes { pread(opened, $0.baseAddress, $0.count, 0) }
        do {
            // Where no type is named its columns are members, whatever types know of them.
            let (stream, form, _) = try UploadForm.stream(of: upload, first: Array(first.prefix(max(0, known))), passed: 0, uploads, knownTypes: [])
            (self.stream, self.form, delimiter) = (stream, form, stream.csvDelimiter)
        } catch {
            close(opened)
            if let error = error as? RecordFileError { throw error.fault }
            throw error
        }
        file = opened
        isPacked = StreamCoding.of(first: first) != nil
    }

    private let isPacked: Bool

    /// Values that were read and not given out.
    var heldCount: Int { ready.count }

    deinit { close(file) }

    /// The next values: at most `countMax`, and no more than `byteCountMax` of them as JSON, but one at least.
    ///
    /// - Throws: what is wrong with the file as a whole.
    /// - Returns: `isLast` where nothing follows, for which one value more is read than is given out.
    package func page(countMax: Int, byteCountMax: Int) throws -> (items: [JSONValue], isLast: Bool) {
        var items: [JSONValue] = []
        var byteCount = 0
        while items.count < countMax, let next = try peek() {
            byteCount += next.serialized.count
            if byteCount > byteCountMax, !items.isEmpty { break }
            items.append(next)
            ready.removeFirst()
            count += 1
        }
        return (items, try peek() == nil)
    }

    /// Passes over values up to this one.
    /// A file cannot be entered in its middle: all before is read and let go of.
    ///
    /// - Complexity: O(the file's bytes up to there).
    package func skip(to wanted: Int) throws {
        while count < wanted, try peek() != nil {
            ready.removeFirst()
            count += 1
        }
    }

    /// The next value, which stays. Values of one piece of the file are held.
    private func peek() throws -> JSONValue? {
        while ready.isEmpty, !isAtEnd {
            var found: [JSONValue] = []
            let take: (StreamRecord) -> Void = { [form, delimiter] record in
                if let value = Self.value(of: record, form, delimiter) { found.append(value) }
            }
            do {
                let piece = try nextPiece()
                isAtEnd = piece.isEmpty
                if piece.isEmpty { try stream.finish(take) } else { try stream.add(piece, take) }
            } catch let error as RecordFileError {
                throw error.fault
            }
            ready = found[...]
        }
        return ready.first
    }

    /// The next bytes for `stream`; none at the end of the file.
    private func nextPiece() throws -> [UInt8] {
        guard isPacked else { return try read() }
        if packed.isEmpty { packed = try read()[...] }
        defer { packed = packed.dropFirst(Self.packedPieceByteCount) }
        return Array(packed.prefix(Self.packedPieceByteCount))
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
    private static func value(of record: StreamRecord, _ form: RecordForm, _ delimiter: UInt8) -> JSONValue? {
        guard case .whole(let bytes) = record.content else { return nil }
        switch form {
        case .json, .lines: return try? ValueLimits.parse(Array(bytes))
        case .xml: return String(validating: bytes, as: UTF8.self).map { .string($0) }
        case .csv:
            let text = (record.header ?? []) + [0x0A] + Array(bytes)
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
