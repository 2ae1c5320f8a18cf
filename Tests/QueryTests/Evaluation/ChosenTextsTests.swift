import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// CASE over texts in a dictionary and constants: each row's own answer, as codes. Columns at random, over batches of several dictionaries, against a choice row by row.
final class ChosenTextsTests: XCTestCase {
    private let first = Query.Expression.column(ColumnID(1), .boolean), second = Query.Expression.column(ColumnID(2), .boolean), text = Query.Expression.column(ColumnID(3), .string)
    private let layout = [ColumnID(1): 0, ColumnID(2): 1, ColumnID(3): 2]

    private func literal(_ text: String?) -> Query.Expression { .literal(text.map { Value.string($0) } ?? .null, .string) }

    private func choice(_ results: [Query.Expression], otherwise: Query.Expression?) -> Query.Expression {
        let branches = zip([first, second], results).map { Query.Expression.Branch(condition: $0, result: $1) }
        return .conditional(branches: branches, otherwise: otherwise, type: .string)
    }

    private func dictionary(_ entries: [String]) -> DictionaryValues {
        var builder = ColumnBuilder(type: .string)
        for entry in entries { builder.append(.string(entry)) }
        return DictionaryValues(values: builder.finish())
    }

    func test_choices_giveEachRowItsOwnAnswer_asCodes() throws {
        var random = SplitMix64(state: 0xCA5E)
        let dictionaries = [["alpha", "beta", "", "gamma"], ["beta", "x"]].map { ($0, dictionary($0)) }
        // What each branch and ELSE give: nil is the column, [nil] NULL.
        let forms: [[[String?]?]] = [[nil, [""]], [[""], nil], [["none"], nil, [nil]], [nil, ["none"], nil], [["a"], ["b"], ["a"]], [[nil], ["b"], nil], [["a"], [nil]]]
        for form in forms {
            let results = form.map { $0.map { literal($0[0]) } ?? text }
            let evaluator = try Evaluator(choice(Array(results.dropLast()), otherwise: results.last), layout: layout, context: EvaluationContext())
            for (entries, dictionary) in dictionaries + dictionaries {
                for count in [64, 130] {
                    let masks = (0..<2).map { _ in Bitmap.computed(count: count) { _ in random.next() % 3 == 0 } }
                    let known = (0..<2).map { _ in Bitmap.computed(count: count) { _ in random.next() % 5 != 0 } }
                    let codes = (0..<count).map { _ in UInt32(random.next() % UInt64(entries.count)) }
                    let validity = Bitmap.computed(count: count) { _ in random.next() % 6 != 0 }
                    let batch = ColumnBatch(
                        rowCount: count,
                        columns: [
                            .boolean(masks[0], validity: known[0]), .boolean(masks[1], validity: known[1]),
                            Column(type: .string, count: count, validity: validity, values: .dictionary(codes: codes, dictionary)),
                        ])
                    let expected = (0..<count).map { row -> Value in
                        let branch = (0..<form.count - 1).first { masks[$0][row] && known[$0][row] } ?? form.count - 1
                        let own = validity[row] ? entries[Int(codes[row])] : nil
                        return (form[branch].map { $0[0] } ?? own).map { Value.string($0) } ?? .null
                    }
                    let found = try evaluator.evaluate(batch)
                    XCTAssertEqual((0..<count).map(found.value), expected, "\(form)")
                    guard case .dictionary = found.values else { return XCTFail("laid flat: \(form)") }
                    XCTAssertNil(BatchInvariants.fault(in: ColumnBatch(rowCount: count, columns: [found]), types: [.string]))
                }
            }
        }
    }

    /// Batches of one dictionary have one answer's dictionary: what looks at entries once does so for all of them.
    func test_batchesOfOneDictionary_shareThatOfTheirAnswers() throws {
        let own = dictionary(["a", "b"])
        let evaluator = try Evaluator(choice([text], otherwise: literal("none")), layout: layout, context: EvaluationContext())
        var found: [ObjectIdentifier] = []
        for _ in 0..<2 {
            let batch = ColumnBatch(
                rowCount: 2,
                columns: [
                    .boolean(Bitmap.computed(count: 2) { $0 == 0 }, validity: nil), .boolean(Bitmap(repeating: false, count: 2), validity: nil),
                    Column(type: .string, count: 2, values: .dictionary(codes: [1, 0], own)),
                ])
            let answer = try evaluator.evaluate(batch)
            XCTAssertEqual((0..<2).map(answer.value), [.string("b"), .string("none")])
            guard case .dictionary(_, let entries) = answer.values else { return XCTFail("laid flat") }
            found.append(ObjectIdentifier(entries))
        }
        XCTAssertEqual(found[0], found[1])
    }

    /// What is asked of a choice's codes, of few texts and of many, with NULL among them and without.
    func test_in_overAChoice_isThatOfItsRows() throws {
        let few = ["alpha", "beta", "", "gamma"]
        // As they stand, and as a few of more than there are rows.
        for entries in [few, few + (0..<100).map { "entry \($0)" }] { try checkIn(entries) }
    }

    private func checkIn(_ entries: [String]) throws {
        let mask = Bitmap.computed(count: 64) { $0 % 3 == 0 }, validity = Bitmap.computed(count: 64) { $0 % 5 != 0 }
        let codes = (0..<64).map { UInt32($0 % 4) }
        let column = Column(type: .string, count: 64, validity: validity, values: .dictionary(codes: codes, dictionary(entries)))
        let batch = ColumnBatch(rowCount: 64, columns: [.boolean(mask, validity: nil), .boolean(mask, validity: nil), column])
        let many = (0..<12).map { "word \($0)" } + ["gamma", "none"]
        for (wanted, hasNull) in [(["beta", "none"], false), (["alpha"], true), (many, false), (many, true)] {
            let candidates = wanted.map { literal($0) } + (hasNull ? [literal(nil)] : [])
            for isNegated in [false, true] {
                let condition = Query.Expression.inList(choice([literal("none")], otherwise: text), candidates, isNegated: isNegated)
                let found = try Evaluator(condition, layout: layout, context: EvaluationContext()).evaluate(batch)
                let expected = (0..<64).map { row -> Value in
                    guard let value = mask[row] ? "none" : validity[row] ? entries[Int(codes[row])] : nil else { return .null }
                    return wanted.contains(value) ? .boolean(!isNegated) : hasNull ? .null : .boolean(isNegated)
                }
                XCTAssertEqual((0..<64).map(found.value), expected, "\(wanted.count), \(hasNull), \(isNegated)")
            }
        }
    }

    /// Texts that lie flat, and the few rows of a large dictionary, are gathered as ever.
    func test_otherColumns_areGathered() throws {
        let evaluator = try Evaluator(choice([text], otherwise: literal("none")), layout: layout, context: EvaluationContext())
        let large = dictionary((0..<100).map { "entry \($0)" })
        let columns: [Column] = [
            .text({ var arrays = ByteArrays(); arrays.append("x".utf8); arrays.append("y".utf8); return arrays }(), validity: nil),
            Column(type: .string, count: 2, values: .dictionary(codes: [7, 70], large)),
        ]
        for (column, answer) in zip(columns, ["x", "entry 7"]) {
            let batch = ColumnBatch(
                rowCount: 2,
                columns: [
                    .boolean(Bitmap.computed(count: 2) { $0 == 0 }, validity: nil), .boolean(Bitmap(repeating: false, count: 2), validity: nil), column,
                ])
            let found = try evaluator.evaluate(batch)
            XCTAssertEqual((0..<2).map(found.value), [.string(answer), .string("none")])
            if case .dictionary = found.values { XCTFail("a large dictionary was copied") }
        }
    }
}
