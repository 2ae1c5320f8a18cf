import ColumnStore
import XCTest

@testable import Query

/// Groups against a dictionary of the standard library: columns that follow from the first, for a while or for good, and columns that do not.
final class GroupTableTests: XCTestCase {
    private static let types: [ColumnType] = [.int64, .string, .int32, .boolean, .double, .decimal38(scale: 2), .date]

    /// A value of a type for a number: few numbers, few values.
    private func value(_ number: Int, _ type: ColumnType) -> Value {
        if number % 11 == 10 { return .null }
        switch type {
        case .string: return .bytes(Array("name \(number) \(String(repeating: "x", count: number % 13))".utf8))
        case .boolean: return .boolean(number % 2 == 0)
        case .double: return .double(Double(number) / 4)
        // Now and then past 64 bits.
        case .decimal: return .decimal(number % 50 == 49 ? Int128(number) << 70 : Int128(number))
        default: return .integer(Int64(number))
        }
    }

    private func column(_ values: [Value], _ type: ColumnType, isDictionary: Bool) -> Column {
        var builder = ColumnBuilder(type: type)
        guard isDictionary, type == .string else {
            for value in values { builder.append(value) }
            return builder.finish()
        }
        var entries: [Value] = []
        var codes: [UInt32] = []
        var validity = Bitmap(repeating: true, count: values.count)
        for (row, value) in values.enumerated() {
            if value.isNull {
                validity[row] = false
                codes.append(0)
            } else if let known = entries.firstIndex(of: value) {
                codes.append(UInt32(known))
            } else {
                codes.append(UInt32(entries.count))
                entries.append(value)
            }
        }
        if entries.isEmpty { return .constant(.null, type: type, count: values.count) }
        for entry in entries { builder.append(entry) }
        return Column(type: type, count: values.count, validity: validity.isAllSet ? nil : validity, values: .dictionary(codes: codes, DictionaryValues(values: builder.finish())))
    }

    func test_random_columns_group_as_a_dictionary_does() throws {
        var random = SystemRandomNumberGenerator()
        for history in 0..<200 {
            let types = (0..<Int.random(in: 1...5, using: &random)).map { _ in Self.types.randomElement(using: &random) ?? .int64 }
            // When a column stops following from the first, in rows: many at once or never.
            let ends = types.map { _ in [0, Int.random(in: 0...2_000, using: &random), Int.max, Int.max].randomElement(using: &random) ?? 0 }
            let spread = [3, 40, 700].randomElement(using: &random) ?? 3
            var table = GroupTable(types: types, isSearched: false)
            var cache = GroupTable.Cache(keyCount: types.count)
            var groups: [[Value]: UInt32] = [:]
            var row = 0
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let count = Int.random(in: 0...300, using: &random)
                let rows = (0..<count).map { offset -> [Value] in
                    let first = Int.random(in: 0..<spread, using: &random)
                    return types.indices.map { index in
                        let follows = index == 0 || row + offset < ends[index]
                        return value(follows ? first * (index + 1) : Int.random(in: 0..<spread, using: &random), types[index])
                    }
                }
                row += count
                let columns = types.indices.map { index in column(rows.map { $0[index] }, types[index], isDictionary: Bool.random(using: &random)) }
                let before = table.byteCount
                let growth = table.growth(by: columns, count: count)
                let numbers = table.assign(columns, count: count, cache: &cache)
                // Texts are counted with the copies that putting them out makes, which come later.
                let copies = ColumnBatch.copied(columns.filter { $0.type == .string }.reduce(0) { $0 + $1.flatByteCount })
                XCTAssertLessThanOrEqual(table.byteCount, before + growth + copies, "history \(history): \(types)")
                for (key, number) in zip(rows, numbers) {
                    if let known = groups[key] {
                        XCTAssertEqual(known, number, "history \(history): \(types) \(key)")
                    } else {
                        groups[key] = number
                    }
                }
            }
            XCTAssertEqual(Set(groups.values).count, groups.count, "history \(history): groups that have one number")
            XCTAssertEqual(table.count, groups.count, "history \(history): \(types) \(ends)")
            let columns = table.keyColumns()
            XCTAssertEqual(columns.map(\.type), types)
            for (key, number) in groups {
                XCTAssertEqual(columns.map { $0.value(at: Int(number)) }, key, "history \(history): \(types) group \(number)")
            }
        }
    }

    /// A join hands its texts on in one dictionary for all rows, which may have a text twice.
    func test_one_dictionary_for_all_rows_tells_texts_apart_and_not_codes() {
        func texts(_ values: [Value]) -> Column {
            var builder = ColumnBuilder(type: .string)
            for value in values { builder.append(value) }
            return builder.finish()
        }
        let dictionary = DictionaryValues(values: texts([.string("x"), .string("y"), .string("x")]))
        var table = GroupTable(types: [.int64, .string], isSearched: false)
        var cache = GroupTable.Cache(keyCount: 2)
        func assign(_ keys: [Int64], _ texts: Column) -> [UInt32] { table.assign([.whole(keys, type: .int64, validity: nil), texts], count: keys.count, cache: &cache) }
        func coded(_ codes: [UInt32]) -> Column { Column(type: .string, count: codes.count, validity: nil, values: .dictionary(codes: codes, dictionary)) }
        XCTAssertEqual(assign([1, 2, 3], coded([0, 1, 0])), [0, 1, 2])
        XCTAssertEqual(assign([1, 2, 1], coded([2, 1, 0])), [0, 1, 0])
        XCTAssertEqual(assign([1, 4], texts([.string("x"), .null])), [0, 3])
        // From here on the texts are numbered, too.
        XCTAssertEqual(assign([1, 1, 2, 4], coded([1, 0, 1, 0])), [4, 0, 1, 5])
    }

    /// Texts that follow from a number and come with one dictionary in all batches, which has an entry twice; then with another, and then one that does not follow.
    func test_texts_ofOneDictionary_thenOfOthers_areThoseOfTheirGroups() {
        func dictionary(_ entries: [String]) -> DictionaryValues {
            var builder = ColumnBuilder(type: .string)
            for entry in entries { builder.append(.string(entry)) }
            return DictionaryValues(values: builder.finish())
        }
        let (one, other) = (dictionary(["a", "b", "a", "c"]), dictionary(["c", "d", "b"]))
        var table = GroupTable(types: [.int64, .string], isSearched: false)
        var cache = GroupTable.Cache(keyCount: 2)
        func assign(_ numbers: [Int64], _ codes: [UInt32], _ entries: DictionaryValues, absent: Int? = nil) -> [UInt32] {
            let validity = absent.map { absent in Bitmap.computed(count: codes.count) { $0 != absent } }
            let columns = [
                Column(type: .int64, count: numbers.count, values: .int64(numbers)),
                Column(type: .string, count: codes.count, validity: validity, values: .dictionary(codes: codes, entries)),
            ]
            let bound = table.byteCount + table.growth(by: columns, count: numbers.count) + ColumnBatch.copied(columns[1].flatByteCount)
            let groups = table.assign(columns, count: numbers.count, cache: &cache)
            XCTAssertLessThanOrEqual(table.byteCount, bound)
            return groups
        }
        func texts() -> [Value] {
            let column = table.keyColumns()[1]
            return (0..<table.count).map { column.value(at: $0) }
        }
        XCTAssertEqual(assign([10, 20, 10, 30], [0, 1, 2, 3], one, absent: 3), [0, 1, 0, 2])
        XCTAssertEqual(texts(), [.string("a"), .string("b"), .null])
        XCTAssertEqual(assign([30, 10, 40], [0, 2, 3], one, absent: 0), [2, 0, 3])
        guard case .dictionary = table.keyColumns()[1].values else { return XCTFail("texts were copied") }
        XCTAssertEqual(assign([40, 50, 20], [0, 1, 2], other), [3, 4, 1])
        XCTAssertEqual(texts(), [.string("a"), .string("b"), .null, .string("c"), .string("d")])
        XCTAssertEqual(assign([10, 50], [1, 1], other), [5, 4])
        XCTAssertEqual(texts(), [.string("a"), .string("b"), .null, .string("c"), .string("d"), .string("d")])
    }

    func test_a_searched_table_finds_what_was_assigned() {
        let types: [ColumnType] = [.int64, .string]
        var table = GroupTable(types: types)
        var cache = GroupTable.Cache(keyCount: 2)
        let columns = [
            column([.integer(1), .integer(2), .integer(1)], .int64, isDictionary: false),
            column([.bytes([1]), .bytes([2]), .bytes([1])], .string, isDictionary: false),
        ]
        XCTAssertEqual(table.assign(columns, count: 3, cache: &cache), [0, 1, 0])
        XCTAssertEqual(table.find(columns, count: 3, nullsMatch: [true, true], cache: &cache), [0, 1, 0])
    }
}
