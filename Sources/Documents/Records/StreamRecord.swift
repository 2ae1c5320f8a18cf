/// One record of a file.
package struct StreamRecord {
    package enum Content {
        /// A JSON value, a row of CSV without its line end, or a document around one element: lent for the call.
        case whole(UnsafeRawBufferPointer)
        /// What it cannot be taken for; the file goes on behind it.
        case refused(Fault)
    }

    /// From 1, in the file's order; blank lines are none.
    package let number: Int
    /// Behind the record, in bytes of the file once it is decoded.
    package let endOffset: Int
    package let content: Content
    /// A CSV file's first row, without its line end.
    package let header: [UInt8]?
}

/// Why nothing more can be read from a file: what came before stands.
package struct RecordFileError: Error, Sendable {
    package var fault: Fault

    package init(_ fault: Fault) { self.fault = fault }

    init(_ code: Fault.Code, _ detail: String, _ violation: String? = nil, offset: Int) {
        let place = "\(detail) (byte \(offset))"
        fault = Fault(code, place, errors: violation.map { [.init(pointer: "", code: $0, message: place)] } ?? [])
    }
}

/// A record as a scanner finds it.
struct RawRecord {
    /// Nil where the record is too long, or nothing but a fault.
    let bytes: UnsafeRawBufferPointer?
    let byteCount: Int
    let endOffset: Int
    let refusal: Fault?
    let header: [UInt8]?

    init(_ bytes: UnsafeRawBufferPointer?, _ byteCount: Int, _ endOffset: Int, _ refusal: Fault?, _ header: [UInt8]? = nil) {
        (self.bytes, self.byteCount, self.endOffset, self.refusal, self.header) = (bytes, byteCount, endOffset, refusal, header)
    }
}

/// What a scanner gives each record to.
typealias RecordSink = (RawRecord) throws -> Void

/// Cuts decoded bytes into records, in pieces of any size. It holds one record at most.
protocol RecordScanner {
    /// Looks at the next bytes of the file, which begin at `offset`.
    mutating func scan(_ piece: UnsafeRawBufferPointer, at offset: Int, _ sink: RecordSink) throws
    /// The file ends at `offset`.
    mutating func finish(at offset: Int, _ sink: RecordSink) throws
    /// What stands around the records by now, and comes in the document of each, in bytes.
    var surroundingByteCount: Int { get }
}

extension RecordScanner {
    /// A record comes as it is.
    var surroundingByteCount: Int { 0 }
}

extension UnsafeRawBufferPointer {
    /// - Precondition: `range` lies within.
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }
}
