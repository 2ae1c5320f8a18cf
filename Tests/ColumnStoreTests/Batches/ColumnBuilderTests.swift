import ColumnStore
import XCTest

/// What is appended together is what is appended one by one.
final class ColumnBuilderTests: XCTestCase {
    private func values(_ column: Column) -> [Value] { (0..<column.count).map { column.value(at: $0) } }

    func test_appendIntegers_isAppendOfEach() {
        let numbers: [Int64] = [.min, -1, 0, 1, 250_000, .max]
        // They begin at an odd place: rows of bytes are not aligned.
        var bytes: [UInt8] = [0xAA]
        for number in numbers { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
        for type in [ColumnType.int64, .timestampTZ, .decimal(precision: 18, scale: 2)] {
            var together = ColumnBuilder(type: type)
            var single = ColumnBuilder(type: type)
            together.appendNull()
            single.appendNull()
            bytes.withUnsafeBytes { together.append(integers: UnsafeRawBufferPointer(rebasing: $0[1...])) }
            together.append(integers: UnsafeRawBufferPointer(start: nil, count: 0))
            for number in numbers { single.append(integer: number) }
            XCTAssertEqual(values(together.finish()), values(single.finish()), "\(type)")
        }
    }

    func test_appendIntegers_ofDecimalsThatHaveWidened_isAppendOfEach() {
        var builder = ColumnBuilder(type: .decimal(precision: 38, scale: 2))
        let wide = Int128(Int64.max) + 1
        builder.append(decimal: wide)
        let numbers: [Int64] = [-5, .min]
        numbers.withUnsafeBytes { builder.append(integers: $0) }
        XCTAssertEqual(values(builder.finish()), [.decimal(wide), .decimal(-5), .decimal(Int128(Int64.min))])
    }

    func test_appendListOfStructures_memberByMember_isAppendOfEach() {
        let type = ColumnType.list(element: Field("element", .structure([Field("a", .int64), Field("b", .string)])))
        var builder = ColumnBuilder(type: type)
        builder.appendList(ofStructures: 2) { members in
            for number in [1, 2] as [Int64] { members[0].append(integer: number) }
            members[1].appendNull()
            members[1].append(bytes: Array("x".utf8))
        }
        builder.appendList(ofStructures: 0) { _ in }
        builder.appendNull()
        // An element that is NULL itself, then elements again: which are NULL is told of each.
        builder.append(.list([.null]))
        builder.appendList(ofStructures: 1) { members in
            members[0].append(integer: 3)
            members[1].append(bytes: Array("y".utf8))
        }
        XCTAssertEqual(
            values(builder.finish()),
            [
                .list([.structure([.integer(1), .null]), .structure([.integer(2), .string("x")])]), .list([]), .null, .list([.null]),
                .list([.structure([.integer(3), .string("y")])]),
            ])
    }
}
