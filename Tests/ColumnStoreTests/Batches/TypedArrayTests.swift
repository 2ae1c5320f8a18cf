@testable import ColumnStore
import XCTest

/// Every kind of array with every other: what is appended is there, whole or by rows; what is of another kind is refused and changes nothing.
final class TypedArrayTests: XCTestCase {
    private static let samples: [TypedArray] = [
        .bits(Bitmap(words: [0b101], count: 3)), .int32([1, -2, 3]), .int64([4, -5, .max]), .int128([6, -7, Int128(Int64.max) + 1]), .double([0.5, -1, 2]),
        .interval([Interval(months: 1, days: 0, microseconds: 0), Interval(), Interval(months: 0, days: 2, microseconds: 3)]),
        .bytes(ByteArrays(offsets: [0, 1, 1, 4], bytes: Array("abcd".utf8))),
    ]

    private func values(_ array: TypedArray) -> [String] {
        let values = Column.Values(array)
        let column = Column(type: .null, count: array.count, values: values)
        return (0..<array.count).map { "\(column.value(at: $0))" }
    }

    func test_samples_areOneOfEachKind() {
        XCTAssertEqual(Set(Self.samples.map { "\($0.kind)" }).count, TypedArray.Kind.allCases.count)
        for sample in Self.samples {
            XCTAssertEqual(sample.count, 3)
            XCTAssertEqual(Column.Values(sample).typed.map(values), values(sample))
        }
    }

    func test_append_everyKindToEveryOther_isThereOrRefused() {
        for kind in TypedArray.Kind.allCases {
            for added in Self.samples {
                for rows in [nil, [], [2, 0, 0]] as [[Int32]?] {
                    var builder = TypedArrayBuilder(kind)
                    builder.appendPlaceholder()
                    let placeholder = values(builder.array)
                    let isTaken = builder.append(contentsOf: added, rows: rows)
                    XCTAssertEqual(isTaken, kind == added.kind || (kind == .int128 && added.kind == .int64), "\(added.kind) to \(kind)")
                    let all = values(added)
                    let expected = isTaken ? (rows.map { $0.map { Int($0) } } ?? [0, 1, 2]).map { all[$0] } : []
                    if kind == added.kind {
                        XCTAssertEqual(values(builder.array), placeholder + expected)
                    } else {
                        XCTAssertEqual(builder.count, 1 + expected.count)
                    }
                    let count = builder.count
                    XCTAssertEqual(builder.byteCount >= count * kind.slotByteCount, true)
                    XCTAssertEqual(builder.take().count, count)
                    XCTAssertEqual(builder.count, 0)
                    XCTAssertEqual(builder.kind, kind)
                }
            }
        }
    }

    func test_removeAll_beginsAnew() {
        for sample in Self.samples {
            var builder = TypedArrayBuilder(sample.kind)
            builder.reserve(10, byteCount: 10)
            XCTAssert(builder.append(contentsOf: sample))
            let held = builder.array
            builder.removeAll()
            XCTAssertEqual(builder.count, 0)
            XCTAssert(builder.append(contentsOf: sample))
            XCTAssertEqual(values(builder.array), values(held))
        }
    }

    func test_widen_keepsTheDigits() {
        var builder = TypedArrayBuilder(.int64)
        builder.int64s = [1, .min, .max]
        builder.widen()
        XCTAssertEqual(builder.kind, .int128)
        XCTAssertEqual(builder.int128s, [1, Int128(Int64.min), Int128(Int64.max)])
        XCTAssertEqual(builder.count, 3)
    }
}
