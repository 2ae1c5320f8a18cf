import XCTest

@testable import Documents

/// Goal: values are the same where JSON Schema says so, by hash and by comparison. Method: every pair of some values in several spellings, and all short arrays of three of them.
final class JSONEqualityTests: XCTestCase {
    /// Spellings of one value in a line.
    private static let values: [[String]] = [
        ["null"], ["true"], ["false"], ["0", "-0", "0.0", "0e5"], ["1", "1.0", "1e0", "10E-1"], ["-1", "-1.00"], ["1e400", "10e399"], ["\"\""], ["\"1\"", "\"\\u0031\""], ["\"a\"", "\"\\u0061\""],
        ["\"A\""], ["\"é\"", "\"\\u00e9\"", "\"\\u00E9\""], ["\"e\\u0301\"", "\"e\u{301}\""], ["\"\\n\"", "\"\\u000a\""], ["[]", "[ ]"], ["[1]", "[1.0]"], ["[[1]]"], ["[1,2]", "[1e0, 2]"], ["[2,1]"],
        ["[null]"], ["{}"], ["{\"a\":1}", "{\"\\u0061\":1.0}"], ["{\"a\":2}"], ["{\"b\":1}"], ["{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"], ["{\"a\":2,\"b\":1}"], ["{\"a\":{\"b\":[1]}}", "{\"a\":{\"b\":[1e0]}}"],
        // More members than are looked through one by one.
        [object(Array(0..<20)), object((0..<20).reversed())], [object(Array(0..<19) + [39])],
    ]

    private static func object(_ numbers: [Int]) -> String { "{" + numbers.map { "\"m\($0 % 20)\":\($0).0" }.joined(separator: ",") + "}" }

    func test_areEqual_ofEveryPair_isWhetherTheyAreOneValue() throws {
        let tapes = try Self.values.map { try $0.map { try OwnedTape(Array($0.utf8)) } }
        for (value, spellings) in tapes.enumerated() {
            for (other, others) in tapes.enumerated() {
                for (one, left) in spellings.enumerated() {
                    for (another, right) in others.enumerated() {
                        let place = "\(Self.values[value][one]) and \(Self.values[other][another])"
                        XCTAssertEqual(JSONEquality.areEqual(left.tape, 0, right.tape, 0), value == other, place)
                        if value == other { XCTAssertEqual(JSONEquality.hash(left.tape, 0), JSONEquality.hash(right.tape, 0), place) }
                    }
                }
            }
        }
    }

    func test_firstRepeated_ofAllShortArrays_isTheFirstThatCameBefore() throws {
        let choices = [["1", "1.0"], ["\"a\"", "\"\\u0061\""], ["{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"]]
        for count in 0...5 {
            for choice in 0..<Self.power(3, count) {
                let picks = (0..<count).map { choice / Self.power(3, $0) % 3 }
                // Other spellings at other places.
                let text = "[" + picks.enumerated().map { choices[$0.element][$0.offset % 2] }.joined(separator: ",") + "]"
                let tape = try OwnedTape(Array(text.utf8))
                let nodes = Array(tape.tape.children(of: 0))
                let wanted = picks.indices.first { picks[..<$0].contains(picks[$0]) }
                XCTAssertEqual(JSONEquality.firstRepeated(tape.tape, 0, .unlimited), wanted.map { nodes[$0] }, text)
            }
        }
    }

    /// Each pair of a group would be tried: two times ten to the tenth of them.
    func test_firstRepeated_whereTheWorkEndsAmongEqualElements_leavesAtOnce() throws {
        let count = 200_000
        let array = try OwnedTape(Array(("[" + Array(repeating: "[0]", count: count).joined(separator: ",") + "]").utf8))
        let whole = array.tape.nodes[0]
        // All that comes before the first pair.
        let steps = 8 * Int(whole.end) + Int(whole.byteCount) / 4 + 16 * count
        let work = WorkBudget()
        work.beginBody(WorkAllowance(steps: steps))
        work.beginDocument(byteCount: 1 << 20)
        XCTAssertNil(JSONEquality.firstRepeated(array.tape, 0, work))
        XCTAssertTrue(work.isExhausted)
        // A step for the pair is enough.
        let more = WorkBudget()
        more.beginBody(WorkAllowance(steps: steps + 4))
        more.beginDocument(byteCount: 1 << 20)
        XCTAssertEqual(JSONEquality.firstRepeated(array.tape, 0, more), Array(array.tape.children(of: 0).prefix(2)).last)
        XCTAssertFalse(more.isExhausted)
    }

    /// Few constants are compared, many are found by their hash.
    func test_constantSet_ofEveryNumberOfValues_hasThose() throws {
        for count in Self.values.indices {
            let document = try OwnedTape(Array(("[" + Self.values[..<count].map { $0[0] }.joined(separator: ",") + "]").utf8))
            let constants = ConstantSet(document: document, nodes: Array(document.tape.children(of: 0)))
            XCTAssertEqual(constants.count, count)
            for (value, spellings) in Self.values.enumerated() {
                for spelling in spellings {
                    let tape = try OwnedTape(Array(spelling.utf8))
                    XCTAssertEqual(constants.contains(tape.tape, 0, .unlimited), value < count, "\(spelling) among the first \(count)")
                }
            }
        }
    }

    private static func power(_ base: Int, _ exponent: Int) -> Int { (0..<exponent).reduce(1) { product, _ in product * base } }
}
