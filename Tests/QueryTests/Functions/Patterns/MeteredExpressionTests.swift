import ColumnStore
import XCTest

@testable import Query

/// Goal: what RE2 compiles is charged to the query that keeps it, and the query ends between two programs. Method: patterns that take megabytes, under small memories
/// and where the query is over.
final class MeteredExpressionTests: XCTestCase {
    private func meter(_ byteCount: Int, _ cancellation: Cancellation = Cancellation()) -> WorkMeter {
        WorkMeter(EvaluationContext(memory: MemoryBudget(byteCountMax: byteCount), cancellation: cancellation))
    }

    private func expression(_ pattern: String, givesGroups: Bool = false, in memory: PatternMemory = PatternMemory(), _ meter: WorkMeter) throws -> TextPattern {
        try memory.expression(Array(pattern.utf8), ignoringCase: false, isLongest: givesGroups, givesGroups: givesGroups, meter)
    }

    func test_manyLargePatterns_areRefused_andSmallOnesAreNot() throws {
        let fixture = QueryFixture(settings: QueryEngine.Settings(threadCount: 1, memoryByteCountMax: 48 << 20, queryMemoryByteCountMax: 16 << 20))
        func query(_ pattern: (Int) -> String) -> String {
            "SELECT \((0..<20).map { "x ~ '\(pattern($0))'" }.joined(separator: ", ")) FROM (SELECT repeat('a', 10) || n AS x FROM generate_series(1, 3) n(n)) t"
        }
        let error = fixture.error(query { "\\w{\(200 + $0)}" })
        XCTAssertEqual(error?.slug, .dataError, "\(String(describing: error))")
        XCTAssertNotEqual(error?.cause, .badPattern)
        XCTAssertNil(fixture.error(query { "a{\($0 + 1)}" }))
        XCTAssertNil(fixture.error(query { "^[a-z]+\($0)" }))
    }

    /// Under the least memory that settings allow.
    func test_fewUsualPatterns_fitIntoAMebibyte() throws {
        let fixture = QueryFixture(settings: QueryEngine.Settings(threadCount: 1, memoryByteCountMax: 4 << 20, queryMemoryByteCountMax: 1 << 20))
        let terms = "x ~ '^a.*1$', x ~* 'B', regexp_replace(x, '[0-9]+', '#'), x ~ '\\w'"
        XCTAssertEqual(try fixture.rows("SELECT \(terms) FROM (SELECT 'a' || n AS x FROM generate_series(1, 1) n(n)) t"), "true,false,a#,true")
    }

    func test_byteCount_followsTheProgram() throws {
        let meter = meter(64 << 20)
        let (small, large) = (try expression("abc", meter).byteCount, try expression(#"\w{200}"#, meter).byteCount)
        XCTAssertGreaterThan(small, 0)
        XCTAssertGreaterThan(large, 8 * small)
        // With its parts.
        guard case .divided(let whole, let division) = try expression("(a|ab)(.*)", givesGroups: true, meter) else { return XCTFail("not divided") }
        XCTAssertEqual(try expression("(a|ab)(.*)", givesGroups: true, meter).byteCount, whole.byteCount + division.byteCount)
        XCTAssertGreaterThan(whole.byteCount, 0)
    }

    /// A third of it is for the automaton, which has a few hundred bytes for each instruction.
    func test_byteCount_ofLargerPrograms_hasRoomForTheirAutomata() throws {
        let words = (0..<25).map { String(repeating: String(UnicodeScalar(UInt8(0x61 + $0))), count: 209) }.joined(separator: "|")
        XCTAssertEqual(try expression(words, meter(256 << 20)).byteCount, RegularExpression.memoryMax)
        let word = String(repeating: "abcde", count: 20)
        guard case .linear(let metered) = try expression(word, meter(64 << 20)) else { return XCTFail("not linear") }
        XCTAssertGreaterThanOrEqual(metered.byteCount, metered.expression.programSize << 11)
        // Where the query has little, others need theirs.
        XCTAssertEqual(try expression(word, meter(2 << 20)).byteCount, 1 << 17)
    }

    /// A pattern for each row, of which none stays.
    func test_expression_replaced_isForgotten() throws {
        let meter = meter(16 << 20), memory = PatternMemory()
        for count in 200..<206 { _ = try expression("\\w{\(count)}", in: memory, meter) }
        // Nor does what was refused.
        for _ in 0..<64 { XCTAssertThrowsError(try expression("a(", in: memory, meter)) }
        XCTAssertNoThrow(try expression(#"\w{210}"#, in: memory, meter))
    }

    func test_expression_withLittleMemory_isSlowerAndThere() throws {
        let meter = meter(1 << 20)
        // Too large for the least that is tried, and it would have eight times as much as the query has.
        guard case .linear(let metered) = try expression("^(?:\(String(repeating: "[ab]c", count: 32))){255}$", meter) else { return XCTFail("not linear") }
        XCTAssertEqual(metered.byteCount, 1 << 20)
        XCTAssertTrue(metered.expression.matches(Array(String(repeating: "ac", count: 32 * 255).utf8)))
    }

    /// Its program has more than a thousand instructions, each time that it is compiled.
    func test_expression_ofOneClass_isCompiledOnceWhereTheQueryHasRoom() throws {
        for (pattern, memory, byteCount, times) in [(#"^\w+7"#, 64 << 20, 2 << 20, 1), (#"[[:alpha:]]"#, 64 << 20, 2 << 20, 1), (#"^\w+7"#, 16 << 20, 1 << 20, 2)] {
            let meter = meter(memory)
            guard case .linear(let metered) = try expression(pattern, meter) else { return XCTFail("not linear") }
            XCTAssertEqual(metered.byteCount, byteCount, "\(pattern) in \(memory)")
            XCTAssertEqual(meter.takenStepCount / metered.expression.programSize / 256, times, "\(pattern) in \(memory)")
        }
    }

    // MARK: Outside of queries

    /// What is written out costs its writer's store no steps, and what comes with the rows is counted and charged as in queries.
    func test_init_withoutAQuery_countsWhatComesWithTheRows() throws {
        let rows = WorkMeter(EvaluationContext()), written = WorkMeter(EvaluationContext())
        written.isPatternWritten = true
        guard case .linear(let metered) = try expression(#"\w{100}"#, rows), case .linear(let known) = try expression(#"\w{100}"#, written) else { return XCTFail("not linear") }
        XCTAssertGreaterThanOrEqual(rows.takenStepCount, 256 * metered.expression.programSize)
        XCTAssertEqual(written.takenStepCount, 0)
        XCTAssertGreaterThan(metered.byteCount, 16 * metered.expression.programSize)
        XCTAssertEqual(known.byteCount, 1 << 17)
        // What RE2 gives up is compiled as far as it goes.
        let large = WorkMeter(EvaluationContext(stepCountMax: 1 << 26))
        XCTAssertThrowsError(try expression(String(repeating: #"\w{255}"#, count: 5), large)) { error in
            guard case .interrupted? = error as? KernelError else { return XCTFail("\(error)") }
        }
    }

    /// As conditions of events and rules ask: each row may have a pattern of its own, and nothing but the steps ends them.
    func test_patternsOfRows_outsideOfQueries_endWithTheSteps() throws {
        func evaluate(_ text: String, _ x: String, _ p: String) throws -> Value {
            let compiled = try ExpressionCompiler.compile(text, outer: [.init("x", .string), .init("p", .string)], as: .boolean, isCondition: true)
            let evaluator = try Evaluator(compiled.expression, layout: [ColumnID(0): 0, ColumnID(1): 1], context: EvaluationContext(stepCountMax: 1 << 20))
            let columns = [x, p].map { Column.constant(.string($0), type: .string, count: 1) }
            return try evaluator.evaluate(ColumnBatch(rowCount: 1, columns: columns)).value(at: 0)
        }
        let large = #"\w{100}"#
        func path(of pattern: String) -> String {
            let escaped = pattern.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
            return #"$ ? (@ like_regex "\#(escaped)")"#
        }
        for (text, x, small, costly) in [
            ("x ~ p", "ab", "^a", large), ("x ~ lower(p)", "ab", "^A", large), ("regexp_replace(x, p, '') = 'b'", "ab", "^a", large), ("substring(x FROM p) = 'a'", "ab", "^a", large),
            ("jsonb_path_exists(x::jsonb, p)", #""ab""#, path(of: "^a"), path(of: large)),
        ] {
            XCTAssertEqual(try evaluate(text, x, small), .boolean(true), text)
            XCTAssertThrowsError(try evaluate(text, x, costly), text) { XCTAssertEqual(($0 as? QueryError)?.slug, .unsupportedSQL, "\(text): \($0)") }
        }
        // With flags or a replacement of the row it is another program for each, too.
        for text in [#"regexp_replace(x, '\w{100}', '', p) = ''"#, #"regexp_replace(x, '\w{100}', p) = ''"#, #"regexp_count(x, '\w{100}', 1, p) = 1"#] {
            XCTAssertEqual(try evaluate(text.replacing(large, with: "z"), "ab", "i"), .boolean(false), text)
            XCTAssertThrowsError(try evaluate(text, "ab", "i"), text) { XCTAssertEqual(($0 as? QueryError)?.slug, .unsupportedSQL, "\(text): \($0)") }
        }
        // Written out, or made of what is.
        let written = path(of: large)
        for (text, x) in [
            (#"x ~ '\w{100}'"#, "ab"), (#"x ~ ('\w{100}' || lower('A'))"#, "ab"), (#"x SIMILAR TO '[[:alpha:]]{100}'"#, "ab"),
            ("jsonb_path_exists(x::jsonb, '\(written)')", #""ab""#), ("jsonb_path_exists(x::jsonb, '\(written)', jsonb_build_object('p', p))", #""ab""#),
            (#"regexp_replace(x, '\w{100}', '', 'i') = ''"#, "ab"), (#"regexp_count(x, '\w{100}', length(p) + 1) = 1"#, "ab"),
        ] { XCTAssertEqual(try evaluate(text, x, ""), .boolean(false), text) }
    }

    func test_init_cancelledQuery_compilesNothing() {
        let cancellation = Cancellation()
        cancellation.cancel()
        XCTAssertThrowsError(try expression("abc", meter(16 << 20, cancellation))) { error in
            guard case .interrupted(let error)? = error as? KernelError else { return XCTFail("\(error)") }
            XCTAssertEqual(error.slug, .cancelled)
        }
    }

    func test_init_countsTheProgramsSize() throws {
        let meter = meter(64 << 20)
        guard case .linear(let metered) = try expression(#"\w{100}"#, meter) else { return XCTFail("not linear") }
        XCTAssertGreaterThanOrEqual(meter.takenStepCount, metered.expression.programSize)
    }
}
