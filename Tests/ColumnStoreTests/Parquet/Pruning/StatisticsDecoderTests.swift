@testable import ColumnStore
import XCTest

/// Goal: bounds of a chunk mean what its values do, and what cannot be trusted bounds nothing.
///
/// Method: the bytes of values at the ends of each physical type, under each meaning; every wrong length.
final class StatisticsDecoderTests: XCTestCase {
    private func decoder(
        _ type: PhysicalType, width: Int32? = nil, _ logical: LogicalType? = nil, converted: ConvertedType? = nil, order: ColumnOrder? = .typeDefined
    ) -> StatisticsDecoder {
        let element = SchemaElement(name: "c", type: type, typeLength: width, repetition: .optional, convertedType: converted, logicalType: logical)
        let leaf = LeafDescriptor(index: 0, path: "c", element: element, physicalType: type, greatestDefinitionLevel: 1, elementLevels: [])
        return StatisticsDecoder(leaf: leaf, conversion: leaf.conversion, order: order, writer: nil)
    }

    private func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) } }
    private func bigEndian(_ value: Int128, _ width: Int) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { [UInt8]($0.suffix(width)) } }

    private func check(_ decoder: StatisticsDecoder, _ bytes: [UInt8], _ value: Value?, line: UInt = #line) {
        let found = decoder.bounds(ChunkStatistics(minValue: bytes, maxValue: bytes))
        XCTAssertEqual(found.minimum, value, line: line)
        XCTAssertEqual(found.maximum, value, line: line)
    }

    func test_bounds_wholeNumbers_atTheirEnds() {
        for value in [Int32.min, -1, 0, 1, .max] {
            check(decoder(.int32), bytes(value), .integer(Int64(value)))
            check(decoder(.int32, .integer(bitWidth: 32, isSigned: false)), bytes(value), .integer(Int64(UInt32(bitPattern: value))))
        }
        for value in [Int64.min, -1, 0, 1, .max] {
            check(decoder(.int64), bytes(value), .integer(value))
            check(decoder(.int64, .integer(bitWidth: 64, isSigned: false)), bytes(value), .decimal(Int128(UInt64(bitPattern: value))))
        }
    }

    /// Texts of a writer that compared them as signed bytes, say: nothing tells, so nothing is left out.
    func test_bounds_withoutAnOrder_boundNothing_ofAPageEither() {
        for order in [.typeDefined, .totalOrder, .other(id: 9), nil] as [ColumnOrder?] {
            let hasTypeOrder = order == .typeDefined
            let page = decoder(.byteArray, .string, order: order).bounds(minimum: Array("a".utf8), maximum: Array("b".utf8))
            XCTAssertEqual(page.minimum, hasTypeOrder ? .string("a") : nil)
            XCTAssertEqual(page.maximum, hasTypeOrder ? .string("b") : nil)
            let number = decoder(.int64, order: order).bounds(minimum: bytes(Int64(1)), maximum: bytes(Int64(2)))
            XCTAssertEqual(number.minimum, hasTypeOrder ? .integer(1) : nil)
        }
    }

    func test_bounds_timesOfOtherUnits_areRoundedDownOrRefused() {
        check(decoder(.int64, .timestamp(isAdjustedToUTC: true, unit: .millis)), bytes(Int64(-7)), .integer(-7_000))
        check(decoder(.int64, .timestamp(isAdjustedToUTC: true, unit: .millis)), bytes(Int64.max), nil)
        check(decoder(.int32, .time(isAdjustedToUTC: true, unit: .millis)), bytes(Int32(5)), .integer(5_000))
        for (value, wanted) in [(0, 0), (999, 0), (1_000, 1), (1_001, 1)] as [(Int64, Int64)] {
            check(decoder(.int64, .time(isAdjustedToUTC: true, unit: .nanos)), bytes(value), .integer(wanted))
        }
    }

    func test_bounds_decimals_ofEveryWidth() {
        for width in 1...16 {
            let decoder = decoder(.fixedLenByteArray, width: Int32(width), .decimal(precision: width <= 8 ? 2 : 30, scale: 0))
            for value in [-99, -1, 0, 1, 99] as [Int128] { check(decoder, bigEndian(value, width), .decimal(value)) }
            check(decoder, bigEndian(1, width) + [0], nil)
            check(decoder, Array(bigEndian(1, width).dropLast()), nil)
        }
        // More digits than the type has: no value of the column is such.
        check(decoder(.fixedLenByteArray, width: 4, .decimal(precision: 2, scale: 0)), bigEndian(100, 4), nil)
    }

    /// The lower above the upper: whoever made them has another order than the type.
    func test_bounds_theLowerAboveTheUpper_boundNothing() {
        func bits(_ value: Double) -> [UInt8] { bytes(value.bitPattern) }
        let cases: [(decoder: StatisticsDecoder, least: [UInt8], greatest: [UInt8])] = [
            (decoder(.int32), bytes(Int32(1)), bytes(Int32(-1))), (decoder(.int64), bytes(Int64(1)), bytes(Int64(-1))), (decoder(.boolean), [1], [0]),
            (decoder(.double), bits(1), bits(-1)), (decoder(.byteArray, .string), [98], [97]),
            (decoder(.fixedLenByteArray, width: 2, .decimal(precision: 4, scale: 0)), [0, 1], [0xFF, 0xFF]),
        ]
        for (index, one) in cases.enumerated() {
            let statistics = ChunkStatistics(nanCount: 0, legacyMin: one.least, legacyMax: one.greatest)
            for found in [
                one.decoder.bounds(ChunkStatistics(minValue: one.least, maxValue: one.greatest, nanCount: 0)), one.decoder.bounds(statistics),
                one.decoder.bounds(minimum: one.least, maximum: one.greatest, nanCount: 0),
            ] {
                XCTAssertNil(found.minimum, "case \(index)")
                XCTAssertNil(found.maximum, "case \(index)")
            }
        }
    }

    func test_bounds_wrongLengths_boundNothing() {
        for length in 0...17 {
            let some = [UInt8](repeating: 1, count: length)
            if length != 4 { check(decoder(.int32), some, nil) }
            if length != 8 { check(decoder(.int64), some, nil) }
            if length != 1 { check(decoder(.boolean), some, nil) }
            check(decoder(.byteArray, .string), some, .bytes(some))
        }
    }

    func test_bounds_doubles_haveNoUpperBound_andNoneWithNaN() {
        func bits(_ value: Double) -> [UInt8] { bytes(value.bitPattern) }
        let decoder = decoder(.double)
        let found = decoder.bounds(ChunkStatistics(minValue: bits(0), maxValue: bits(1)))
        XCTAssertEqual(found.minimum.map { "\($0)" }, "\(Value.double(-0.0))", "a zero may have lost its sign")
        XCTAssertNil(found.maximum, "a NaN may be among the values")
        for (least, greatest) in [(Double.nan, 1), (1, .nan)] {
            let found = decoder.bounds(ChunkStatistics(minValue: bits(least), maxValue: bits(greatest)))
            XCTAssertNil(found.minimum)
        }
    }

    /// Where NaNs are counted, and there is none, the greatest number is an upper bound, in either order that floating-point columns have.
    func test_bounds_ofCountedNaNs_haveAnUpperBoundWhereThereIsNone() {
        let forms: [(decoder: (ColumnOrder?) -> StatisticsDecoder, bytes: (Double) -> [UInt8])] = [
            ({ self.decoder(.double, order: $0) }, { self.bytes($0.bitPattern) }), ({ self.decoder(.float, order: $0) }, { self.bytes(Float($0).bitPattern) }),
        ]
        for form in forms {
            for order in [ColumnOrder.typeDefined, .totalOrder] {
                let decoder = form.decoder(order)
                for nanCount in [nil, -1, 0, 1] as [Int64?] {
                    let statistics = ChunkStatistics(minValue: form.bytes(0), maxValue: form.bytes(1.5), nanCount: nanCount)
                    for found in [decoder.bounds(statistics), decoder.bounds(minimum: form.bytes(0), maximum: form.bytes(1.5), nanCount: nanCount)] {
                        XCTAssertEqual(found.minimum.map { "\($0)" }, "\(Value.double(-0.0))", "\(order)")
                        XCTAssertEqual(found.maximum, nanCount == 0 ? .double(1.5) : nil, "\(order)")
                    }
                }
                // Zeros of either sign, which are equal; and NaN alone.
                let zeros = decoder.bounds(ChunkStatistics(minValue: form.bytes(-0.0), maxValue: form.bytes(-0.0), nanCount: 0))
                XCTAssertEqual(zeros.maximum.map { "\($0)" }, "\(Value.double(0.0))")
                for nanCount in [0, 5] as [Int64] {
                    let none = decoder.bounds(ChunkStatistics(minValue: form.bytes(.nan), maxValue: form.bytes(.nan), nanCount: nanCount))
                    XCTAssertNil(none.minimum)
                    XCTAssertNil(none.maximum)
                }
            }
            for order in [nil, .other(id: 9)] as [ColumnOrder?] {
                let none = form.decoder(order).bounds(minimum: form.bytes(0), maximum: form.bytes(1), nanCount: 0)
                XCTAssertNil(none.minimum)
                XCTAssertNil(none.maximum)
            }
            // The old fields were compared by no order.
            XCTAssertNil(form.decoder(nil).bounds(ChunkStatistics(nanCount: 0, legacyMin: form.bytes(0), legacyMax: form.bytes(1))).maximum)
        }
    }

    func test_bounds_legacyOnes_areThoseOfSignedNumbersOnly() {
        let one = ChunkStatistics(legacyMin: bytes(Int32(1)), legacyMax: bytes(Int32(2)))
        XCTAssertEqual(decoder(.int32, order: nil).bounds(one).minimum, .integer(1))
        XCTAssertNil(decoder(.int32, .integer(bitWidth: 32, isSigned: false), order: nil).bounds(one).minimum)
        XCTAssertNil(decoder(.byteArray, .string, order: nil).bounds(one).minimum)
        // New fields without the order that they follow say nothing.
        XCTAssertNil(decoder(.int32, order: nil).bounds(ChunkStatistics(minValue: bytes(Int32(1)), maxValue: bytes(Int32(2)))).minimum)
    }

    /// They are read as their bytes. Of -1, 3 and 5 the least is ff…, which is above all others as bytes are compared.
    func test_bounds_decimalsThatNoneHereIs_boundNothing() {
        let bytes = [UInt8](repeating: 0xFF, count: 17)
        for decimal in [.decimal(precision: 40, scale: 0), .decimal(precision: 0, scale: 0), .decimal(precision: 5, scale: 6), .decimal(precision: 5, scale: -1)] as [LogicalType] {
            for one in [decoder(.fixedLenByteArray, width: 17, decimal), decoder(.byteArray, decimal)] {
                XCTAssertEqual(one.leaf.type, .binary, "\(decimal)")
                check(one, bytes, nil)
                let page = one.bounds(minimum: bytes, maximum: bytes)
                XCTAssertNil(page.minimum, "\(decimal)")
                XCTAssertNil(page.maximum, "\(decimal)")
            }
        }
        // As old files say it, here without any digits.
        check(decoder(.fixedLenByteArray, width: 17, converted: .decimal), bytes, nil)
        check(decoder(.byteArray, converted: .decimal), bytes, nil)
        check(decoder(.byteArray, converted: .interval), bytes, nil)
        // Bytes that are nothing else are in the order that they are compared in.
        check(decoder(.fixedLenByteArray, width: 17), bytes, .bytes(bytes))
        check(decoder(.byteArray), bytes, .bytes(bytes))
    }

    func test_bounds_typesWithoutOrder_haveNone() {
        let twelve = [UInt8](repeating: 1, count: 12)
        check(decoder(.int96), twelve, nil)
        check(decoder(.fixedLenByteArray, width: 12, converted: .interval), twelve, nil)
        check(decoder(.byteArray, .other(id: 99)), [1], nil)
    }
}
