import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Rows of several keys numbered by one look-up each, against a dictionary of the standard library: NULLs that come late, texts, dictionaries,
/// constants, rows that share half of a hash, and what it must refuse.
final class RowTableTests: XCTestCase {
    private static let types: [ColumnType] = [.int64, .string, .int32, .boolean, .decimal(precision: 12, scale: 2), .date, .timestampTZ, .binary]
    private var random = SplitMix64(state: 0xA11CE)

    private func value(_ number: UInt64, _ type: ColumnType) -> Value {
        let number = Int64(number)
        switch type {
        case .string, .binary: return .bytes(Array(repeating: UInt8(ascii: "x"), count: Int(number % 13)) + Array("\(number)".utf8))
        case .boolean: return .boolean(number % 2 == 0)
        case .decimal: return .decimal(Int128(number))
        default: return .integer(number)
        }
    }

    private func column(_ values: [Value], _ type: ColumnType) -> Column {
        if let first = values.first, values.allSatisfy({ $0 == first }), random.next() % 2 == 0 { return .constant(first, type: type, count: values.count) }
        var builder = ColumnBuilder(type: type)
        for value in values { builder.append(value) }
        let column = builder.finish()
        return type == .string && random.next() % 2 == 0 ? QueryFixture.dictionaryEncoded(column) : column
    }

    func test_randomRows_areNumberedAsTheyFirstCome_andGivenBack() throws {
        for history in 0..<60 {
            let types = (0..<Int(2 + random.next() % 3)).map { _ in Self.types[Int(random.next() % UInt64(Self.types.count))] }
            // NULLs come from some batch on, or never.
            let nullsFrom = Int(random.next() % 6), spread = [2, 30, 4_000][Int(random.next() % 3)] as UInt64
            var table = RowTable(types: types)
            if random.next() % 2 == 0 { table.reserve(1_000) }
            var expected: [[Value]: UInt32] = [:]
            for batch in 0..<6 {
                let count = Int(random.next() % 700)
                let rows = (0..<count).map { _ in
                    types.map { type in batch >= nullsFrom && random.next() % 5 == 0 ? Value.null : value(random.next() % spread, type) }
                }
                let columns = types.indices.map { index in column(rows.map { $0[index] }, types[index]) }
                let growth = table.growth(by: columns, count: count), before = table.byteCount
                let numbers = try XCTUnwrap(table.assign(columns, count: count))
                for row in 0..<count {
                    let number = expected[rows[row]] ?? UInt32(expected.count)
                    expected[rows[row]] = number
                    XCTAssertEqual(numbers[row], number, "history \(history), \(types)")
                }
                let copies = columns.filter { $0.type.isBytes }.reduce(0) { $0 + 3 * $1.flatByteCount }
                XCTAssertLessThanOrEqual(table.byteCount, before + growth + copies, "history \(history), \(types)")
            }
            XCTAssertEqual(table.count, expected.count)
            let keys = table.keyColumns()
            for (row, number) in expected { XCTAssertEqual(keys.map { $0.value(at: Int(number)) }, row, "history \(history)") }
        }
    }

    /// 300,000 rows share halves of hashes some ten times: each is still a row of its own.
    func test_rows_thatShareHalfOfAHash_areTold_apart() throws {
        let count = 300_000
        let left = (0..<count).map { Int64($0 % 1_000) }, right = (0..<count).map { Int64($0 / 1_000) }
        let columns = [Column.whole(left, type: .int64, validity: nil), .whole(right, type: .int64, validity: nil)]
        XCTAssertLessThan(Set(HashKernels.rows(columns, count: count).map { $0 >> 32 }).count, count, "no row shares half of its hash: another count, please")
        var table = RowTable(types: [.int64, .int64])
        let first = try XCTUnwrap(table.assign(columns, count: count))
        XCTAssertEqual(table.count, count)
        XCTAssertEqual(Set(first).count, count)
        XCTAssertEqual(try XCTUnwrap(table.assign(columns, count: count)), first, "a row that came again")
        let keys = table.keyColumns()
        for row in 0..<count where keys[0].integers()?[Int(first[row])] != left[row] || keys[1].integers()?[Int(first[row])] != right[row] {
            return XCTFail("row \(row) has the number of another")
        }
    }

    func test_decimals_past64Bits_areRefused_andChangeNothing() throws {
        let types: [ColumnType] = [.int64, .decimal38(scale: 0)]
        var table = RowTable(types: types)
        func columns(_ value: Int128) -> [Column] { [.whole([1], type: .int64, validity: nil), .decimals([value], type: types[1], validity: nil)] }
        XCTAssertEqual(table.assign(columns(5), count: 1), [0])
        XCTAssertNil(table.assign(columns(1 << 80), count: 1))
        XCTAssertEqual(table.count, 1)
        // Groups go on in a table that holds them, and keep their numbers.
        let groups = try GroupStates(types: types, calls: [], seldom: 10)
        XCTAssertEqual([5, 1 << 80, 6, 5].map { groups.rows(columns($0), count: 1).numbers[0] }, [0, 1, 2, 0])
        XCTAssertEqual(groups.keyColumns[1].wideIntegers(), [5, 1 << 80, 6])
    }

    /// Tables are values: what one copy takes in the other does not have.
    func test_copies_shareNoRows() throws {
        func check<Table>(_ table: Table, _ add: (inout Table, Range<Int64>) -> Void, _ count: (Table) -> Int, _ codes: (inout Table, Range<Int64>) -> [UInt32]) {
            var table = table
            add(&table, 0..<3_000)
            var copy = table
            add(&copy, 10_000..<10_700)
            XCTAssertEqual(count(table), 3_000)
            add(&table, 20_000..<20_700)
            XCTAssertEqual(count(copy), 3_700)
            XCTAssertEqual(codes(&copy, 10_000..<10_700), Array(3_000..<3_700))
            XCTAssertEqual(codes(&table, 20_000..<20_700), Array(3_000..<3_700))
            XCTAssertEqual(codes(&table, 10_000..<10_001), [3_700], "a row of the copy alone")
        }
        func keys(_ range: Range<Int64>) -> [Column] {
            [.whole(Array(range), type: .int64, validity: nil), .whole(range.map { $0 * 7 }, type: .int64, validity: nil)]
        }
        check(RowTable(types: [.int64, .int64]), { _ = $0.assign(keys($1), count: $1.count) }, \.count) { $0.assign(keys($1), count: $1.count) ?? [] }
        // Spread, so that it hashes.
        let numbers: (inout IntegerTable, Range<Int64>) -> [UInt32] = { table, range in range.map { table.assign($0 &* 0x9E37_79B9_7F4A_7C1) } }
        check(IntegerTable(), { _ = numbers(&$0, $1) }, \.count, numbers)
        let texts: (inout ByteTable, Range<Int64>) -> [UInt32] = { table, range in
            range.map { number in Array("text \(number)".utf8).withUnsafeBytes { table.assign($0) } }
        }
        check(ByteTable(), { _ = texts(&$0, $1) }, \.count, texts)
    }
}
