@testable import ColumnStore
import TestSupport
import XCTest

/// Every encoding with every type. Goal: what an encoding is for comes back value for value, however it is taken and passed over; all else is refused,
/// and a page that was cut is an error and no trap.
final class ValueEncodingTests: XCTestCase {
    /// Values of a type, as each encoder takes them and as their bytes.
    private struct Sample {
        let type: PhysicalType
        let width: Int
        let count: Int
        let encode: (any PageValueEncoder.Type, inout [UInt8]) throws(PageError) -> Void
        let values: [[UInt8]]
    }

    private static func sample<Number: BitwiseCopyable>(
        _ type: PhysicalType, _ numbers: [Number], _ encode: @escaping (any PageValueEncoder.Type, UnsafeBufferPointer<Number>, inout [UInt8]) throws(PageError) -> Void
    ) -> Sample {
        Sample(
            type: type, width: MemoryLayout<Number>.size, count: numbers.count,
            encode: { (encoder, target) throws(PageError) in
                try numbers.withUnsafeBufferPointer { (numbers) throws(PageError) in try encode(encoder, numbers, &target) }
            }, values: numbers.map { withUnsafeBytes(of: $0) { Array($0) } })
    }

    private static func samples(_ count: Int) -> [Sample] {
        var random = SplitMix64(state: UInt64(count))
        let words = (0..<count).map { _ in Int64(bitPattern: random.next() >> (random.next() & 63)) }
        let booleans = words.map { UInt8($0 & 1) }
        let fixed = words.map { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8), 7] }
        let strings = words.map { word in Array("\(word % 100)".utf8) + [UInt8](repeating: 0x61, count: Int(word & 31)) }
        var arrays = ByteArrays()
        for string in strings { arrays.append(string) }
        return [
            Sample(
                type: .boolean, width: 0, count: count,
                encode: { (encoder, target) throws(PageError) in
                    try booleans.withUnsafeBufferPointer { (part) throws(PageError) in try encoder.encode(booleans: part, into: &target) }
                }, values: booleans.map { [$0] }),
            sample(.int32, words.map { Int32(truncatingIfNeeded: $0) }) { (encoder, part, target) throws(PageError) in try encoder.encode(part, into: &target) },
            sample(.int64, words) { (encoder, part, target) throws(PageError) in try encoder.encode(part, into: &target) },
            sample(.double, words.map { Double($0) / 8 }) { (encoder, part, target) throws(PageError) in try encoder.encode(part, into: &target) },
            Sample(
                type: .fixedLenByteArray, width: 3, count: count,
                encode: { (encoder, target) throws(PageError) in
                    try Array(fixed.joined()).withUnsafeBufferPointer { (bytes) throws(PageError) in
                        try encoder.encode(fixedBytes: UnsafeRawBufferPointer(bytes), into: &target)
                    }
                }, values: fixed),
            Sample(
                type: .byteArray, width: 0, count: count,
                encode: { (encoder, target) throws(PageError) in
                    try arrays.offsets.withUnsafeBufferPointer { (offsets) throws(PageError) in
                        try arrays.bytes.withUnsafeBufferPointer { (bytes) throws(PageError) in try encoder.encode(offsets: offsets, bytes: bytes, into: &target) }
                    }
                }, values: strings),
        ]
    }

    /// The next values of a page, each as its bytes.
    private func take(_ decoder: inout any PageValueDecoder, _ count: Int, _ sample: Sample) throws -> [[UInt8]] {
        func cut(_ bytes: UnsafeRawBufferPointer, _ width: Int) -> [[UInt8]] { (0..<count).map { Array(bytes[$0 * width..<($0 + 1) * width]) } }
        switch sample.type {
        case .boolean:
            var bits = BitBuilder()
            try decoder.appendBooleans(count, to: &bits)
            let bitmap = bits.finish()
            return (0..<count).map { [bitmap[$0] ? 1 : 0] }
        case .int32, .float:
            var values = [Int32](repeating: 0, count: max(count, 1))
            try decoder.decode32(into: &values, count: count)
            return values.withUnsafeBytes { cut($0, 4) }
        case .int64, .double:
            var values = [Int64](repeating: 0, count: max(count, 1))
            try decoder.decode64(into: &values, count: count)
            return values.withUnsafeBytes { cut($0, 8) }
        case .int96, .fixedLenByteArray:
            let scratch = ScratchBytes(budget: .unlimited)
            let start = try decoder.takeFixedBytes(count, width: sample.width, scratch: scratch)
            return withExtendedLifetime(scratch) { cut(UnsafeRawBufferPointer(start: start, count: count * sample.width), sample.width) }
        case .byteArray:
            var arrays = ByteArrays()
            try decoder.appendByteArrays(count, offsets: &arrays.offsets, bytes: &arrays.bytes)
            return (0..<arrays.count).map { Array(arrays[$0]) }
        }
    }

    func test_candidates_everyEncodingOfEveryType_comeBackHoweverTaken() throws {
        var tried: Set<ValueEncoding> = []
        for count in [1, 2, 3, 9, 70] {
            for sample in Self.samples(count) {
                for encoding in ValueEncoding.candidates(for: sample.type) {
                    tried.insert(encoding)
                    var bytes: [UInt8] = []
                    try sample.encode(encoding.encoder, &bytes)
                    try PaddedPage.read(bytes) { page in
                        for first in Set([0, 1, count / 2, count]) {
                            for skipped in Set([0, 1, count - first]) where first + skipped <= count {
                                let source = PaddedPage.source(page, sample.type, width: sample.width, valueCount: count)
                                var decoder = try ValueEncoding.decoder(encoding.pageEncoding, of: source)
                                XCTAssertFalse(decoder.isOfCodes)
                                let start = try take(&decoder, first, sample)
                                if skipped > 0 { try decoder.skip(skipped) }
                                let rest = try take(&decoder, count - first - skipped, sample)
                                XCTAssertEqual(start + rest, Array(sample.values[..<first] + sample.values[(first + skipped)...]), "\(encoding) of \(sample.type): \(first), \(skipped) passed over")
                                // One more than there is.
                                if sample.type != .boolean { XCTAssertThrowsError(try decoder.skip(1 << 20), "\(encoding) of \(sample.type)") }
                            }
                        }
                    }
                }
            }
        }
        XCTAssertEqual(tried, Set(ValueEncoding.allCases).subtracting([.rleDictionary, .plainDictionary]))
    }

    func test_decoder_cutPages_throwOrAreWhole() throws {
        for sample in Self.samples(9) {
            for encoding in ValueEncoding.candidates(for: sample.type) {
                var bytes: [UInt8] = []
                try sample.encode(encoding.encoder, &bytes)
                for count in 0..<bytes.count {
                    PaddedPage.read(Array(bytes[..<count])) { page in
                        let source = PaddedPage.source(page, sample.type, width: sample.width, valueCount: sample.count)
                        let taken = try? {
                            var decoder = try ValueEncoding.decoder(encoding.pageEncoding, of: source)
                            return try take(&decoder, sample.count, sample)
                        }()
                        // Only what fills up a last run or miniblock may be missing: the values are whole then.
                        if let taken { XCTAssertEqual(taken, sample.values, "\(encoding) of \(sample.type), \(count) bytes") }
                    }
                }
            }
        }
    }

    func test_everyEncodingOfEveryType_isReadOrRefused_neverTakenForAnother() {
        for number in Int32(0)...12 {
            for type in PhysicalType.allCases {
                let width = LeafConversion.width(of: type, typeLength: 4)
                let page = PaddedPage.source(UnsafeRawBufferPointer(start: nil, count: 0), type, width: width, valueCount: 0)
                let known = ValueEncoding(rawValue: number)
                do {
                    var decoder = try ValueEncoding.decoder(PageEncoding(rawValue: number), of: page)
                    XCTAssertNotNil(known)
                    // A decoder that was made for a type has that type's function.
                    if decoder.isOfCodes {
                        var codes: [UInt32] = [0]
                        XCTAssertNoThrow(try decoder.decodeCodes(into: &codes, count: 0, limit: 1))
                    } else {
                        let sample = Sample(type: type, width: width, count: 0, encode: { _, _ in }, values: [])
                        XCTAssertEqual(try take(&decoder, 0, sample), [], "\(number) of \(type)")
                    }
                } catch {
                    if error == .unsupported("this encoding of this type") { continue }
                    XCTFail("a page without values is one of any encoding: \(number) of \(type), \(error)")
                }
            }
        }
    }

    func test_encoder_ofAnotherType_refuses() {
        for sample in Self.samples(3) {
            for encoding in ValueEncoding.allCases where !encoding.encoder.types.contains(sample.type) {
                var bytes: [UInt8] = []
                XCTAssertThrowsError(try sample.encode(encoding.encoder, &bytes), "\(encoding) of \(sample.type)") {
                    XCTAssertEqual($0 as? PageError, .unsupported("this encoding of this type"))
                }
                XCTAssertEqual(bytes, [])
            }
        }
    }

    func test_candidates_standInTheOrderOfReading() {
        XCTAssertEqual(ValueEncoding.candidates(for: .boolean), [.plain, .rle])
        XCTAssertEqual(ValueEncoding.candidates(for: .int32), [.plain, .deltaBinaryPacked])
        XCTAssertEqual(ValueEncoding.candidates(for: .int64), [.plain, .deltaBinaryPacked])
        XCTAssertEqual(ValueEncoding.candidates(for: .double), [.plain, .byteStreamSplit])
        XCTAssertEqual(ValueEncoding.candidates(for: .byteArray), [.deltaLengthByteArray, .plain, .deltaByteArray])
        XCTAssertEqual(ValueEncoding.candidates(for: .fixedLenByteArray), [.plain])
    }

    func test_dictionaryCodes_everyWidth_comeBack() throws {
        for width in 0...20 {
            let codes = (0..<50).map { UInt32($0 * 7919) & ((1 << UInt32(width)) - 1) }
            var bytes: [UInt8] = []
            try codes.withUnsafeBufferPointer { (codes) throws(PageError) in
                try ValueEncoding.rleDictionary.encoder.encode(codes: codes, bitWidth: width, into: &bytes)
            }
            for encoding in [PageEncoding.rleDictionary, .plainDictionary] {
                try PaddedPage.read(bytes) { page in
                    var decoder = try ValueEncoding.decoder(encoding, of: PaddedPage.source(page, .byteArray, valueCount: codes.count))
                    XCTAssert(decoder.isOfCodes)
                    try decoder.skip(3)
                    var taken = [UInt32](repeating: 0, count: codes.count - 3)
                    try decoder.decodeCodes(into: &taken, count: taken.count, limit: 1 << 20)
                    XCTAssertEqual(taken, Array(codes[3...]))
                }
            }
        }
    }
}
