@testable import ColumnStore
import TestSupport
import XCTest

/// Goal: strings that build on those before them come back whole behind any that were passed over, of which only the last is made.
///
/// Method: ascending ids, long and short values and empty ones, taken and passed over by turns; prefixes and rests that cannot be.
final class DeltaByteArrayTests: XCTestCase {
    private func page(_ values: [[UInt8]]) throws -> [UInt8] {
        var arrays = ByteArrays()
        for value in values { arrays.append(value) }
        var bytes: [UInt8] = []
        try arrays.offsets.withUnsafeBufferPointer { (offsets) throws(PageError) in
            try arrays.bytes.withUnsafeBufferPointer { (part) throws(PageError) in
                try ValueEncoding.deltaByteArray.encoder.encode(offsets: offsets, bytes: part, into: &bytes)
            }
        }
        return bytes
    }

    private func decoder(_ page: UnsafeRawBufferPointer, _ count: Int) throws -> any PageValueDecoder {
        try ValueEncoding.decoder(.deltaByteArray, of: PaddedPage.source(page, .byteArray, valueCount: count))
    }

    func test_skip_ofAnyValues_leavesThoseBehindWhole() throws {
        var random = SplitMix64(state: 0xDE17A)
        var kinds: [[[UInt8]]] = [[], [], [], []]
        for row in 0..<300 {
            // Each shares with the one before what others before that brought.
            kinds[0].append(Array("R-\(1_000_000 + row * 37)".utf8))
            // Longer than what is copied at once, and shorter ones between.
            let first = row % 4 == 0 ? ", first" : ""
            kinds[1].append(Array("receipt of a client with a long name, number \(row / 3)\(first)".utf8))
            let length = Int(random.next() % 40)
            kinds[2].append((0..<length).map { _ in UInt8(random.next() % 2) })
            kinds[3].append(row % 5 == 2 ? [] : [1, 2, 3])
        }
        for values in kinds {
            try PaddedPage.read(try page(values)) { bytes in
                for step in [1, 2, 7, 90, 299] {
                    var decoder = try decoder(bytes, values.count)
                    var row = 0
                    while row < values.count {
                        let skipped = min(Int(random.next() % UInt64(step + 1)), values.count - row)
                        try decoder.skip(skipped)
                        row += skipped
                        let taken = min(Int(random.next() % UInt64(step + 1)), values.count - row)
                        var arrays = ByteArrays()
                        try decoder.appendByteArrays(taken, offsets: &arrays.offsets, bytes: &arrays.bytes)
                        XCTAssertEqual((0..<arrays.count).map { Array(arrays[$0]) }, Array(values[row..<row + taken]), "from \(row), steps of \(step)")
                        row += taken
                    }
                    XCTAssertThrowsError(try decoder.skip(1), "there are no more")
                }
            }
        }
    }

    /// Prefixes 0 and 3 of the values "ab", of two bytes, and then "c": more is shared than there is.
    func test_skip_ofAPrefixThatCannotBe_isRefused() throws {
        var bytes: [UInt8] = []
        for lengths in [[0, 3], [2, 1]] as [[Int32]] {
            try lengths.withUnsafeBufferPointer { (lengths) throws(PageError) in try ValueEncoding.deltaBinaryPacked.encoder.encode(lengths, into: &bytes) }
        }
        bytes += Array("abc".utf8)
        try PaddedPage.read(bytes) { page in
            var decoder = try decoder(page, 2)
            XCTAssertThrowsError(try decoder.skip(2)) { XCTAssertEqual($0 as? PageError, .outOfRange("a shared prefix's length", value: 3)) }
            try decoder.skip(1)
            XCTAssertThrowsError(try decoder.skip(1))
        }
    }
}
