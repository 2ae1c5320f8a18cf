import XCTest

@testable import Documents

/// Goal: bytes that come to no text are bytes of the file as all others, and those that come with each record are counted with each. Method: CSV in ISO-2022-JP, whose
/// shifts between alphabets say nothing where the alphabet is chosen already; CSV of a long header and short rows.
final class SilentBytesTests: XCTestCase {
    /// To ASCII, in which the text is.
    private static let shifts = (0..<10_000).flatMap { _ in [0x1B, 0x28, 0x42] as [UInt8] }

    private func fault(byteCountMax: Int = .max, endlessByteCount: Int? = nil, _ pieces: [[UInt8]]) throws -> Fault? {
        var options = RecordStream.Options()
        (options.charset, options.byteCountMax, options.recordByteCountMax) = ("iso-2022-jp", byteCountMax, 1_000)
        var stream = RecordStream(.csv, options)
        if let endlessByteCount { stream.endlessByteCount = endlessByteCount }
        do {
            for piece in pieces { try stream.add(piece) { _ in } }
            try stream.finish { _ in }
        } catch let error as RecordFileError {
            return error.fault
        }
        return nil
    }

    func test_bytesWithoutText_countAsBytesOfTheFile() throws {
        let pieces = [Array("a\n1\n".utf8)] + Array(repeating: Self.shifts, count: 10)
        XCTAssertNil(try fault(pieces)?.detail)
        let found = try fault(byteCountMax: 100_000, pieces)
        XCTAssertEqual(found?.code, .tooLarge)
        XCTAssertEqual(found?.detail.contains("longer than 100000 bytes once it is decoded"), true, found?.detail ?? "taken")
    }

    func test_bytesWithoutText_endAFileInWhichNoRecordEnds() throws {
        let head = Array("a\n1\n".utf8)
        let found = try fault(endlessByteCount: 25_000, [head] + Array(repeating: Self.shifts, count: 10))
        XCTAssertEqual(found?.code, .tooLarge)
        XCTAssertEqual(found?.detail.contains("no record ends within 100000 bytes"), true, found?.detail ?? "taken")
        XCTAssertNil(try fault(endlessByteCount: 25_000, [head] + Array(repeating: Self.shifts + Array("2\n".utf8), count: 10))?.detail)
    }

    // MARK: Headers

    /// - Returns: how many rows of one byte each were taken.
    private func taken(headerByteCount: Int, rowCount: Int) throws -> (count: Int, fault: Fault?) {
        var stream = RecordStream(.csv)
        stream.documentByteCountMin = 1_000
        var count = 0
        do {
            try stream.add(Array((String(repeating: "h", count: headerByteCount) + "\n" + String(repeating: "1\n", count: rowCount)).utf8)) { _ in count += 1 }
            try stream.finish { _ in count += 1 }
        } catch let error as RecordFileError {
            return (count, error.fault)
        }
        return (count, nil)
    }

    func test_header_isCountedWithEachRow_upToItsShareOfTheFile() throws {
        // A row is read as 1,024 bytes, the header with it, and the file has 1,024 + 2 of each: n · 1,024 ≤ 1,000 + 256 · (1,024 + 2n) up to n = 513.
        let long = try taken(headerByteCount: 1_023, rowCount: 2_000)
        XCTAssertEqual(long.count, 513)
        XCTAssertEqual(long.fault?.code, .tooLarge)
        XCTAssertEqual(long.fault?.detail.contains("514 come to more than \(1_000 + 256 * (1_024 + 2 * 514)) bytes"), true, long.fault?.detail ?? "taken")
        // 512 bytes of each row of two are 256 times the file, however many there are.
        let short = try taken(headerByteCount: 511, rowCount: 10_000)
        XCTAssertNil(short.fault?.detail)
        XCTAssertEqual(short.count, 10_000)
    }
}
