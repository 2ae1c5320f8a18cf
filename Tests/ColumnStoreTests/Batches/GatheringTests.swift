import ColumnStore
import TestSupport
import XCTest

/// Rows taken out of columns of every kind, lists of them among these, against the same rows taken value by value.
final class GatheringTests: XCTestCase {
    private static let rowCount = 700

    private func column(_ type: ColumnType, _ random: inout SplitMix64, nulls: Bool) -> Column {
        var builder = ColumnBuilder(type: type)
        for row in 0..<Self.rowCount { builder.append(value(type, row, &random, nulls: nulls)) }
        return builder.finish()
    }

    private func value(_ type: ColumnType, _ row: Int, _ random: inout SplitMix64, nulls: Bool) -> Value {
        if nulls, random.next() % 5 == 0 { return .null }
        let number = Int64(random.next() % 1_000)
        switch type {
        case .boolean: return .boolean(number % 2 == 0)
        case .double: return .double(Double(number) / 8)
        case .string: return .bytes(Array("text \(number)".utf8.prefix(Int(number % 9))))
        case .decimal: return .decimal(Int128(number) << (number % 3 == 0 ? 70 : 0))
        case .interval: return .interval(Interval(months: Int32(number), days: 1, microseconds: 2))
        case .list(let element): return .list((0..<Int(random.next() % 12)).map { value(element.type, $0, &random, nulls: nulls) })
        case .structure(let fields): return .structure(fields.map { value($0.type, row, &random, nulls: nulls) })
        default: return .integer(number)
        }
    }

    private static let types: [ColumnType] = [
        .boolean, .int32, .int64, .double, .string, .decimal(precision: 38, scale: 2), .interval,
    ]

    private func indices(_ random: inout SplitMix64) -> [[Int32]] {
        let all = Array(0..<Int32(Self.rowCount))
        return [
            [], all, all.filter { $0 % 101 != 0 }, all.filter { $0 % 2 == 0 }, Array(all.reversed()), Array(all[300..<340]) + Array(all[10..<50]) + Array(all[30..<90]),
            (0..<500).map { _ in Int32(random.next() % UInt64(Self.rowCount)) },
        ]
    }

    private func check(_ type: ColumnType, seed: UInt64) {
        var random = SplitMix64(state: seed)
        for nulls in [false, true] {
            let column = column(type, &random, nulls: nulls)
            for rows in indices(&random) {
                let gathered = column.gathering(rows)
                XCTAssertEqual(gathered.count, rows.count)
                for (place, row) in rows.enumerated() {
                    let (found, wanted) = (gathered.value(at: place), column.value(at: Int(row)))
                    guard found == wanted else { return XCTFail("\(type): row \(row) at \(place) of \(rows.count): \(found) instead of \(wanted)") }
                }
            }
        }
    }

    func test_gathering_ofEveryKind() { for (seed, type) in Self.types.enumerated() { check(type, seed: UInt64(seed)) } }

    func test_gathering_ofListsOfEveryKind() {
        for (seed, type) in Self.types.enumerated() {
            check(.list(element: Field("element", type)), seed: UInt64(seed) + 100)
            check(.list(element: Field("element", .list(element: Field("element", type)))), seed: UInt64(seed) + 200)
        }
    }

    /// Lists long enough that their elements are copied in pieces.
    func test_gathering_ofListsOfCodes_andOfOneValue() {
        var texts = ByteArrays()
        for text in ["a", "", "a longer text"] { texts.append(Array(text.utf8)) }
        let dictionary = DictionaryValues(values: Column(type: .string, count: 3, values: .bytes(texts)))
        let codes = Column(type: .string, count: 2_000, values: .dictionary(codes: (0..<2_000).map { UInt32($0 * 7 % 3) }, dictionary))
        for element in [codes, Column.constant(.string("x"), type: .string, count: 2_000)] {
            let offsets = (0...50).map { Int32($0 * 40) }
            let lists = Column(type: .list(element: Field("element", .string)), count: 50, values: .list(offsets: offsets, element: element))
            for rows in [Array(0..<50), [3, 4, 5, 9, 10], [49, 0, 0], []] as [[Int32]] {
                let gathered = lists.gathering(rows)
                XCTAssertEqual(rows.indices.map { gathered.value(at: $0) }, rows.map { lists.value(at: Int($0)) })
            }
        }
    }

    func test_gathering_ofListsOfStructures() {
        let type = ColumnType.structure([Field("a", .string), Field("b", .list(element: Field("element", .int64))), Field("c", .boolean)])
        check(.list(element: Field("element", type)), seed: 300)
    }
}
