import ColumnStore
import TestSupport
import XCTest

/// Goal: a stream is whole exactly where its last member or frame is, whatever its length and however it is cut. Method: lengths around the room that pieces come in, streams whole, byte by
/// byte, and cut short.
final class StreamCodecTests: XCTestCase {
    private static let room = 64 << 10

    private static func sample(_ count: Int) -> [UInt8] {
        var random = SplitMix64(state: UInt64(count))
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() % 7) }
    }

    /// - Parameter pieceByteCount: bytes that are handed over at a time.
    private func undone(_ bytes: [UInt8], _ coding: StreamCoding, pieceByteCount: Int) throws -> [UInt8] {
        let decompressor = StreamDecompressor(coding)
        var plain: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: pieceByteCount) {
            let piece = Array(bytes[start..<min(start + pieceByteCount, bytes.count)])
            try piece.withUnsafeBytes { piece in try decompressor.decompress(piece) { plain += Array($0) } }
        }
        try decompressor.finish()
        return plain
    }

    func test_streams_ofLengthsAroundTheRoom_areWhole() throws {
        for coding in StreamCoding.allCases {
            for count in [0, 1, Self.room - 1, Self.room, Self.room + 1, 2 * Self.room, 3 * Self.room, 4 * Self.room + 1] {
                let sample = Self.sample(count)
                let packed = StreamCompressor(coding).compress(sample, isLast: true)
                for pieceByteCount in [max(packed.count, 1), 1_000] {
                    XCTAssertEqual(try undone(packed, coding, pieceByteCount: pieceByteCount), sample, "\(coding), \(count) bytes, by \(pieceByteCount)")
                }
                // Another one behind it.
                XCTAssertEqual(try undone(packed + packed, coding, pieceByteCount: 2 * packed.count), sample + sample, "\(coding), twice \(count) bytes")
            }
        }
    }

    func test_streams_thatAreCutShort_areNot() throws {
        for coding in StreamCoding.allCases {
            for count in [1, Self.room, 2 * Self.room] {
                let packed = StreamCompressor(coding).compress(Self.sample(count), isLast: true)
                for cut in [1, 4, packed.count / 2] where cut < packed.count {
                    XCTAssertThrowsError(try undone(Array(packed.dropLast(cut)), coding, pieceByteCount: packed.count), "\(coding), \(count) bytes without \(cut)")
                }
                XCTAssertThrowsError(try undone(packed + packed.prefix(5), coding, pieceByteCount: 2 * packed.count), "\(coding), and the beginning of another")
            }
        }
    }
}
