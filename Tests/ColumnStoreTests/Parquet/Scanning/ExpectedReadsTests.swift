@testable import ColumnStore
import Synchronization
import TestSupport
import XCTest

/// Goal: the disk works while pages are decoded, and reads nothing that nobody wants. Method: a file that notes what is announced and what is read.
final class ExpectedReadsTests: XCTestCase {
    private final class NotingBytes: RandomAccessBytes {
        private let inner: any RandomAccessBytes
        private let notes = Mutex<[(isRead: Bool, range: Range<Int64>)]>([])

        init(_ inner: any RandomAccessBytes) { self.inner = inner }

        var name: String { inner.name }
        var byteCount: Int64 { inner.byteCount }
        func taken() -> [(isRead: Bool, range: Range<Int64>)] {
            notes.withLock { notes in
                defer { notes = [] }
                return notes
            }
        }

        func expect(_ range: Range<Int64>) { notes.withLock { $0.append((false, range)) } }

        func read(at offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(ColumnStoreError) {
            notes.withLock { $0.append((true, offset..<(offset + Int64(target.count)))) }
            try inner.read(at: offset, into: target)
        }
    }

    private func open(readByteCount: Int) throws -> (NotingBytes, ParquetFile) {
        let table = RandomTable(batchRowCounts: [6_000], seed: 23)
        let image = try ParquetScanTests.image(table) {
            $0.rowGroupRowCount = 3_000
            $0.pageRowCount = 150
            $0.codec = .uncompressed
        }
        let bytes = NotingBytes(MemoryBytes(image, name: "image"))
        return (bytes, try ParquetFile(bytes, options: ParquetReadOptions(readByteCountTarget: readByteCount)))
    }

    private func count(_ notes: [(isRead: Bool, range: Range<Int64>)], isRead: Bool) -> Int {
        notes.filter { $0.isRead == isRead }.reduce(0) { $0 + $1.range.count }
    }

    func test_smallChunks_areAnnouncedBeforeTheFirstIsRead() throws {
        let (bytes, file) = try open(readByteCount: 16 << 20)
        let scan = try file.scan(ParquetScanRequest(projection: ["key", "lines", "blob"]))
        _ = bytes.taken()
        let reader = try scan.reader(rowGroup: 0)
        let announced = bytes.taken()
        XCTAssertEqual(count(announced, isRead: true), 0)
        while try reader.next() != nil {}
        let read = bytes.taken().filter(\.isRead).map(\.range)
        XCTAssertFalse(read.isEmpty)
        XCTAssertEqual(Set(read), Set(announced.map(\.range)))
    }

    func test_largeChunks_areAnnouncedWindowByWindow_andNoByteBeyondThem() throws {
        let (bytes, file) = try open(readByteCount: 16 << 10)
        for rowGroup in 0..<2 {
            let reader = try file.scan().reader(rowGroup: rowGroup)
            _ = bytes.taken()
            while try reader.next() != nil {}
            let notes = bytes.taken()
            let (read, announced) = (count(notes, isRead: true), count(notes, isRead: false))
            XCTAssertGreaterThan(announced, read / 3)
            XCTAssertLessThanOrEqual(announced, read)
            XCTAssertLessThanOrEqual(notes.map(\.range.upperBound).max() ?? .max, file.bytes.byteCount)
        }
    }

    func test_rowsOfFewPages_announceThoseAlone() throws {
        let (bytes, file) = try open(readByteCount: 16 << 20)
        let scan = try file.scan(ParquetScanRequest(projection: ["blob"]))
        _ = bytes.taken()
        let reader = try scan.reader(ScanPart(rowGroup: 0, rows: 0..<150))
        while try reader.next() != nil {}
        let few = count(bytes.taken(), isRead: false)
        let whole = try scan.reader(rowGroup: 0)
        while try whole.next() != nil {}
        XCTAssertLessThan(few, count(bytes.taken(), isRead: false) / 10)
    }
}
