import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Conditions over a column in a dictionary, whose answers are read by code, eight rows at a time: against each row's own answer, true, false and NULL, over batches whose last
/// rows fill neither eight nor 64, with entries that come in a later batch only, and rows without a value.
final class DictionaryNodeTests: XCTestCase {
    private static let entries = ["alpha", "none", "beta", "gamma", "none of them", "xyz", "", "delta", "rho", "a", "last"]

    /// Batches of one dictionary. The last two entries come in the second half alone.
    private func table(_ rowCounts: [Int], _ random: inout SplitMix64, nulls: Bool) -> (source: MemoryTable, values: [String?]) {
        var entries = ColumnBuilder(type: .string)
        for entry in Self.entries { entries.append(.string(entry)) }
        let dictionary = DictionaryValues(values: entries.finish())
        var values: [String?] = []
        var batches: [ColumnBatch] = []
        for (number, rowCount) in rowCounts.enumerated() {
            let known = number * 2 < rowCounts.count ? Self.entries.count - 2 : Self.entries.count
            let codes = (0..<rowCount).map { _ in UInt32(random.next() % UInt64(known)) }
            var validity = Bitmap()
            for _ in 0..<rowCount { validity.append(!nulls || random.next() % 6 != 0) }
            let numbers = (0..<rowCount).map { Int64(values.count + $0) }
            for row in 0..<rowCount { values.append(validity[row] ? Self.entries[Int(codes[row])] : nil) }
            batches.append(
                ColumnBatch(
                    rowCount: rowCount,
                    columns: [
                        Column(type: .int64, count: rowCount, values: .int64(numbers)),
                        Column(type: .string, count: rowCount, validity: nulls ? validity : nil, values: .dictionary(codes: codes, dictionary)),
                    ]))
        }
        return (MemoryTable(schema: Schema([Field("n", .int64), Field("k", .string)]), batches: batches), values)
    }

    func test_conditions_giveEachRowItsOwnAnswer() throws {
        var random = SplitMix64(state: 41)
        for rowCounts in [[1], [7, 8, 9], [63, 64, 65, 1], [128, 300, 130, 8, 71]] {
            for nulls in [false, true] {
                let (source, values) = table(rowCounts, &random, nulls: nulls)
                // NULL where the entry is "none".
                let answers = values.map { value -> Bool? in value.flatMap { $0 == "none" ? nil : $0.contains("a") } }
                let fixture = QueryFixture([("t", source)])
                XCTAssertEqual(
                    try fixture.rows("SELECT nullif(k, 'none') ILIKE '%A%' FROM t ORDER BY n"), answers.map { $0.map { $0 ? "true" : "false" } ?? "" }.joined(separator: "|"), "\(rowCounts)")
                for (condition, wanted) in [("", true), ("NOT ", false)] as [(String, Bool)] {
                    XCTAssertEqual(
                        try fixture.rows("SELECT count(*), coalesce(sum(n), -1) FROM t WHERE \(condition)(nullif(k, 'none') ILIKE '%A%')"),
                        "\(answers.count { $0 == wanted }),\(answers.contains(wanted) ? answers.indices.filter { answers[$0] == wanted }.reduce(0, +) : -1)", "\(rowCounts) \(condition)")
                }
            }
        }
    }

    /// An entry that fails is asked for anew with the next batch, and so are those that came with it.
    func test_batchThatFails_leavesNoEntryMarked() throws {
        var entries = ColumnBuilder(type: .string)
        for entry in ["5", "7", "none", "5"] { entries.append(.string(entry)) }
        let dictionary = DictionaryValues(values: entries.finish())
        func batch(_ codes: [UInt32]) -> ColumnBatch {
            ColumnBatch(rowCount: codes.count, columns: [Column(type: .string, count: codes.count, values: .dictionary(codes: codes, dictionary))])
        }
        let isFive = Expression.isDistinct(.cast(.column(ColumnID(1), .string), to: .int64, position: nil), .literal(.integer(5), .int64), isNegated: true)
        let evaluator = try Evaluator(isFive, layout: [ColumnID(1): 0], context: EvaluationContext())
        func answers(_ codes: [UInt32]) throws -> [Value] {
            let found = try evaluator.evaluate(batch(codes))
            return codes.indices.map { found.value(at: $0) }
        }
        XCTAssertEqual(try answers([1]), [.boolean(false)])
        for _ in 0..<2 { XCTAssertThrowsError(try answers([1, 3, 2, 0])) }
        XCTAssertEqual(try answers([3, 1, 0, 3]), [.boolean(true), .boolean(false), .boolean(true), .boolean(true)])
        XCTAssertThrowsError(try answers([2]))
    }

    /// What costs much is asked once for a text, whichever dictionary it comes in: the answers on a later dictionary are entries of the earlier one's.
    func test_costlyAnswers_onLaterDictionaries_areThoseThatAreKnown() throws {
        let replaced = Expression.call(
            .regexpReplace, [.column(ColumnID(1), .string), .literal(.string("^(.)(.*)$"), .string), .literal(.string("\\2\\1"), .string)], type: .string, position: nil)
        let evaluator = try Evaluator(replaced, layout: [ColumnID(1): 0], context: EvaluationContext())
        func answers(_ entries: [String], _ codes: [UInt32], absent: Int? = nil) throws -> (texts: [Value], entries: ObjectIdentifier?) {
            var builder = ColumnBuilder(type: .string)
            for entry in entries { builder.append(.string(entry)) }
            let validity = absent.map { absent in Bitmap.computed(count: codes.count) { $0 != absent } }
            let column = Column(type: .string, count: codes.count, validity: validity, values: .dictionary(codes: codes, DictionaryValues(values: builder.finish())))
            let found = try evaluator.evaluate(ColumnBatch(rowCount: codes.count, columns: [column]))
            guard case .dictionary(_, let known) = found.values else { return (codes.indices.map { found.value(at: $0) }, nil) }
            return (codes.indices.map { found.value(at: $0) }, ObjectIdentifier(known))
        }
        let first = try answers(["abc", "xyz", "never asked"], [1, 0, 1])
        XCTAssertEqual(first.texts, [.string("yzx"), .string("bca"), .string("yzx")])
        let second = try answers(["xyz", "abc", "xyz"], [0, 1, 2])
        XCTAssertEqual(second.texts, [.string("yzx"), .string("bca"), .string("yzx")])
        XCTAssertNotNil(first.entries)
        XCTAssertEqual(second.entries, first.entries)
        let third = try answers(["12", "", "abc", "12", "xyz"], [3, 4, 0, 1, 2, 3], absent: 1)
        XCTAssertEqual(third.texts, [.string("21"), .null, .string("21"), .string(""), .string("bca"), .string("21")])
        XCTAssertEqual(try answers(["", "12"], [1, 0]).texts, [.string("21"), .string("")])
    }

    /// A join's right side is one dictionary of all its rows, and each expression over it has a place for each of them.
    func test_placesForALargeDictionary_areCharged_andDoneWithoutWhereTheyDoNotFit() throws {
        let count = 2_000_000
        let texts = ByteArrays(offsets: Array(0...Int32(count)), bytes: [UInt8](repeating: UInt8(ascii: "a"), count: count))
        let dictionary = DictionaryValues(values: Column(type: .string, count: count, values: .bytes(texts)))
        let batch = ColumnBatch(rowCount: 3, columns: [Column(type: .string, count: 3, values: .dictionary(codes: [0, UInt32(count - 1), 7], dictionary))])
        let name = Expression.column(ColumnID(1), .string)
        let upper = Expression.call(.upper, [name], type: .string, position: nil)
        let isA = Expression.call(.equal, [name, .text("a")], type: .boolean, position: nil)
        for (expression, wanted, byteCount) in [(upper, Value.string("A"), 4 * count), (isA, .boolean(true), count)] {
            for memoryByteCount in [64 << 20, 1 << 20] {
                let memory = MemoryBudget(byteCountMax: memoryByteCount)
                let evaluator = try Evaluator(expression, layout: [ColumnID(1): 0], context: EvaluationContext(memory: memory))
                for _ in 0..<2 {
                    let found = try evaluator.evaluate(batch)
                    XCTAssertEqual((0..<3).map { found.value(at: $0) }, [wanted, wanted, wanted], "\(memoryByteCount)")
                    let isCharged = memory.usedByteCount >= byteCount
                    XCTAssertEqual(isCharged, memoryByteCount > byteCount, "\(memory.usedByteCount) of \(memoryByteCount)")
                }
            }
        }
    }

    /// Dictionaries that hold nothing of those before, and then again the same.
    func test_costlyAnswers_onDictionariesThatShareNothing_areRight() throws {
        let upper = Expression.call(.regexpReplace, [.column(ColumnID(1), .string), .literal(.string("a"), .string), .literal(.string("-"), .string)], type: .string, position: nil)
        let evaluator = try Evaluator(upper, layout: [ColumnID(1): 0], context: EvaluationContext())
        for round in 0..<8 {
            let texts = (0..<600).map { "a\(round < 6 ? round * 600 + $0 : $0)" }
            var builder = ColumnBuilder(type: .string)
            for text in texts { builder.append(.string(text)) }
            let column = Column(type: .string, count: 600, values: .dictionary(codes: (0..<600).map { UInt32(599 - $0) }, DictionaryValues(values: builder.finish())))
            let found = try evaluator.evaluate(ColumnBatch(rowCount: 600, columns: [column]))
            XCTAssertEqual((0..<600).map { found.value(at: $0) }, texts.reversed().map { .string("-" + $0.dropFirst()) }, "\(round)")
        }
    }
}
