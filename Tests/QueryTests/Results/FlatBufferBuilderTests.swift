import XCTest

@testable import Query

/// Goal: a buffer says what was put into it, at places that are multiples of each size. Method: every choice of fields, texts and vectors of each short length, read by the format's own page.
final class FlatBufferBuilderTests: XCTestCase {
    /// Follows offsets from a buffer's start.
    private struct Reader {
        let bytes: [UInt8]

        func number(_ place: Int, _ width: Int) -> UInt64 { (0..<width).reduce(0) { $0 | UInt64(bytes[place + $1]) << UInt64(8 * $1) } }
        func target(_ place: Int) -> Int { place + Int(number(place, 4)) }
        var root: Int { target(0) }

        /// Where a table's field stands.
        func field(_ table: Int, _ slot: Int) -> Int? {
            let vtable = table - Int(Int32(truncatingIfNeeded: number(table, 4)))
            guard 4 + 2 * slot < number(vtable, 2) else { return nil }
            let place = Int(number(vtable + 4 + 2 * slot, 2))
            return place == 0 ? nil : table + place
        }

        func byteCount(ofTable table: Int) -> Int { Int(number(table - Int(Int32(truncatingIfNeeded: number(table, 4))) + 2, 2)) }

        func text(_ place: Int) -> String {
            let count = Int(number(place, 4))
            XCTAssertEqual(bytes[place + 4 + count], 0, "a text ends with a zero")
            return String(decoding: bytes[place + 4..<place + 4 + count], as: UTF8.self)
        }
    }

    func test_table_ofEveryChoiceOfFields_hasThoseAndNoOthers() {
        let numbers: [(width: Int, value: UInt64)] = [(1, 0xA1), (2, 0xB2B1), (4, 0xC4C3_C2C1), (8, 0xD8D7_D6D5_D4D3_D2D1)]
        for choice in 0..<16 {
            for isTurned in [false, true] {
                var builder = FlatBufferBuilder()
                let table = builder.table { builder in
                    for slot in isTurned ? [3, 2, 1, 0] : [0, 1, 2, 3] where choice >> slot & 1 == 1 {
                        switch slot {
                        case 0: builder.scalar(0, UInt8(truncatingIfNeeded: numbers[0].value))
                        case 1: builder.scalar(1, UInt16(truncatingIfNeeded: numbers[1].value))
                        case 2: builder.scalar(2, UInt32(truncatingIfNeeded: numbers[2].value))
                        default: builder.scalar(3, numbers[3].value)
                        }
                    }
                }
                let reader = Reader(bytes: builder.finish(table))
                XCTAssertEqual(reader.bytes.count % 8, 0)
                for (slot, number) in numbers.enumerated() {
                    let place = reader.field(reader.root, slot)
                    XCTAssertEqual(place != nil, choice >> slot & 1 == 1, "slot \(slot) of \(choice)")
                    guard let place else { continue }
                    XCTAssertEqual(reader.number(place, number.width), number.value, "slot \(slot) of \(choice)")
                    XCTAssertEqual(place % number.width, 0, "slot \(slot) of \(choice)")
                    XCTAssertTrue(place >= reader.root + 4 && place + number.width <= reader.root + reader.byteCount(ofTable: reader.root), "slot \(slot) of \(choice)")
                }
                XCTAssertNil(reader.field(reader.root, 4))
            }
        }
    }

    func test_strings_ofEachShortLength_andVectorsOfThem_areRead() {
        for count in 0...9 {
            let texts = (0...count).map { String(repeating: "é", count: $0 / 2) + String(repeating: "x", count: $0 % 2) }
            var builder = FlatBufferBuilder()
            let alone = builder.string(texts[count])
            let places = texts.map { builder.string($0) }
            let vector = builder.vector(places)
            let table = builder.table { builder in
                builder.offset(0, alone)
                builder.offset(1, vector)
            }
            let reader = Reader(bytes: builder.finish(table))
            guard let first = reader.field(reader.root, 0), let second = reader.field(reader.root, 1) else { return XCTFail("fields of \(count)") }
            XCTAssertEqual(reader.text(reader.target(first)), texts[count])
            let list = reader.target(second)
            XCTAssertEqual(list % 4, 0)
            XCTAssertEqual(Int(reader.number(list, 4)), texts.count)
            XCTAssertEqual(texts.indices.map { reader.text(reader.target(list + 4 + 4 * $0)) }, texts)
        }
    }

    func test_vectorOfPairs_ofEachShortLength_standsAtMultiplesOfEight() {
        for count in 0...4 {
            for before in 0...8 {
                var builder = FlatBufferBuilder()
                _ = builder.string(String(repeating: "x", count: before))
                let pairs = (0..<count).map { (Int64($0) - 1, Int64.max - Int64($0)) }
                let vector = builder.vector(ofPairs: pairs)
                let table = builder.table { $0.offset(2, vector) }
                let reader = Reader(bytes: builder.finish(table))
                guard let field = reader.field(reader.root, 2) else { return XCTFail("the field") }
                let list = reader.target(field)
                XCTAssertEqual(Int(reader.number(list, 4)), count)
                XCTAssertEqual((list + 4) % 8, 0)
                for (index, pair) in pairs.enumerated() {
                    XCTAssertEqual(Int64(bitPattern: reader.number(list + 4 + 16 * index, 8)), pair.0)
                    XCTAssertEqual(Int64(bitPattern: reader.number(list + 12 + 16 * index, 8)), pair.1)
                }
            }
        }
    }
}
