import ColumnStore
import XCTest

@testable import Query

/// Goal: a search for a pattern that looks around or back finds what PostgreSQL 15 finds, and ends with its query. Method: examples whose answers PostgreSQL gave; texts in which ICU has more ways than anybody waits
/// for, or than its memory has room for.
final class BacktrackingPatternTests: XCTestCase {
    private let meter = WorkMeter(EvaluationContext(cancellation: Cancellation()))
    /// Against a row of many letters it has more ways than there are seconds.
    private static let endless = "(?:a|aa)+(?=b)"

    private func pattern(_ text: String, isTest: Bool = false, _ meter: WorkMeter? = nil) throws -> BacktrackingPattern {
        let tree = try PatternReader.read(Array(text.utf8), ignoringCase: false, flags: "")
        return try BacktrackingPattern(try XCTUnwrap(tree, text), isTest: isTest, meter ?? self.meter)
    }

    /// The match and its groups.
    private func found(_ text: String, _ pattern: String, from start: Int = 0) throws -> [String?]? {
        let bytes = Array(text.utf8), pattern = try self.pattern(pattern)
        let groups = try bytes.withUnsafeBufferPointer { try pattern.firstMatchGroups(in: $0, from: start, meter) }
        return groups?.map { range in range.map { String(decoding: bytes[$0], as: UTF8.self) } }
    }

    private func fault(_ text: String, _ pattern: String, _ meter: WorkMeter? = nil) -> KernelError? {
        do {
            let pattern = try self.pattern(pattern, isTest: true, meter)
            _ = try Array(text.utf8).withUnsafeBufferPointer { try pattern.matches($0, meter ?? self.meter) }
            return nil
        } catch {
            return error as? KernelError
        }
    }

    func test_firstMatchGroups_lookingAroundAndBack_areThoseOfPostgreSQL() throws {
        let cases: [(String, String, [String?]?)] = [
            ("one two two", #"(\w+)\s+\1"#, ["two two", "two"]), ("say 'a b'", #"(["'])(.*?)\1"#, ["'a b'", "'", "a b"]), ("xaaab", #"(.)\1+"#, ["aaa", "a"]), ("чек № 42", #"(?<=№\s{0,3})\d+"#, ["42"]),
            ("12.5", #"(\d+)(?:\.(\d+))?(?!\d)"#, ["12.5", "12", "5"]), ("12", #"(\d+)(?:\.(\d+))?(?!\d)"#, ["12", "12", nil]), ("abc", #"(?=x)"#, nil), ("", #"(?=)"#, [""]), ("", #"(?=a)"#, nil),
            ("k=v;x=y", "([a-z]+)=(.*?)(?=;|$)", ["k=v;x=y", "k", "v;x=y"]),
        ]
        for (text, pattern, groups) in cases { XCTAssertEqual(try found(text, pattern), groups, "\(pattern) in \(text)") }
    }

    /// ICU's first way ends elsewhere.
    func test_firstMatchGroups_severalEnds_giveTheLongestOrTheShortest() throws {
        let cases: [(String, String, String)] = [
            ("the category", #"(?<!\w)(?:cat|category)"#, "category"), ("aab", "(?=a)a*(?:ab)?", "aab"), ("жжжжж", "(?=.)(?:ж|жж|жжжж)", "жжжж"), ("aaabbb", "(?=.)(?:a|aa|aaabb)(?:b|$)?", "aaabbb"),
            ("abab", "(?=a).*?(?:b|ab)", "ab"), ("aabbabbb", "(?=a).*?b.*?b", "aabb"),
        ]
        for (text, pattern, match) in cases { XCTAssertEqual(try found(text, pattern)?.first, match, "\(pattern) in \(text)") }
    }

    func test_firstMatchGroups_fromAPlace_seesWhatStandsBefore() throws {
        XCTAssertEqual(try found("aba", "(?<=b)a", from: 2), ["a"])
        XCTAssertNil(try found("aba", "^(?=a)", from: 2))
        XCTAssertEqual(try found("aba", "(?<=a)$", from: 3), [""])
        XCTAssertNil(try found("aba", "(?<=a)$", from: 4))
    }

    func test_matches_cancelledQuery_endsWithinOneText() throws {
        let cancellation = Cancellation()
        let meter = WorkMeter(EvaluationContext(cancellation: cancellation))
        let pattern = try pattern(Self.endless, isTest: true, meter)
        cancellation.cancel()
        XCTAssertThrowsError(try Array(repeating: UInt8(ascii: "a"), count: 80).withUnsafeBufferPointer { try pattern.matches($0, meter) }) { error in
            guard case .interrupted(let error)? = error as? KernelError else { return XCTFail("\(error)") }
            XCTAssertEqual(error.slug, .cancelled)
        }
    }

    /// Each row may have a pattern of its own, which takes long to compile.
    func test_init_cancelledQuery_compilesNothing() {
        let cancellation = Cancellation()
        cancellation.cancel()
        let fault = fault("a", "(?=a)", WorkMeter(EvaluationContext(cancellation: cancellation)))
        guard case .interrupted(let error)? = fault else { return XCTFail("\(String(describing: fault))") }
        XCTAssertEqual(error.slug, .cancelled)
    }

    /// ICU needs milliseconds for each of them, in which nobody can end it: of 2,048 bytes there were seconds.
    func test_init_manyWideClasses_areRefused() {
        for set in [#"[\W]"#, #"[\w]"#, "[[:graph:]]", "[Ѐ-\u{10FFFF}]"] {
            let many = "(?i)(?=a)" + String(repeating: set, count: 150)
            guard case .outside(.badPattern, let reason)? = fault("a", many), reason.contains("classes") else { XCTFail(set); continue }
            XCTAssertNil(fault("a", "(?i)(?=a)" + String(repeating: set, count: 20)), set)
        }
        guard case .outside(.badPattern, _)? = fault("a", "(?=a)" + String(repeating: #"\y"#, count: 1_000)) else { return XCTFail("word edges") }
        XCTAssertNil(fault("a", "(?=a)" + String(repeating: #"\y"#, count: 100)))
        // Few letters have few of the other case, and what heeds case has none.
        XCTAssertNil(fault("a", "(?i)(?=a)" + String(repeating: "[a-z]", count: 400)))
        XCTAssertNil(fault("a", "(?=a)" + String(repeating: #"[\w]"#, count: 500)))
    }

    /// Looked at anew for each reference, such parentheses would take minutes.
    func test_init_manyReferencesToDeepParentheses_looksAtThoseOnce() {
        let pattern = String(repeating: "(b", count: 90) + "a" + String(repeating: "c)", count: 90) + String(repeating: #"\1"#, count: 800)
        XCTAssertNil(fault("a", pattern))
    }

    func test_matches_timeOfTheQueryOver_endsWithinOneText() throws {
        let fixture = QueryFixture()
        let context = QueryContext(catalog: fixture.catalog, timeZone: "UTC", now: fixture.now)
        for condition in ["t ~ '\(Self.endless)'", "regexp_replace(t, '\(Self.endless)', '') = ''", "regexp_count(t, '\(Self.endless)') > 0", "substring(t from '\(Self.endless)') = ''"] {
            let prepared = try fixture.engine.prepare("SELECT n FROM (SELECT n, repeat('a', 80) || n AS t FROM generate_series(1, 3) g(n)) r WHERE \(condition)", in: context)
            func firstBatch() throws -> ColumnBatch? { try fixture.engine.execute(prepared, cancellation: Cancellation(timeLimitSeconds: 0.05)).next() }
            XCTAssertThrowsError(try firstBatch(), condition) { XCTAssertEqual(($0 as? QueryError)?.slug, .queryTimeout, condition) }
        }
    }

    func test_matches_moreWaysThanMemory_isRefused() {
        let pattern = "^(?:(?=a)a)*b"
        XCTAssertEqual(fault(String(repeating: "a", count: 250_000), pattern), .invalidArgument("the pattern has too many ways to go in this text"))
        XCTAssertNil(fault(String(repeating: "a", count: 2_000), pattern))
    }

    func test_matches_textsTooLong_areRefused() {
        let text = String(repeating: "b", count: BacktrackingPattern.textByteCountMax)
        XCTAssertNil(fault(text, "(?=a)"))
        guard case .invalidArgument? = fault(text + "b", "(?=a)") else { return XCTFail("a text of any length") }
    }

    /// A document's rule, for one: nothing ends it.
    func test_matches_withoutAQuery_isRefused() {
        guard case .outside(.notSupported, _)? = fault("a", "(?=a)", WorkMeter(EvaluationContext())) else { return XCTFail("a search without an end") }
    }

    /// A plan's constant has the planning's cancellation, whose time is the whole statement's.
    func test_matches_constantOfAPlan_isRefused() {
        var context = EvaluationContext(cancellation: Cancellation())
        context.allowance = StepAllowance()
        guard case .outside(.notSupported, _)? = fault("a", "(?=a)", WorkMeter(context)) else { return XCTFail("a search while planning") }
    }

    /// It is left to the query, which may have no row that asks for it.
    func test_prepare_constantSearch_staysAnExpression() throws {
        let fixture = QueryFixture()
        let context = QueryContext(catalog: fixture.catalog, timeZone: "UTC", now: fixture.now)
        func prepared(_ text: String) throws -> PreparedQuery {
            // Searched for while planning, the endless one would take all of this time.
            let prepared = try fixture.engine.prepare(text, in: context, cancellation: Cancellation(timeLimitSeconds: 30))
            guard case .project(_, let columns) = prepared.query.plan else { XCTFail(text); return prepared }
            for column in columns { XCTAssertFalse(column.expression.isLiteral, text) }
            return prepared
        }
        _ = try prepared("SELECT repeat('a', 80) ~ '\(Self.endless)'")
        let batch = try fixture.engine.execute(try prepared("SELECT 'aab' ~ '\(Self.endless)'")).next()
        XCTAssertEqual(batch?.columns.first?.value(at: 0), .boolean(true))
    }

    func test_init_withoutMemory_isRefused() {
        let context = EvaluationContext(memory: MemoryBudget(byteCountMax: 1 << 20), cancellation: Cancellation())
        XCTAssertEqual(fault("a", "(?=a)", WorkMeter(context)), .tooLarge(fittingRowCount: nil))
    }

    func test_init_patternsWithoutAnEqual_areRefused() {
        for pattern in ["(?<=a*)b", "(?<=a+)b", #"(?:(a*)(a*))b\1"#, #"(?:(a)|(b))\1"#, #"(?:(a)|b)*\1"#, #"(a)|\1b"#, #"(a)?b\1?"#, "(?=a)(?:a*)*?b", #"((\m)a)(?:\2?|-?){2}"#] {
            guard case .outside(.notSupported, _)? = fault("a", pattern) else { XCTFail(pattern); continue }
        }
        for pattern in ["(?=a", "(?=a))", "(?=a)*", "(?=a)a++", "(?=a)a{256}", "(?=a)a{2,1}", #"(?=a)\q"#, "(?=a)[b-a]", "(?=a)[[:foo:]]", "(?=a)[a", #"(a\1)"#, #"(a)(?=\1)"#, #"\1(a)"#, #"(?=a)\"#, "(?=a)" + String(repeating: "a", count: 2_048)] {
            guard case .outside(.badPattern, _)? = fault("a", pattern) else { XCTFail(pattern); continue }
        }
    }
}
