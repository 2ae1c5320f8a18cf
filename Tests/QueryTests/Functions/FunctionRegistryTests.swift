import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Goal: a function that is in the list works, and one that works is in the list and in the documents. Method: every form of every function's definition is
/// called with NULLs, constant and in rows, and docs/sql-functions.md is made of what they say.
final class FunctionRegistryTests: XCTestCase {
    private static let columns: [(name: String, type: ColumnType, value: Value)] = [
        ("b", .boolean, .boolean(true)), ("i", .int32, .integer(2)), ("n", .int64, .integer(3)), ("d", .decimal38(scale: 2), .decimal(250)),
        ("e", .decimal38(scale: 1), .decimal(15)), ("f", .double, .double(1.5)), ("s", .string, .string("ab")), ("x", .binary, .bytes([1])),
        ("day", .date, .integer(20_000)), ("at", .timestampTZ, .integer(1_700_000_000_000_000)),
        ("local", .timestamp(isUTC: false), .integer(1_700_000_000_000_000)), ("span", .interval, .interval(Interval(days: 1))), ("clock", .time, .integer(3_600_000_000)),
        ("l", .list(element: Field("element", .int32)), .list([.integer(1), .null])), ("w", .list(element: Field("element", .string)), .list([.string("a")])),
        ("j", .jsonb, .string("[1]")), ("v", .json(isBinary: false), .string("[1]")),
    ]

    private let fixture: QueryFixture = {
        let fields = columns.map { Field($0.name, $0.type) }
        var fixture = QueryFixture([("t", QueryFixture.table(fields, [columns.map(\.value), columns.map { _ in .null }, columns.map(\.value)], batchRowCount: 2))], threads: 1)
        fixture.catalog.xpath = SelectingNothing()
        return fixture
    }()

    /// Who really reads XML is tested where it is.
    private struct SelectingNothing: XPathReading, XPathExpression {
        func expression(_ path: String, namespaces: [String: String]) throws(XPathFault) -> any XPathExpression { self }
        func treeByteCount(of text: UnsafeRawBufferPointer) -> Int { 0 }
        func select(in text: UnsafeRawBufferPointer, _ take: ([UInt8]) -> Bool) throws(XPathFault) {}
    }

    private static func column(_ type: ColumnType) throws -> String { try XCTUnwrap(columns.first { $0.type == type }?.name, type.sqlName) }

    /// Texts of a form whose meaning is a constant of the query: a field, a pattern, a zone.
    private static let constants: [String: [Int: String]] = [
        "extract": [0: "'year'"], "date_part": [0: "'year'"], "date_trunc": [0: "'month'", 2: "'UTC'"], "timezone": [0: "'UTC'"],
        "regexp_replace": [1: "'a'", 2: "'b'", 3: "'g'"], "substring": [1: "2", 2: "'#'"], "to_char": [1: "'YYYY'"],
        "encode": [1: "'hex'"], "decode": [0: "'6162'", 1: "'hex'"], "convert_from": [1: "'UTF8'"], "convert_to": [1: "'UTF8'"], "regexp_like": [2: "'i'"],
        "regexp_count": [3: "'i'"], "regexp_substr": [4: "'i'"], "regexp_instr": [5: "'i'"], "regexp_match": [2: "'i'"], "regexp_split_to_array": [2: "'i'"],
        "to_date": [0: "'2020'", 1: "'YYYY'"], "to_timestamp": [0: "'2020'", 1: "'YYYY'"], "to_number": [0: "'12'", 1: "'99'"], "make_timestamptz": [6: "'UTC'"],
        "similar_to_escape": [1: "'#'"], "normalize": [1: "'NFD'"], "is_normalized": [1: "'NFD'"], "pg_size_bytes": [0: "'1.5 kB'"],
    ]

    private static func call(_ function: SQLFunction, _ name: String, _ form: [ColumnType], isNull: Bool) throws -> String {
        let arguments = try form.enumerated().map { place, type -> String in
            if let constant = constants[function.names[0]]?[place], type == .string { return constant == "2" ? "'a'" : constant }
            return isNull ? "NULL::\(type.sqlName)" : try column(type)
        }
        switch name {
        case "extract": return "extract(year FROM \(arguments[1]))"
        case "overlay": return "overlay(\(arguments[0]) PLACING \(arguments[1]) FROM \(arguments[2])\(arguments.count > 3 ? " FOR \(arguments[3])" : ""))"
        case "current_timestamp", "current_date", "localtimestamp", "localtime": return name
        // What they take is narrower than a type.
        case "json_build_object", "jsonb_build_object": return form.isEmpty ? "\(name)()" : "\(name)('a', \(arguments[1]))"
        case "json_object", "jsonb_object": return form.count == 1 ? "\(name)(ARRAY['a', \(try column(.string))])" : "\(name)(ARRAY['a'], ARRAY[\(try column(.string))])"
        case "jsonb_set", "jsonb_insert": return "\(name)(\(arguments[0]), '{0}', \(arguments[2]))"
        case let name where name.hasPrefix("jsonb_path_"):
            return "\(name)(\(arguments[0]), '$[0] == 1'\(form.count > 2 ? ", '{}'" : "")\(form.count > 3 ? ", \(arguments[3])" : ""))"
        case "regexp_replace" where form.count == 6: return "regexp_replace(\(arguments[0]), 'a', 'b', \(arguments[3]), \(arguments[4]), 'g')"
        case "jsonb_set_lax":
            return "\(name)(\(arguments[0]), '{0}', \(arguments[2])\(form.count > 3 ? ", \(arguments[3])" : "")\(form.count > 4 ? ", 'return_target'" : ""))"
        case "jsonb_delete_path": return "\(name)(\(arguments[0]), '{0}')"
        case "jsonb_delete" where form[1] == .int32: return "jsonb_delete('[1, 2]', \(arguments[1]))"
        // A text without a type is a place there.
        case "substr" where form[1] == .string: return "substr(\(arguments[0]), \(arguments[1])::VARCHAR\(form.count > 2 ? ", \(arguments[2])" : ""))"
        case "get_byte", "set_byte", "get_bit", "set_bit": return "\(name)('\\x0102'::BLOB, 0\(form.count > 2 ? ", 1" : ""))"
        case "asin", "acos", "asind", "acosd", "atanh", "setseed": return "\(name)(\(arguments[0]) / 2)"
        case "date_bin": return "date_bin(\(arguments[0]), \(arguments[1]), \(arguments[2]))"
        case "array_fill" where !isNull: return "array_fill(\(arguments[0]), ARRAY[2])"
        case "width_bucket" where form.count == 2: return isNull ? "width_bucket(\(arguments.joined(separator: ", ")))" : "width_bucket(\(arguments[0]), ARRAY[1, 2])"
        case "row_to_json": return "row_to_json(ROW(\(arguments[0]))\(form.count > 1 ? ", \(arguments[1])" : ""))"
        case "xmlelement": return "xmlelement(NAME a, XMLATTRIBUTES(\(arguments[0]) AS b), \(arguments[0]))"
        case "xmlforest": return "xmlforest(\(arguments[1]) AS a)"
        case "xmlpi": return "xmlpi(NAME a\(form.count > 1 ? ", \(arguments[1])" : ""))"
        case "xmlroot": return "xmlroot(\(arguments[0]), VERSION \(arguments[1]), STANDALONE YES)"
        case "width_bucket": return "width_bucket(\(arguments[0]), 0, 10, \(arguments[3]))"
        default: return "\(name)(\(arguments.joined(separator: ", ")))"
        }
    }

    func test_everyForm_ofEveryName_runsOverRowsAndNulls() throws {
        for function in FunctionRegistry.scalars {
            XCTAssertFalse(function.forms.isEmpty, "\(function.names)")
            for name in function.names {
                for form in function.forms {
                    let overRows = try Self.call(function, name, form, isNull: false)
                    XCTAssertNoThrow(try fixture.rows("SELECT \(overRows) FROM t"), overRows)
                    if form.contains(where: \.isNested) { continue }
                    let ofNulls = try Self.call(function, name, form, isNull: true)
                    XCTAssertNoThrow(try fixture.rows("SELECT \(ofNulls)"), ofNulls)
                }
            }
        }
    }

    /// An argument that a call has twice is drawn twice, and doubles with each call of its kind around it.
    func test_everyArgument_isMentionedOnce_orCounted() {
        func mentions(_ id: ColumnID, in expression: Query.Expression) -> Int {
            if case .column(id, _) = expression { return 1 }
            return expression.children.reduce(0) { $0 + mentions(id, in: $1) }
        }
        var boundCount = 0, skipped: [String] = []
        for function in FunctionRegistry.scalars {
            for name in function.names {
                for form in function.forms where !form.isEmpty {
                    let binder = Binder(context: QueryContext(catalog: FixedCatalog(tables: []), timeZone: "UTC", now: 0))
                    // Longer than what any call adds to its arguments.
                    let columns = form.map { type in (0..<400).map { _ in binder.newColumn("argument", type) } }
                    let arguments = zip(form, columns).map { type, columns in TypedExpression(.coalesce(columns.map { Query.Expression.column($0) }, type: type), at: 1) }
                    // One that takes a constant, or what a store alone has, is not told of columns.
                    guard let bound = try? function.bound(FunctionCall(name: name, arguments: arguments, position: 1), binder) else {
                        skipped.append("\(name)(\(form.map(\.sqlName).joined(separator: ", ")))")
                        continue
                    }
                    boundCount += 1
                    let most = columns.map { mentions($0[0].id, in: bound) }.max() ?? 0
                    XCTAssertTrue(most <= 1 || binder.repeatedNodeCount > 0, "\(name) of \(form.map(\.sqlName))")
                }
            }
        }
        // Few are told nothing of columns.
        XCTAssertGreaterThan(boundCount, 3 * skipped.count, "not bound: \(skipped)")
    }

    /// They took the place of comparisons, which do: spread over a batch, a long constant would be too much of rows that fit.
    func test_nullifAndOverlay_readConstantsOnce() throws {
        let long = Query.Expression.literal(.string(String(repeating: "x", count: 1 << 18)), .string)
        let name = Query.Expression.column(ColumnID(1), .string), number = Query.Expression.column(ColumnID(2), .int64)
        func whole(_ value: Int64) -> Query.Expression { .literal(.integer(value), .int32) }
        let calls: [(function: ScalarFunction, arguments: [Query.Expression], type: ColumnType, expected: Value)] = [
            (.equal, [name, long], .boolean, .boolean(false)), (.nullIf, [name, long], .string, .string("a7")), (.nullIfCast, [number, long], .int64, .integer(7)),
            (.overlay, [long, name, whole(1), whole(1 << 19)], .string, .string("a7")),
        ]
        let rowCount = 64
        var names = ColumnBuilder(type: .string), numbers = ColumnBuilder(type: .int64)
        for row in 0..<rowCount {
            names.append(.string("a\(row)"))
            numbers.append(.integer(Int64(row)))
        }
        let batch = ColumnBatch(rowCount: rowCount, columns: [names.finish(), numbers.finish()])
        for (function, arguments, type, expected) in calls {
            // Sixteen times what a column of several rows may take under it.
            let context = EvaluationContext(memory: MemoryBudget(byteCountMax: 8 << 20))
            let evaluator = try Evaluator(.call(function, arguments, type: type, position: nil), layout: [ColumnID(1): 0, ColumnID(2): 1], context: context)
            XCTAssertEqual(try evaluator.evaluate(batch).value(at: 7), expected, function.symbol)
        }
    }

    /// A long first value is compared as the second's type and given as its own.
    func test_nullif_ofColumnsOfTwoTypes_isComparedAsTheSecond() throws {
        let values: [[Value]] = [[.integer(1), .integer(6)], [.integer(2), .integer(13)], [.null, .integer(1)], [.integer(3), .null], [.integer(4), .integer(24)]]
        for usesDictionaries in [false, true] {
            let table = QueryFixture.table([Field("i", .int32), Field("n", .int64)], values, batchRowCount: 2, usesDictionaries: usesDictionaries)
            let fixture = QueryFixture([("t", table)], threads: 1)
            let call = "nullif(i + i + i + i + i + i, n)"
            XCTAssertTrue(try fixture.rows("EXPLAIN SELECT \(call) FROM t").contains("nullif_cast"))
            XCTAssertEqual(try fixture.rows("SELECT coalesce(\(call), -1) FROM t"), "-1|12|-1|18|-1")
            XCTAssertEqual(try fixture.rows("SELECT coalesce(\(call), -1) FROM t WHERE n > 6"), "12|-1")
        }
    }

    func test_everyName_isOneFunctionsAlone() {
        let names = FunctionRegistry.names
        XCTAssertEqual(names.count, Set(names).count, "\(Dictionary(grouping: names, by: { $0 }).filter { $0.value.count > 1 }.keys)")
        XCTAssertTrue(FunctionRegistry.absent.isDisjoint(with: names))
    }

    func test_everyAggregateAndWindowFunction_runsOverNulls() throws {
        for name in FunctionRegistry.aggregateNames.sorted() {
            let call = switch name {
            case "percentile_cont", "percentile_disc": "\(name)(0.5) WITHIN GROUP (ORDER BY f)"
            case "mode": "mode() WITHIN GROUP (ORDER BY f)"
            case "string_agg": "string_agg(s, ',')"
            case "bool_and", "bool_or", "every": "\(name)(b)"
            case "approx_count_distinct_merge", "approx_count_distinct_joined": "\(name)(NULL::bytea)"
            default: "\(name)(i)"
            }
            XCTAssertNoThrow(try fixture.rows("SELECT \(call) FROM t"), call)
            XCTAssertNoThrow(try fixture.rows("SELECT \(call) FROM t WHERE i IS NULL"), call)
        }
        for function in GatheredAggregate.all {
            let arguments = function.argumentCount == 1 ? "i" : function.types[0] == .string ? "s, i" : "f, i"
            XCTAssertNoThrow(try fixture.rows("SELECT \(function.name)(\(arguments)) FROM t WHERE i IS NOT NULL"), function.name)
            XCTAssertNoThrow(try fixture.rows("SELECT \(function.name)(\(arguments)) FROM t WHERE false"), function.name)
        }
        for function in RowFunction.all {
            let argument = function.name == "_pg_expandarray" ? "ARRAY[1, 2]" : function.name.hasPrefix("jsonb_path_query") ? "'[1]', '$[*]'" : function.name.contains("array_elements") ? "'[1]'" : function.name.contains("json") ? "'{\"a\": 1}'" : "'a b', ' '"
            XCTAssertNoThrow(try fixture.rows("SELECT * FROM t, \(function.name)(\(argument))"), function.name)
        }
        for name in FunctionRegistry.windowNames.sorted() {
            let arguments = switch name {
            case "nth_value": "i, 1"
            case "ntile", "lag", "lead", "first_value", "last_value": name == "ntile" ? "2" : "i"
            default: ""
            }
            XCTAssertNoThrow(try fixture.rows("SELECT \(name)(\(arguments)) OVER (ORDER BY n) FROM t"), name)
        }
    }

    /// `script/describe-functions` writes the page anew.
    func test_page_saysWhatFunctionsSayOfThemselves() throws {
        let page = try String(contentsOf: FunctionPage.file, encoding: .utf8), made = FunctionPage.made(of: page)
        XCTAssertEqual(FunctionPage.missing(in: page), [])
        if GoldenFile.isRewriting { return try made.write(to: FunctionPage.file, atomically: true, encoding: .utf8) }
        XCTAssertTrue(made == page, "docs/sql-functions.md is not what the functions say: run script/describe-functions")
    }

    func test_everyFunction_isToldInASentence() {
        for function in FunctionRegistry.shown {
            XCTAssertFalse(function.summary.isEmpty, function.name)
            XCTAssertFalse(function.summary.hasSuffix(".") || function.summary.contains("\n"), function.name)
            XCTAssertEqual(function.summary.filter { $0 == "`" }.count % 2, 0, function.name)
        }
    }

    /// The type that comes out follows from those that go in, wherever they say.
    func test_signatures_areWhatCallsGive() {
        let signatures = FunctionRegistry.signatures
        func results(_ name: String) -> [ColumnType?] { signatures.filter { $0.function.name == name }.map(\.result) }
        XCTAssertEqual(results("list_sum"), [.int64])
        XCTAssertEqual(results("substr"), [.string, .binary, .string, .string, .binary, .string])
        XCTAssertEqual(results("approx_count_distinct"), [.int64])
        XCTAssertEqual(results("approx_count_distinct_merge"), [.int64])
        // What reads XML is a store's.
        XCTAssertEqual(results("xpath"), [nil, nil])
        XCTAssertEqual(signatures.first { $0.function.name == "reverse" }?.isStrict, true)
        XCTAssertEqual(signatures.first { $0.function.name == "concat" }?.isStrict, false)
        XCTAssertEqual(Set(signatures.map(\.function.name)), Set(FunctionRegistry.scalarNames + FunctionRegistry.aggregateNames))
    }

    func test_routines_areTheList() throws {
        let names = try fixture.rows("SELECT routine_name FROM information_schema.routines").split(separator: "|").map(String.init)
        XCTAssertEqual(names, FunctionRegistry.names)
        XCTAssertEqual(
            try fixture.rows("SELECT routine_name, routine_type, is_deterministic FROM information_schema.routines WHERE routine_name IN ('now', 'abs', 'count') ORDER BY 1"),
            "abs,FUNCTION,YES|count,,YES|now,FUNCTION,NO")
    }
}
