import ColumnStore
import XCTest

@testable import Query

/// Planning is counted in nodes visited: what it costs must grow as the statement does, and what grows faster is refused by name.
final class PlanningWorkTests: XCTestCase {
    private static let columnNames = (0..<8).map { "c\($0)" }

    private func context() throws -> QueryContext {
        let fields = Self.columnNames.map { Field($0, .int64) } + [Field("s", .string)]
        let batch = ColumnBatch(rowCount: 1, columns: fields.map { .constant($0.type == .string ? .string("a") : .integer(1), type: $0.type, count: 1) })
        let table = MemoryTable(schema: Schema(fields), batches: [batch])
        return QueryContext(catalog: FixedCatalog(tables: [("t", table)]), timeZone: "UTC", now: 0)
    }

    /// Nodes visited while the statement is planned.
    private func steps(_ query: String) throws -> Int {
        let work = PlanningWork()
        let context = try context()
        try PlanningWork.$current.withValue(work) {
            guard case .query(let bound) = try Binder.bind(query, in: context) else { return XCTFail("no query") }
            _ = try Optimizer().optimized(bound.plan)
        }
        return work.stepCount
    }

    private func list(_ count: Int, _ separator: String, _ item: (Int) -> String) -> String { (0..<count).map(item).joined(separator: separator) }

    /// Forms that generated statements are long in; `n` is how long.
    private var shapes: [(name: String, query: (Int) -> String)] {
        [
            ("AND of inequalities", { n in "SELECT count(*) FROM t WHERE " + self.list(n, " AND ") { "c0 <> \($0)" } }),
            ("AND of ranges", { n in "SELECT count(*) FROM t WHERE " + self.list(n, " AND ") { "c\($0 % 8) > -\($0)" } }),
            ("AND of computed", { n in "SELECT count(*) FROM t WHERE " + self.list(n, " AND ") { "c0 + \($0) > c1" } }),
            ("OR of one column", { n in "SELECT count(*) FROM t WHERE " + self.list(n, " OR ") { "c0 = \($0)" } }),
            ("OR of ANDs", { n in "SELECT count(*) FROM t WHERE " + self.list(n, " OR ") { "c\($0 % 8) = \($0) AND c\(($0 + 1) % 8) = 1" } }),
            ("OR of rows", { n in "SELECT count(*) FROM t WHERE (c0, c1) IN (" + self.list(n, ", ") { "(\($0), \($0))" } + ")" }),
            ("IN", { n in "SELECT count(*) FROM t WHERE c0 IN (" + self.list(n, ",", String.init) + ")" }),
            ("CASE", { n in "SELECT CASE c0 " + self.list(n, " ") { "WHEN \($0) THEN \($0 * 3)" } + " END FROM t" }),
            ("VALUES", { n in "SELECT count(*) FROM (VALUES " + self.list(n, ",") { "(\($0), 'x')" } + ") v(a, b) WHERE a > 3" }),
            ("AND over a join", { n in "SELECT count(*) FROM t a JOIN t b ON a.c0 = b.c0 WHERE " + self.list(n, " AND ") { "a.c0 < \($0)" } }),
            ("OR over a join", { n in
                "SELECT count(*) FROM t a JOIN t b ON a.c0 = b.c0 WHERE " + self.list(n, " OR ") { "a.c1 = \($0) AND b.c2 = \($0)" }
            }),
            ("equalities of a join", { n in "SELECT count(*) FROM t a JOIN t b ON " + self.list(n, " AND ") { "a.c0 + \($0) = b.c0 + \($0)" } }),
            ("AND over a union", { n in
                "SELECT count(*) FROM (SELECT c0 FROM t UNION ALL SELECT c1 FROM t) q WHERE " + self.list(n, " AND ") { "c0 <> \($0)" }
            }),
        ]
    }

    func testPlanningGrowsAsTheStatementDoes() throws {
        for shape in shapes {
            let (one, four) = (try steps(shape.query(500)), try steps(shape.query(2_000)))
            XCTAssertLessThan(Double(four), 4.4 * Double(one), "\(shape.name): \(one) steps, then \(four) of four times as much")
            // A statement of the longest text is planned within the limit, with room to spare.
            let perByte = Double(four) / Double(shape.query(2_000).utf8.count)
            XCTAssertLessThan(perByte * Double(SyntaxLimits.queryByteCountMax), Double(SyntaxLimits.planningStepCountMax) * 0.75, shape.name)
        }
    }

    func testListsOfManyColumnsArePlannedByKeysAndNotByComparingAll() throws {
        let lists: [(String, (Int) -> String)] = [
            ("aggregates", { n in "SELECT " + self.list(n, ", ") { "sum(c0 + \($0))" } + " FROM t" }),
            ("groups", { n in "SELECT count(*) FROM t GROUP BY " + self.list(n, ", ") { "c0 + \($0)" } }),
            ("grouped names", { n in
                "SELECT " + self.list(n, ", ") { "c0 + \($0)" } + " FROM t GROUP BY " + self.list(n, ", ") { "c0 + \($0)" }
            }),
            ("orders", { n in "SELECT c0 FROM t ORDER BY " + self.list(n, ", ") { "c0 + \($0)" } }),
            ("HAVING", { n in "SELECT c0 FROM t GROUP BY c0 HAVING " + self.list(n, " AND ") { "sum(c1 + \($0)) > 0" } }),
        ]
        for (name, query) in lists {
            let (one, four) = (try steps(query(400)), try steps(query(1_600)))
            XCTAssertLessThan(Double(four), 4.6 * Double(one), "\(name): \(one) steps, then \(four)")
        }
    }

    /// Each level doubled the condition that moved through it.
    func testConditionsThatDoubleAtEachLevelStayWhereTheyAre() throws {
        func nested(_ depth: Int) -> String {
            "SELECT a FROM " + String(repeating: "(SELECT a + a AS a FROM ", count: depth) + "(SELECT c0::DECIMAL AS a FROM t) z"
                + String(repeating: ") q", count: depth) + " WHERE a > 0"
        }
        let (some, many) = (try steps(nested(40)), try steps(nested(80)))
        XCTAssertLessThan(many - some, some)
        XCTAssertLessThan(many, SyntaxLimits.planningStepCountMax / 8)
    }

    func testFormsThatAskAnOperandTwiceAreCountedAsOften() throws {
        let depth = 60
        let between = "SELECT " + String(repeating: "(", count: depth) + "c0 > 0" + String(repeating: ") BETWEEN true AND true", count: depth) + " FROM t"
        let cases = "SELECT " + String(repeating: "CASE (", count: depth) + "c0"
            + String(repeating: ") WHEN 1 THEN 1 WHEN 2 THEN 2 WHEN 3 THEN 3 END", count: depth) + " FROM t"
        for query in [between, cases] {
            XCTAssertThrowsError(try steps(query)) { error in
                XCTAssertEqual((error as? QueryError)?.slug, .unsupportedSQL)
                XCTAssertTrue("\(error)".contains("1048576 operators"), "\(error)")
            }
        }
    }

    /// A CASE that compares the value and gives it was twice as long with each level, and was walked to its end before anybody counted.
    func testFunctionsWithinEachOtherHaveTheirArgumentsOnce() throws {
        func nested(_ depth: Int, _ inner: String, _ begin: String, _ end: String) -> String {
            "SELECT " + String(repeating: begin, count: depth) + inner + String(repeating: end, count: depth) + " FROM t"
        }
        for (inner, begin, end) in [
            ("c0", "nullif(", ", 1)"), ("c0 + c1 + c2 + c3 + c4", "nullif(", ", 1::integer)"), ("s", "nullif(", ", 'x')"),
            ("s", "overlay(", " PLACING 'a' FROM 2)"), ("s", "concat_ws(", ", 'a', 'b')"), ("s", "concat('a' = ", ")"),
        ] {
            // Two levels of text are the most that one of these takes, and 200 may be.
            XCTAssertLessThan(try steps(nested(90, inner, begin, end)), SyntaxLimits.planningStepCountMax / 8, begin)
        }
    }

    /// Each call walked its argument twice, and counted a quarter of that.
    func testCallsAroundALongArgumentDoNotWalkItAgain() throws {
        let binder = Binder(context: try context()), work = PlanningWork()
        let items = (0..<10_000).map { Query.Expression.literal(.integer(Int64($0)), .int64) }
        var value = Query.Expression.cast(.inList(.column(ColumnID(1), .int64), items, isNegated: false), to: .string, position: nil)
        try PlanningWork.$current.withValue(work) {
            for _ in 0..<100 {
                value = try SQLFunction.reverse.bound(FunctionCall(name: "reverse", arguments: [TypedExpression(value, at: 1)], position: 1), binder)
            }
        }
        XCTAssertLessThan(work.stepCount, 3 * items.count)
        // A list, its operand, a cast, and the calls.
        XCTAssertEqual(binder.nodeCounts.count(of: value), items.count + 3 + 100)
        XCTAssertEqual(binder.repeatedNodeCount, 0)
        // Another list of operands is another expression.
        let twice = Query.Expression.call(.concat, [value, value], type: .string, position: nil)
        XCTAssertEqual(binder.nodeCounts.count(of: twice), 2 * (items.count + 3 + 100) + 1)
    }

    func testWhatMentionsItsOperandsMoreThanOnceIsCounted() throws {
        func nested(_ depth: Int, _ inner: String, _ begin: String, _ end: String) -> String {
            "SELECT " + String(repeating: begin, count: depth) + inner + String(repeating: end, count: depth) + " FROM t"
        }
        for (inner, begin, end) in [
            ("to_jsonb(s)", "nullif(", ", '1'::jsonb)"), ("true", "(ARRAY[", "] IS DISTINCT FROM ARRAY[true])"), ("1", "array_length(ARRAY[", "], 1)"),
        ] {
            XCTAssertNoThrow(try steps(nested(5, inner, begin, end)), begin)
            XCTAssertThrowsError(try steps(nested(30, inner, begin, end)), begin) { error in
                XCTAssertEqual((error as? QueryError)?.slug, .unsupportedSQL, "\(error)")
                XCTAssertTrue("\(error)".contains("too often"), "\(error)")
            }
        }
    }

    func testWhatIsTooWideOrTooDeepIsRefusedByTheNameOfItsLimit() throws {
        let refused: [(String, String)] = [
            ("SELECT " + list(1_665, ",") { "c0 + \($0)" } + " FROM t", "SELECT has more than 1664"),
            ("SELECT c0 FROM t ORDER BY " + list(1_665, ",") { "c0 + \($0)" }, "ORDER BY has more than 1664"),
            ("SELECT c0 FROM t GROUP BY " + list(1_665, ",") { "c0 + \($0)" }, "GROUP BY has more than 1664"),
            ("SELECT coalesce(" + list(2_000, ",") { "sum(c0 + \($0))" } + ") FROM t", "more than 1664 aggregates"),
            ("SELECT " + list(201, ",") { "sum(c0) OVER (ORDER BY c1 + \($0))" } + " FROM t", "more than 200 windows"),
            ("SELECT count(*) FROM " + list(201, ",") { "(VALUES (\($0))) q\($0)" }, "more than 200 in a row"),
            ("SELECT 1 FROM t WHERE " + list(1_100, " AND ") { "EXISTS (SELECT 1 FROM t u WHERE u.c0 = t.c0 + \($0))" }, "1000 levels"),
            ("SELECT 1 FROM t WHERE (" + list(2_000, ",") { _ in "c0" } + ") < (" + list(2_000, ",") { _ in "1" } + ")", "1000 operators"),
            ("SELECT count(*) FROM t GROUP BY GROUPING SETS (" + list(600, ",") { "(c\($0 % 8))" } + ")", "512 grouping sets"),
        ]
        for (query, reason) in refused {
            XCTAssertThrowsError(try steps(query), reason) { error in
                XCTAssertEqual((error as? QueryError)?.slug, .unsupportedSQL, reason)
                XCTAssertTrue("\(error)".contains(reason), "\(error)")
            }
        }
        // Within the limits all is planned.
        XCTAssertNoThrow(try steps("SELECT " + list(1_664, ",") { "c0 + \($0)" } + " FROM t ORDER BY 1"))
        XCTAssertNoThrow(try steps("SELECT count(*) FROM " + list(200, ",") { "(VALUES (\($0))) q\($0)" }))
        XCTAssertNoThrow(try steps("SELECT " + list(300, ",") { "(SELECT max(c0) + \($0) FROM t)" }))
    }

    func testEachSideOfAJoinIsSizedOnce() throws {
        // Two equalities ask for the rows of both sides and of their tables: once each, a chain doubled at each join.
        func chain(_ count: Int) -> String {
            "SELECT count(*) FROM t t0 " + list(count, " ") { "LEFT JOIN t t\($0 + 1) ON t\($0 + 1).c0 = t\($0).c0 AND t\($0 + 1).c1 = t\($0).c1" }
        }
        XCTAssertLessThan(try steps(chain(120)), SyntaxLimits.planningStepCountMax / 4)
    }

    /// It walks no expression, and so nothing of it was counted, and nothing ended it before its end.
    func testTheSearchOfAnOrderOfJoinsIsCounted() throws {
        func join(_ count: Int) -> String {
            "SELECT count(*) FROM " + list(count, ", ") { "t t\($0)" } + " WHERE " + list(count - 1, " AND ") { "t\($0).c0 = t\($0 + 1).c0" }
        }
        // A look at each of 28,501 ways to divide ten tables in two, and more.
        XCTAssertGreaterThan(try steps(join(10)), 2 * 28_501)
        // A statement may have thirty and more of them; no query of TPC-DS has three.
        XCTAssertLessThan(try steps(join(10)), SyntaxLimits.planningStepCountMax / 32)
        XCTAssertLessThan(try steps(join(60)), SyntaxLimits.planningStepCountMax / 4)
        let work = PlanningWork(stepCountMax: 30_000), context = try context()
        XCTAssertThrowsError(
            try PlanningWork.$current.withValue(work) {
                guard case .query(let bound) = try Binder.bind(join(10), in: context) else { return XCTFail("no query") }
                _ = try Optimizer().optimized(bound.plan)
            }
        ) { error in
            XCTAssertEqual((error as? QueryError)?.slug, .unsupportedSQL, "\(error)")
            XCTAssertTrue("\(error)".contains("more than 30000 steps"), "\(error)")
        }
        // It ends soon behind its limit: half of the search and more is left.
        XCTAssertLessThan(work.stepCount, 50_000)
    }

    /// Whatever runs a subquery for each row reads the rows twice, to ask by them and to join by them: each one doubled all that lay beneath.
    func testSubqueriesThatAreRunForEachRowCostAsMuchOnceMoreAndNotTwice() throws {
        func value(_ number: Int) -> String { "(SELECT u.c1 FROM t u WHERE u.c1 < a.c0 AND u.c2 > a.c0 ORDER BY u.c3 + \(number) LIMIT 1)" }
        func within(_ count: Int) -> String {
            (0..<count).reversed().reduce("0") { inner, i in
                let outer = i == 0 ? "a" : "u\(i - 1)"
                return "(SELECT u\(i).c1 + \(inner) FROM t u\(i) WHERE u\(i).c1 < \(outer).c0 AND u\(i).c2 > \(outer).c0 ORDER BY 1 LIMIT 1)"
            }
        }
        func lateral(_ count: Int, _ condition: @escaping (Int) -> String) -> String {
            "SELECT count(*) FROM t t0" + list(count, "") { i in
                ", LATERAL (SELECT u.c1 AS c0 FROM t u WHERE \(condition(i)) ORDER BY u.c1 DESC LIMIT 1) t\(i + 1)"
            }
        }
        let chains: [(name: String, query: (Int) -> String)] = [
            ("values beside each other", { n in "SELECT " + self.list(n, ", ", value) + " FROM t a" }),
            ("conditions", { n in "SELECT a.c0 FROM t a WHERE " + self.list(n, " AND ") { value($0) + " > 0" } }),
            ("within each other", { n in "SELECT " + within(n) + " FROM t a" }),
            ("LATERAL", { n in lateral(n) { "u.c1 < t\($0).c0 AND u.c2 > t\($0).c0" } }),
            ("nearest rows", { n in lateral(n) { "u.c1 < t\($0).c0" } }),
        ]
        for chain in chains {
            let (six, twelve) = (try steps(chain.query(6)), try steps(chain.query(12)))
            // Doubled with each they would be 64 times as many; within each other the columns of all that lie around are asked for at each.
            XCTAssertLessThan(twelve, 24 * six, "\(chain.name): \(six) steps for six, \(twelve) for twelve")
            XCTAssertNoThrow(try steps(chain.query(16)), chain.name)
        }
    }

    /// Whether a subquery's plan looks outside is asked at each of its nodes on the way down: the first mention tells it, and the rest is left alone.
    func testMentionsAreLookedForNoFartherThanTheFirst() {
        let (outer, own) = (ColumnID(1), ColumnID(2))
        func test(_ id: ColumnID) -> [Query.Expression] { [.isNull(.column(id, .int64))] }
        var plan = LogicalPlan.values(columns: [], rows: [[]])
        for _ in 0..<500 { plan = .filter(input: plan, conjuncts: test(own)) }
        func asked(_ plan: LogicalPlan) -> (isFound: Bool, stepCount: Int) {
            let work = PlanningWork()
            let isFound = PlanningWork.$current.withValue(work) { plan.mentions(anyOf: [outer]) }
            XCTAssertEqual(isFound, plan.freeColumns.contains(outer))
            return (isFound, work.stepCount)
        }
        let above = asked(.filter(input: plan, conjuncts: test(outer)))
        XCTAssertTrue(above.isFound)
        XCTAssertLessThan(above.stepCount, 10)
        XCTAssertFalse(asked(plan).isFound)
        XCTAssertTrue(asked(.filter(input: .shared(id: 1, definition: .filter(input: plan, conjuncts: test(outer)), columns: []), conjuncts: test(own))).isFound)
    }

    /// What a subquery says of outside at each of its nodes is lifted out without looking through all that lies beneath, each time.
    func testLiftingConditionsGrowsAsTheyDo() {
        let (outer, own) = (ColumnID(1), OutputColumn(id: ColumnID(2), name: "", type: .int64))
        let condition = Query.Expression.call(.equal, [.column(outer, .int64), .column(own)], type: .boolean, position: nil)
        func steps(_ count: Int) -> Int {
            var plan = LogicalPlan.values(columns: [own], rows: [[.literal(.integer(1), .int64)]])
            for _ in 0..<count { plan = .filter(input: plan, conjuncts: [condition]) }
            let pullUp = CorrelationPullUp(outer: [outer], ids: PlanIDs(after: plan), isExistence: true)
            let work = PlanningWork()
            XCTAssertEqual(PlanningWork.$current.withValue(work) { pullUp.pull(plan)?.equalities.count }, count)
            return work.stepCount
        }
        // Looked through at each node they would be sixteen times as many.
        XCTAssertLessThan(steps(400), 6 * steps(100))
    }

    func testPlanningCanBeCancelled() throws {
        let cancellation = Cancellation()
        cancellation.cancel()
        let engine = QueryEngine(QueryEngine.Settings(threadCount: 1))
        let query = shapes[0].query(2_000)
        XCTAssertThrowsError(try engine.prepare(query, in: try context(), cancellation: cancellation)) { error in
            XCTAssertEqual((error as? QueryError)?.slug, .cancelled)
        }
    }

    /// A kernel's work is ended as a query's is, and not only what lies between two constants.
    func testConstantsEndWithTheStatementThatIsPlanned() throws {
        let looking = ScalarFunction(
            "looking", nulls: .strict, cost: .light, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                try call.meter.look()
                return call[0]
            })
        let constant = Query.Expression.call(looking, [.literal(.integer(7), .int64)], type: .int64, position: nil)
        func values() throws -> [Value] { [try FoldingAllowance.constant(in: .utc)(constant), try Binder.constant(constant, StepAllowance()).value(at: 0)] }
        let cancellation = Cancellation()
        XCTAssertEqual(try PlanningWork.plan(cancellation, values), [.integer(7), .integer(7)])
        cancellation.cancel()
        XCTAssertEqual(try values(), [.integer(7), .integer(7)], "of no statement")
        try PlanningWork.$current.withValue(PlanningWork(cancellation: cancellation)) {
            XCTAssertThrowsError(try FoldingAllowance.constant(in: .utc)(constant)) { XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled) }
            XCTAssertThrowsError(try Binder.constant(constant, StepAllowance())) { XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled) }
        }
    }

    /// What a cut constant makes of the rest, as a LIMIT that has none, is no fault of the statement's.
    func testWhatFailsAfterTheEndFailedForThat() throws {
        let cancellation = Cancellation()
        struct Fault: Error {}
        XCTAssertThrowsError(try PlanningWork.plan(cancellation) { throw Fault() }) { XCTAssertTrue($0 is Fault, "\($0)") }
        XCTAssertThrowsError(
            try PlanningWork.plan(cancellation) {
                cancellation.cancel()
                throw Fault()
            }
        ) { XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled) }
    }

    /// Views, and expressions of types and subscriptions, are planned by nobody: they have a time of their own.
    func testWhatIsKeptIsBoundWithinATimeOfItsOwn() throws {
        let (over, open) = (Cancellation(timeLimitSeconds: -1, ending: "binding the view"), Cancellation(timeLimitSeconds: 3_600))
        let context = QueryContext(catalog: FixedCatalog([]), now: 0)
        let isLate = { (error: any Error) in
            XCTAssertEqual((error as? QueryError)?.slug, .queryTimeout, "\(error)")
            XCTAssertEqual((error as? QueryError)?.detail, "binding the view ran out of time: ask for less, or raise limits.query_time")
        }
        XCTAssertThrowsError(try Binder.view("SELECT 1 AS a", named: "v", in: context, cancellation: over), "", isLate)
        XCTAssertThrowsError(try ExpressionCompiler.compile("a = 1", outer: [.init("a", .int64)], cancellation: over), "", isLate)
        for cancellation in [open, nil] {
            XCTAssertEqual(try Binder.view("SELECT 1 AS a", named: "v", in: context, cancellation: cancellation).columns.map(\.name), ["a"])
            XCTAssertEqual(try ExpressionCompiler.compile("a = 1", outer: [.init("a", .int64)], cancellation: cancellation).usedInputs, [0])
        }
        // What counts its steps meanwhile looks at it, and is bounded as a statement is.
        XCTAssertTrue(try PlanningWork.bind(open) { () throws(QueryError) in PlanningWork.cancellation === open })
        XCTAssertThrowsError(try PlanningWork.bind(open, stepCountMax: 9) { () throws(QueryError) in try PlanningWork.current?.spend(100_000) }) {
            XCTAssertEqual(($0 as? QueryError)?.slug, .unsupportedSQL)
        }
        XCTAssertThrowsError(
            try PlanningWork.bind(open) { () throws(QueryError) in
                open.cancel()
                try PlanningWork.current?.spend(100_000)
            }
        ) { XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled) }
    }

    func testLargeConstantsAreNotKeptInThePlan() throws {
        let engine = QueryEngine(QueryEngine.Settings(threadCount: 1))
        let query = "SELECT " + list(40, ",") { "repeat('x', \(1_000_000 + $0))" }
        let prepared = try engine.prepare(query, in: try context())
        guard case .project(_, let columns) = prepared.query.plan else { return XCTFail("no projection") }
        for column in columns { XCTAssertFalse(column.expression.isLiteral) }
    }
}
