import ColumnStore
import TestSupport
import XCTest

/// Goal: each codec gives back what went in, and refuses every damaged page or wrong length without a crash.
final class CodecTests: XCTestCase {
    static let codecs: [CompressionCodec] = [.uncompressed, .snappy, .gzip, .brotli, .lz4, .zstd, .lz4Raw]

    static func sample(_ count: Int) -> [UInt8] {
        var random = SplitMix64(state: UInt64(count))
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next() % 7) }
    }

    private func inflate(
        _ codec: CompressionCodec, _ bytes: [UInt8], _ count: Int, _ decompressor: PageDecompressor
    ) throws -> [UInt8] {
        var target = [UInt8](repeating: 0xAA, count: count)
        try target.withUnsafeMutableBytes { target in
            try bytes.withUnsafeBytes { try decompressor.decompress(codec, $0, into: target) }
        }
        return target
    }

    func test_eachCodec_eachLength_goesRound() throws {
        let decompressor = PageDecompressor()
        for codec in Self.codecs {
            let compressor = try PageCompressor(codec)
            for count in [0, 1, 2, 100, 65_536, 300_000] {
                let sample = Self.sample(count)
                var compressed: [UInt8] = [1, 2, 3]
                let appended = try sample.withUnsafeBytes { try compressor.compress($0, appendingTo: &compressed) }
                XCTAssertEqual(appended, compressed.count - 3)
                let body = Array(compressed[3...])
                XCTAssertEqual(try inflate(codec, body, count, decompressor), sample, "\(codec), \(count) bytes")
                XCTAssertThrowsError(try inflate(codec, body, count + 1, decompressor), "\(codec), \(count) + 1")
                if count > 0 {
                    XCTAssertThrowsError(try inflate(codec, body, count - 1, decompressor), "\(codec), \(count) - 1")
                }
            }
        }
    }

    func test_eachCodec_truncatedOrMutated_neverCrashes() throws {
        let decompressor = PageDecompressor()
        let sample = Self.sample(5_000)
        var random = SplitMix64(state: 0xC0DEC)
        for codec in Self.codecs where codec != .uncompressed {
            var compressed: [UInt8] = []
            let compressor = try PageCompressor(codec)
            try sample.withUnsafeBytes { _ = try compressor.compress($0, appendingTo: &compressed) }
            for count in 0..<compressed.count where count % 7 == 0 {
                XCTAssertThrowsError(try inflate(codec, Array(compressed[..<count]), sample.count, decompressor), "\(codec)")
            }
            for _ in 0..<300 {
                var mutated = compressed
                mutated[Int(random.next() % UInt64(mutated.count))] ^= UInt8(truncatingIfNeeded: random.next() | 1)
                // Codecs without a checksum may give other bytes; none may crash or write past the target.
                do { _ = try inflate(codec, mutated, sample.count, decompressor) } catch { XCTAssertTrue(error is PageError) }
            }
        }
    }

    func test_unknownCodec_isUnsupported() throws {
        for raw in [3, 8, -1] as [Int32] {
            let codec = CompressionCodec(rawValue: raw)
            XCTAssertThrowsError(try inflate(codec, [1, 2], 2, PageDecompressor())) {
                guard case .unsupported = $0 as? PageError else { return XCTFail("\($0)") }
            }
            XCTAssertThrowsError(try PageCompressor(codec))
        }
    }

    /// Long messages are folded, in lanes of which the last is not full: against one byte after another.
    func test_crc32_eachLengthAndPlace_isThatOfItsBytes() {
        func bitwise(_ bytes: ArraySlice<UInt8>) -> UInt32 {
            var crc = UInt32.max
            for byte in bytes {
                crc ^= UInt32(byte)
                for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB8_8320 }
            }
            return ~crc
        }
        var random = SplitMix64(state: 32)
        let bytes = (0..<5_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for count in Array(0...600) + [1_023, 1_024, 1_025, 4_099, 4_990] {
            let start = Int(random.next() % 10)
            let slice = bytes[start..<start + count]
            let expected = bitwise(slice)
            XCTAssertEqual(slice.withUnsafeBytes { Checksum.crc32($0) }, expected, "\(count) bytes")
            let middle = start + Int(random.next() % UInt64(count + 1))
            let first = bytes[start..<middle].withUnsafeBytes { Checksum.crc32($0) }
            XCTAssertEqual(bytes[middle..<start + count].withUnsafeBytes { Checksum.crc32($0, continuing: first) }, expected, "\(count) bytes in two parts")
        }
    }

    func test_crc32_knownValue() {
        let bytes = Array("123456789".utf8)
        XCTAssertEqual(bytes.withUnsafeBytes { Checksum.crc32($0) }, 0xCBF4_3926)
        let first = bytes[..<4].withUnsafeBytes { Checksum.crc32($0) }
        XCTAssertEqual(bytes[4...].withUnsafeBytes { Checksum.crc32($0, continuing: first) }, 0xCBF4_3926)
    }
}
