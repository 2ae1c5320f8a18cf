import ColumnStore
import Query
import XCTest

@testable import Documents

/// Computed columns and rules: the plain way, the engine's, and both alike.
final class RuleSetTests: XCTestCase {
    private func type(columns: String, rules: String = "") throws -> DocumentType {
        let json =
            #"{"name":"t","version":1,"format":"json","match":{},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{\#(columns)},"rules":[\#(rules)]}"#
        return try DocumentType(json: Array(json.utf8))
    }

    /// What comes after it would say no more: a file has thousands of them.
    func test_init_timeIsOver_isSaidOnceAtTheFirstExpression() throws {
        let json = Array(
            #"{"name":"t","version":1,"format":"json","match":{},"receipt_id":"/id","issued_at":"/at","time_zone":"UTC","columns":{"a":{"path":"/a","type":"VARCHAR"}},"rules":[{"name":"one","check":"a = 'x'","message":"m"},{"name":"two","check":"a = 'y'","message":"m"}]}"#
                .utf8)
        XCTAssertFalse(try DocumentType(json: json, cancellation: Cancellation(timeLimitSeconds: 3_600)).rules.isEmpty)
        XCTAssertThrowsError(try DocumentType(json: json, cancellation: Cancellation(timeLimitSeconds: -1, ending: "binding the type's expressions"))) { error in
            let reasons = (error as? TypeFileError)?.reasons ?? []
            XCTAssertEqual(reasons.map(\.pointer), ["/rules/0/check"], "\(error)")
            XCTAssertEqual(reasons.map(\.code), ["query-timeout"])
            XCTAssertEqual(reasons.first?.message.hasPrefix("binding the type's expressions ran out of time"), true)
        }
    }

    private func read(_ type: DocumentType, _ members: String) throws -> ReceiptResult {
        let registry = TypeRegistry()
        try registry.put(type)
        let body = #"{"id":"1","at":"2026-01-01"\#(members)}"#
        return try XCTUnwrap(try DocumentReader(registry: registry).readJSON(Array(body.utf8), ReadingOptions(now: SampleFiles.now)).receipts.first)
    }

    private func values(_ type: DocumentType, _ members: String) throws -> [Value] {
        switch try read(type, members) {
        case .accepted(let receipt): return try receipt.type.layout.values(of: receipt.row)
        case .refused(let problem, _, _): throw problem
        }
    }

    private func faults(_ type: DocumentType, _ members: String) throws -> [String] {
        guard case .refused(let problem, _, _) = try read(type, members) else { return [] }
        return problem.errors.map { "\($0.code): \($0.message)" }
    }

    private let numbers = #""a":{"path":"/a","type":"DECIMAL(18,4)","stored":false},"b":{"path":"/b","type":"DECIMAL(18,2)","stored":false},"n":{"path":"/n","type":"INTEGER","stored":false},"s":{"path":"/s","type":"VARCHAR","stored":false},"l":{"path":"/l","stored":false,"columns":{"x":{"path":"/x","type":"DECIMAL(9,2)"},"y":{"expression":"x * a","type":"DECIMAL(18,3)"}}}"#

    func test_evaluate_plainExpressions_areExactAndRunPlainly() throws {
        let cases: [(String, String, Value)] = [
            ("a / nullif(b, 0)", "DECIMAL(9,4)", .decimal(3_333)), ("a + b", "DECIMAL(18,4)", .decimal(40_000)), ("a * b", "DECIMAL(18,6)", .decimal(3_000_000)),
            ("b / a", "DECIMAL(9,2)", .decimal(300)), ("-abs(a - b)", "DECIMAL(9,1)", .decimal(-20)), ("list_sum(l.x)", "DECIMAL(18,2)", .decimal(350)),
            ("list_sum(l.y)", "DECIMAL(18,3)", .decimal(3_500)), ("list_count(l)", "BIGINT", .integer(3)), ("list_max(l.x)", "DECIMAL(9,2)", .decimal(200)),
            ("list_avg(l.x)", "DECIMAL(18,4)", .decimal(17_500)), ("case when n > 6 then 'big' when n is null then 'none' else 'small' end", "VARCHAR", .string("big")),
            ("coalesce(null, n, 3)", "INTEGER", .integer(7)), ("s in ('x', 'y')", "BOOLEAN", .boolean(true)), ("s is distinct from 'x'", "BOOLEAN", .boolean(false)),
            ("n = 7 and (a > 5 or s < 'z')", "BOOLEAN", .boolean(true)), ("n / 2", "INTEGER", .integer(3)), ("not (n between 1 and 3)", "BOOLEAN", .boolean(true)),
            ("'UAH'", "VARCHAR", .string("UAH")), ("n + 0.5", "INTEGER", .integer(8)),
            // Of a longer value NULLIF is a call.
            ("nullif(n + 1 - 1 + 1 - 1 + 1, 8)", "INTEGER", .null), ("nullif(n + 1 - 1 + 1 - 1 + 1, 9)", "INTEGER", .integer(8)), ("nullif(n + 1 - 1 + 1 - 1 + 1, 8::bigint)", "INTEGER", .null),
            ("nullif(n + 1 - 1 + 1 - 1 + 1, 9::bigint)", "INTEGER", .integer(8)), ("nullif(a + b - a - b + a - a, 0)", "DECIMAL(18,4)", .null),
            ("nullif(n + 1 - 1 + 1 - 1 + 1, nullif(n, 7))", "INTEGER", .integer(8)),
        ]
        for (expression, columnType, wanted) in cases {
            let type = try type(columns: numbers + #","v":{"expression":"\#(expression)","type":"\#(columnType)"}"#)
            XCTAssertTrue(type.rules.isPlain, expression)
            XCTAssertEqual(try values(type, #","a":1,"b":3,"n":7,"s":"x","l":[{"x":1.5},{"x":2},{}]"#), [wanted], expression)
        }
    }

    func test_evaluate_otherFunctions_runInTheEngine() throws {
        let cases: [(String, String, Value)] = [
            ("upper(s) || '-' || n", "VARCHAR", .string("X-7")), ("s like '%x%'", "BOOLEAN", .boolean(true)), ("round(a / b, 2)", "DECIMAL(9,2)", .decimal(33)),
            ("substring('abc', 2)", "VARCHAR", .string("bc")), ("n", "BOOLEAN", .boolean(true)), ("n || ''", "INTEGER", .integer(7)),
            ("case when s = 'x' then 'true' else 'no' end", "BOOLEAN", .boolean(true)),
            // Half away from zero, of doubles too; a cast within the expression is PostgreSQL's, to the even one.
            ("(n - 2) / 2e0", "INTEGER", .integer(3)), ("-(n - 2) / 2e0", "BIGINT", .integer(-3)), ("n / 2e1", "BIGINT", .integer(0)), ("0.49999999999999994e0", "INTEGER", .integer(0)),
            ("power(2, 62)", "BIGINT", .integer(1 << 62)), ("((n - 2) / 2e0)::integer", "INTEGER", .integer(2)), ("nullif(n, 7) * 1e0", "INTEGER", .null),
        ]
        for (expression, columnType, wanted) in cases {
            let type = try type(columns: numbers + #","v":{"expression":"\#(expression)","type":"\#(columnType)"}"#)
            XCTAssertEqual(try values(type, #","a":1,"b":3,"n":7,"s":"x""#), [wanted], expression)
        }
    }

    func test_evaluate_columnsThatDependOnEachOther_areComputedInOrder() throws {
        let type = try type(
            columns: #""c":{"expression":"b + 1","type":"INTEGER"},"b":{"expression":"a + 1","type":"INTEGER"},"a":{"path":"/a","type":"INTEGER"}"#)
        XCTAssertEqual(try values(type, #","a":1"#), [.integer(3), .integer(2), .integer(1)])
        XCTAssertThrowsError(try self.type(columns: #""c":{"expression":"b + 1","type":"INTEGER"},"b":{"expression":"c + 1","type":"INTEGER"}"#)) { error in
            XCTAssertTrue((error as? TypeFileError)?.reasons.contains { $0.code == "circular-expression" } ?? false)
        }
    }

    func test_evaluate_rules_failNamedAndPassOnNull() throws {
        let type = try type(columns: numbers, rules: #"{"name":"small","check":"a < 10","message":"a is too big"},{"name":"ratio","check":"b / a > 1"}"#)
        XCTAssertEqual(try faults(type, #","a":1,"b":3"#), [])
        XCTAssertEqual(try faults(type, ""), [])
        XCTAssertEqual(try faults(type, #","a":11,"b":1"#), ["small: a is too big", "ratio: the rule ratio does not hold"])
        XCTAssertTrue(try faults(type, #","a":0,"b":1"#).first?.hasPrefix("ratio: the rule ratio cannot be evaluated: ") ?? false)
    }

    /// Whoever corrects a document hears of all its faults at once: rules about what could be read are tested whatever else is wrong; others would guess.
    func test_testReadable_besideOtherFaults_rulesOfWhatCouldBeReadAreTold() throws {
        let rules = #"{"name":"small","check":"n < 5","message":"n is small"},{"name":"plain","check":"s ~ '^x$'","message":"s is x"},{"name":"both","check":"coalesce(a, 0) > n","message":"a is more"},{"name":"made","check":"v > 100","message":"v is more"},{"name":"listed","check":"coalesce(list_sum(l.x), 0) > 9","message":"l is more"}"#
        let type = try type(columns: numbers.replacingOccurrences(of: #""path":"/b","#, with: #""path":"/b","required":true,"#) + #","v":{"expression":"n * 2","type":"INTEGER"}"#, rules: rules)
        func codes(_ members: String) throws -> [String] { try faults(type, members).map { String($0.prefix { $0 != ":" }) } }
        XCTAssertEqual(try codes(#","a":"many","b":1,"n":7,"s":"y""#), ["not-a-number", "small", "plain"])
        XCTAssertEqual(try codes(#","a":9,"n":7,"s":"y""#), ["required", "small", "plain"])
        XCTAssertEqual(try codes(#","a":1,"n":7,"s":"x""#), ["required", "small", "both"])
        XCTAssertEqual(try codes(#","a":1,"n":"none","s":"y""#), ["required", "not-a-number", "plain"])
        XCTAssertEqual(try codes(#","a":9,"b":1,"n":1,"s":"x","l":[{"x":"none"}]"#), ["not-a-number"])
        // The next document knows nothing of it.
        XCTAssertEqual(try codes(#","a":9,"b":1,"n":7,"s":"x","l":[{"x":10}]"#), ["small", "made"])
    }

    /// Whoever corrects a document is led to the field, where a rule is about one; through what is computed of it, too.
    func test_evaluate_ruleAboutOneColumn_pointsAtItsField() throws {
        let columns =
            #""n":{"path":"/p/n","type":"INTEGER"},"o":{"from":["/first","/p/second"],"type":"INTEGER"},"f":{"path":"/f","type":"INTEGER","default":7},"s":{"sum":"/l/*/x","type":"INTEGER"},"l":{"path":"/l","columns":{"x":{"path":"/x","type":"INTEGER"}}},"d":{"expression":"n * 2","type":"INTEGER"},"e":{"expression":"d + n","type":"INTEGER"},"g":{"expression":"100 / (n - 9)","type":"INTEGER"}"#
        let checks = ["n > 17 or n = 0", "o > 17", "f > 17", "s > 17", "d > 17", "e > 99", "n > o", "list_count(l) > 3", "l is not null and n > 17", "1 > 2"]
        let rules = checks.enumerated().map { #"{"name":"r\#($0)","check":"\#($1)"}"# }.joined(separator: ",")
        let type = try type(columns: columns, rules: rules)
        func places(_ members: String) throws -> [String] {
            guard case .refused(let problem, _, _) = try read(type, members) else { return [] }
            return problem.errors.map { "\($0.code) \($0.pointer)" }
        }
        XCTAssertEqual(
            try places(#","p":{"n":5,"second":6},"l":[{"x":1},{"x":2}]"#),
            ["r0 /p/n", "r1 /p/second", "r2 /f", "r3 ", "r4 /p/n", "r5 /p/n", "r6 ", "r7 ", "r8 ", "r9 "])
        XCTAssertEqual(
            try places(#","first":1,"p":{"n":9,"second":6},"f":1,"l":[{"x":20}]"#), ["expression-failed /p/n", "r0 /p/n", "r1 /first", "r2 /f", "r9 "],
            "the first alternative; and what is computed of one field stands there too")
    }

    func test_evaluate_ruleAboutOneColumn_pointsAtItsFieldInXMLAndCSV() throws {
        let rules = #""rules":[{"name":"grown","check":"age > 17"},{"name":"named","check":"name ~ '^[A-Z]'"}]"#
        func places(_ type: String, _ read: (DocumentReader) throws -> DocumentReading) throws -> [[String]] {
            let registry = TypeRegistry()
            try registry.put(try DocumentType(json: Array("{\(type),\(rules)}".utf8)))
            return try read(DocumentReader(registry: registry)).receipts.map { receipt in
                guard case .refused(let problem, _, _) = receipt else { return [] }
                return problem.errors.map { "\($0.code) \($0.pointer)" }
            }
        }
        let options = ReadingOptions(now: SampleFiles.now)
        let xml = #""name":"x","version":1,"format":"xml","match":{"root":"a"},"each":"r","receipt_id":"id","issued_at":"at","time_zone":"UTC","columns":{"name":{"path":"p/@name","type":"VARCHAR"},"age":{"path":"p/age","type":"INTEGER"}}"#
        let document = #"<a><r><id>1</id><at>2026-01-01</at><p name="x"/><p><age>5</age></p></r><r><id>2</id><at>2026-01-01</at><p name="X"><age>x</age></p></r></a>"#
        XCTAssertEqual(
            try places(xml) { try $0.readXML(Array(document.utf8), options) }, [["grown /p[2]/age", "named /p[1]/@name"], ["not-a-number /p/age"]])
        let csv = #""name":"c","version":1,"format":"csv","match":{},"receipt_id":"id","issued_at":"at","time_zone":"UTC","columns":{"name":{"path":"name","type":"VARCHAR"},"age":{"path":"a/b","type":"INTEGER"}}"#
        XCTAssertEqual(
            try places(csv) { try $0.readCSV(Array("id,at,name,a/b\n1,2026-01-01,x,5\n2,2026-01-01,x,y\n".utf8), options) },
            [["grown /1/a~1b", "named /1/name"], ["not-a-number /2/a~1b", "named /2/name"]])
    }

    /// A few bytes of a document could hold a thread with megabytes of text, once for each line of it.
    func test_evaluate_largeTexts_areCountedAsTheDocumentsWork() throws {
        let expressions = [
            "repeat(s, n)", "lpad(s, n, 'ab')", "rpad(s, n)", "replace(repeat(s, n), 'x', 'yyyy')", "regexp_replace(repeat(s, n), 'x', 'yyyy', 'g')", "repeat('x', 9) || repeat(s, n)",
        ]
        for expression in expressions {
            let column = try type(columns: numbers + #","v":{"expression":"length(\#(expression))","type":"INTEGER"}"#)
            let rule = try type(columns: numbers, rules: #"{"name":"r","check":"length(\#(expression)) > 1"}"#)
            for type in [column, rule] {
                XCTAssertEqual(try faults(type, #","s":"x","n":1000"#), [], expression)
                let found = try faults(type, #","s":"x","n":20000000"#)
                XCTAssertEqual(found.count, 1, "\(expression): \(found)")
                XCTAssertTrue(found.first?.hasPrefix("too-much-work: ") ?? false, "\(expression): \(found)")
                XCTAssertTrue(found.first?.contains("rules and expressions") ?? false, "\(expression): \(found)")
            }
        }
    }

    /// A walk over matches that lie near each other is nearly linear, and counted so; one that may look at all that is left each time is not.
    func test_evaluate_walksOverManyMatches_areCountedByWhatTheyLookAt() throws {
        func type(_ expression: String) throws -> DocumentType { try self.type(columns: numbers + #","v":{"expression":"\#(expression)","type":"INTEGER"}"#) }
        func text(_ part: String, _ count: Int) -> String { #","s":"\#(String(repeating: part, count: count))""# }
        let blanks = try type(#"length(regexp_replace(s, '\\s+', ' ', 'g'))"#)
        XCTAssertEqual(try faults(blanks, text("prose  ", 700)), [])
        XCTAssertTrue(try values(blanks, text("prose  ", 2_800)).contains(.integer(6 * 2_800)))
        // Each byte is a match.
        for expression in ["length(regexp_replace(s, '[^0-9]', '', 'g'))", "regexp_count(s, '[^0-9]')"] { XCTAssertEqual(try faults(try type(expression), text("a", 6_000)), [], expression) }
        for expression in ["length(regexp_replace(s, 'x(.*y)?', 'z', 'g'))", "regexp_count(s, 'x(.*y)?')"] {
            let found = try faults(try type(expression), text("x", 60_000))
            XCTAssertTrue(found.first?.hasPrefix("too-much-work: ") ?? false, "\(expression): \(found)")
        }
    }

    /// Of each line a text that a document could have once.
    func test_evaluate_largeTextsOfLines_areCountedTogether() throws {
        let list = #""l":{"path":"/l","columns":{"x":{"path":"/x","type":"VARCHAR"},"y":{"expression":"length(repeat(x, 100000))","type":"INTEGER"}}}"#
        let type = try type(columns: list)
        func lines(_ count: Int) -> String { #","l":["# + [String](repeating: #"{"x":"a"}"#, count: count).joined(separator: ",") + "]" }
        XCTAssertEqual(try faults(type, lines(8)), [])
        XCTAssertTrue(try faults(type, lines(500)).first?.hasPrefix("too-much-work: ") ?? false)
    }

    /// What is evaluated of many documents at once is charged as each by itself would be.
    func test_canWait_rulesThatMakeMuchOfLittle_doNot() throws {
        func canWait(_ check: String) throws -> Bool {
            let input = [(input: RuleCompiler.Input.scalar(0), type: ColumnType.string)]
            let compiled = try ExpressionCompiler.compile(check, outer: [ExpressionCompiler.Input("s", .string)], as: .boolean, isCondition: true)
            return RuleProgram(compiled, inputs: input, memberNames: []).canWait
        }
        for check in ["s ~ '^[a-z]+$'", "length(s) < 9", "upper(s) || 'x' LIKE 'A%'"] { XCTAssertTrue(try canWait(check), check) }
        for check in ["length(repeat(s, 9)) < 99", "lpad(s, 9) = s", "upper(replace(s, 'a', 'b')) = 'B'", "regexp_replace(s, 'a', 'b') = s"] { XCTAssertFalse(try canWait(check), check) }
    }

    func test_evaluate_valueThatDoesNotFit_isAFault() throws {
        let type = try type(columns: numbers + #","v":{"expression":"b * 100000","type":"DECIMAL(4,1)"}"#)
        XCTAssertTrue(try faults(type, #","b":3"#).first?.hasPrefix("expression-failed: v cannot be computed: ") ?? false)
    }

    func test_evaluate_infiniteTimes_areFaults() throws {
        for (expression, kind) in [("s::date", "DATE"), ("s::timestamptz", "TIMESTAMPTZ"), ("CASE WHEN n = 7 THEN 'infinity'::timestamptz END", "TIMESTAMPTZ")] {
            let type = try type(columns: numbers + #","v":{"expression":"\#(expression)","type":"\#(kind)"}"#)
            XCTAssertTrue(try faults(type, #","n":7,"s":"-infinity""#).first?.hasPrefix("expression-failed: v cannot be computed: ") ?? false, expression)
            XCTAssertEqual(try faults(type, #","n":8,"s":"2026-11-20""#), [], expression)
        }
    }

    func test_init_badExpressions_areRefusedWithTheirPlace() {
        for (columns, pointer) in [
            (#""v":{"expression":"nothing + 1","type":"INTEGER"}"#, "/columns/v/expression"), (#""v":{"expression":"1 +","type":"INTEGER"}"#, "/columns/v/expression"),
            (#""v":{"expression":"now()","type":"TIMESTAMPTZ"}"#, "/columns/v/expression"), (#""v":{"expression":"random()","type":"DOUBLE"}"#, "/columns/v/expression"),
        ] {
            XCTAssertThrowsError(try type(columns: columns)) { error in
                XCTAssertEqual((error as? TypeFileError)?.reasons.map(\.pointer), [pointer], columns)
            }
        }
        XCTAssertThrowsError(try type(columns: numbers, rules: #"{"name":"r","check":"a + 1"}"#))
    }

    func test_posReceipt_runsPlainly() throws {
        XCTAssertTrue(try SampleFiles.posReceipt().rules.isPlain)
    }
}
