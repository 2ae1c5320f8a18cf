import ColumnStore
import Processes
import XCTest

/// Goal: intrinsic functions give what the language's appendix says, or fail by name. Method: tables of calls with their outcomes over one input.
final class IntrinsicTests: XCTestCase {
    private static let data = """
        {"name":"Arnav","template":"Hi {}, {}!","n":5,"f":2.5,"neg":-2.5,"list":[1,2,3,3,4],"mixed":[1,1.0,"1",null,{"a":1,"b":2},{"b":2,"a":1.0},[1],[1]],"obj":{"a":1,"b":{"c":2}},
        "more":{"b":3,"d":4},"text":"{\\"x\\":1.50}","big":12345678901234567890123,"csv":"a,b;;c","u":"aGVsbG8=","e":[],"t":true,"null":null}
        """

    private func value(_ text: String) throws -> String {
        var evaluation = try Evaluation(Self.data, context: #"{"Execution":{"Id":"e1"}}"#)
        return try evaluation.value(of: Expression(text)).textForm
    }

    func test_calls_giveTheirValues() throws {
        let cases = [
            ("States.Format('Hello, {}.', $.name)", #""Hello, Arnav.""#), ("States.Format($.template, $.n, $.big)", #""Hi 5, 12345678901234567890123!""#),
            (#"States.Format('\{{}\} \'{}\' \\', 1, 'x')"#, #""{1} 'x' \\""#), ("States.Format('{}{}{}', $.t, $.null, $.obj)", #""truenull{a=1, b={c=2}}""#),
            ("States.Format('{}', $.list)", #""[1, 2, 3, 3, 4]""#), ("States.Format('none')", #""none""#), ("States.Format('{}', '{}')", #""{}""#),
            ("States.StringToJson($.text)", #"{"x":1.50}"#), ("States.StringToJson('')", "null"), ("States.JsonToString($.obj)", #""{\"a\":1,\"b\":{\"c\":2}}""#),
            ("States.Array()", "[]"), ("States.Array(1, 'a', null, true, $.n)", #"[1,"a",null,true,5]"#),
            ("States.ArrayPartition($.list, 2)", "[[1,2],[3,3],[4]]"), ("States.ArrayPartition($.list, 2.5)", "[[1,2,3],[3,4]]"), ("States.ArrayPartition($.e, 4)", "[]"),
            ("States.ArrayPartition($.list, 99999999999)", "[[1,2,3,3,4]]"), ("States.ArrayContains($.list, 3.0)", "true"), ("States.ArrayContains($.mixed, $.obj)", "false"),
            ("States.ArrayContains($.mixed, '1')", "true"), ("States.ArrayRange(1, 9, 2)", "[1,3,5,7,9]"), ("States.ArrayRange(9, 1, -4)", "[9,5,1]"),
            ("States.ArrayRange(1, 0, 1)", "[]"), ("States.ArrayRange(0, 0, 7)", "[0]"), ("States.ArrayRange(9223372036854775806, 9223372036854775807, 1)", "[9223372036854775806,9223372036854775807]"),
            ("States.ArrayGetItem($.list, 4)", "4"), ("States.ArrayLength($.list)", "5"), ("States.ArrayLength($.list[?(@ > 2)])", "3"),
            ("States.ArrayUnique($.list)", "[1,2,3,4]"), ("States.ArrayUnique($.mixed)", #"[1,"1",null,{"a":1,"b":2},[1]]"#),
            ("States.Base64Encode('Data to encode')", #""RGF0YSB0byBlbmNvZGU=""#), ("States.Base64Decode($.u)", #""hello""#), ("States.Base64Decode('aGVsbG8')", #""hello""#),
            ("States.Base64Decode(States.Base64Encode('жé'))", #""жé""#), ("States.Base64Encode('')", #""""#),
            ("States.Hash('input data', 'SHA-1')", #""aaff4a450a104cd177d28d18d74485e8cae074b7""#), ("States.Hash('', 'MD5')", #""d41d8cd98f00b204e9800998ecf8427e""#),
            ("States.Hash('abc', 'SHA-256')", #""ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad""#),
            ("States.Hash('abc', 'SHA-384')", #""cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7""#),
            ("States.Hash('abc', 'SHA-512')", #""ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f""#),
            ("States.JsonMerge($.obj, $.more, false)", #"{"a":1,"b":3,"d":4}"#), ("States.MathAdd(111, -1)", "110"), ("States.MathAdd($.f, $.neg)", "1"),
            ("States.MathRandom(7, 7)", "7"), ("States.MathRandom(7, 8)", "7"), ("States.StringSplit('1,2,3', ',')", #"["1","2","3"]"#), ("States.StringSplit($.csv, ',;')", #"["a","b","c"]"#),
            ("States.StringSplit('This.is+a,test=string', '.+,=')", #"["This","is","a","test","string"]"#), ("States.StringSplit('ab', '')", #"["ab"]"#),
            ("States.Format('{}-{}', States.ArrayGetItem(States.StringSplit($.csv, ','), 0), $$.Execution.Id)", #""a-e1""#), ("$.list[1:3]", "[2,3]"), ("$$.Execution.Id", #""e1""#),
            ("States.Array( 1 ,2 )", "[1,2]"),
        ]
        for (text, expected) in cases { XCTAssertEqual(try value(text), expected, text) }
    }

    func test_calls_thatCannotBe_failByName() throws {
        let cases = [
            "States.Format('{}', 1, 2)", "States.Format('{} {}', 1)", "States.Format($.n)", "States.StringToJson($.n)", "States.StringToJson('{')", "States.StringToJson('01')",
            "States.ArrayPartition($.list, 0)", "States.ArrayPartition($.list, -1)", "States.ArrayPartition($.n, 1)", "States.ArrayPartition($.list, 'a')", "States.ArrayContains($.n, 1)",
            "States.ArrayRange(1, 9, 0)", "States.ArrayRange(1, 1001, 1)", "States.ArrayRange('a', 1, 1)", "States.ArrayRange(1, 1e30, 1)", "States.ArrayGetItem($.list, 5)",
            "States.ArrayGetItem($.list, -1)", "States.ArrayLength('abc')", "States.ArrayUnique($.obj)", "States.Base64Encode(1)", "States.Base64Decode('a')", "States.Base64Decode('a$b=')",
            "States.Base64Decode('/w==')", "States.Hash('a', 'SHA-3')", "States.Hash($.obj, 'MD5')", "States.JsonMerge($.obj, $.more, true)", "States.JsonMerge($.obj, $.list, false)",
            "States.MathAdd('1', 2)", "States.MathAdd(9223372036854775807, 1)", "States.MathAdd($.big, 1)", "States.MathRandom(2, 1)", "States.StringSplit(1, ',')",
        ]
        for text in cases { XCTAssertThrowsError(try value(text), text) { XCTAssertEqual(($0 as? StateError)?.name, "States.IntrinsicFailure", text) } }
        let long = String(repeating: "a", count: 10_001)
        XCTAssertThrowsError(try value("States.Base64Encode('\(long)')"))
        XCTAssertNoThrow(try value("States.Hash('\(long.dropLast())', 'MD5')"))
    }

    func test_expressions_thatAreNone_areRefusedWithTheirPlace() {
        let faults: [(String, Int)] = [
            ("", 0), ("x", 0), ("States.", 0), ("States.Nothing(1)", 0), ("States.Format", 13), ("States.Format(", 14), ("States.Format('a'", 17), ("States.Format('a)", 17),
            ("States.Format(a)", 14), ("States.Format('a' 'b')", 18), ("States.Format('a',)", 18), ("States.Format('a')x", 18), ("States.UUID(1)", 0), ("States.Array(,)", 13),
            (#"States.Format('\n')"#, 16), ("States.Format($.a.)", 18), ("States.Hash('a')", 0), ("States.Array(01)", 15), ("States.Array({})", 13),
        ]
        for (text, offset) in faults {
            XCTAssertThrowsError(try Expression(text), text) { XCTAssertEqual(($0 as? ExpressionFault)?.offset, offset, "\(text): \($0)") }
        }
        let nested = { (count: Int) in String(repeating: "States.Array(", count: count) + "1" + String(repeating: ")", count: count) }
        XCTAssertNoThrow(try Expression(nested(Expression.depthMax)))
        XCTAssertThrowsError(try Expression(nested(Expression.depthMax + 1)))
    }

    func test_chance_comesFromOutside() throws {
        for text in ["States.UUID()", "States.MathRandom(1, 1000000)"] {
            var (one, same, other) = (try Evaluation("{}", seed: 1), try Evaluation("{}", seed: 1), try Evaluation("{}", seed: 2))
            let expression = try Expression(text)
            let first = try one.value(of: expression)
            XCTAssertEqual(first, try same.value(of: expression))
            XCTAssertNotEqual(first, try other.value(of: expression))
            XCTAssertNotEqual(first, try one.value(of: expression))
        }
        var (one, other) = (try Evaluation("{}", seed: 1), try Evaluation("{}", seed: 2))
        let seeded = try Expression("States.MathRandom(1, 1000000, 42)")
        XCTAssertEqual(try one.value(of: seeded), try other.value(of: seeded))
    }

    func test_templates_replaceWhatEndsInDollar() throws {
        var faults: [Template.Fault] = []
        let text = #"{"a.$":"$.n","b":{"c.$":"States.Array($.n)","d":[{"e.$":"$$.Execution.Id"},"$.n"]},".$":1,"f":"$.n"}"#
        let template = Template(try json(text), at: "", faults: &faults)
        XCTAssertEqual(faults, [])
        var evaluation = try Evaluation(Self.data, context: #"{"Execution":{"Id":"e1"}}"#)
        XCTAssertEqual(try template.value(&evaluation).textForm, #"{"a":5,"b":{"c":[5],"d":[{"e":"e1"},"$.n"]},".$":1,"f":"$.n"}"#)
        XCTAssertEqual(Template(try json(#"{"a":[1,{"b":2}]}"#), at: "", faults: &faults), .literal(try json(#"{"a":[1,{"b":2}]}"#)))
        _ = Template(try json(#"{"a":1,"a.$":"$.n","b/c":[{"d.$":1}],"e.$":"States.X()"}"#), at: "/P", faults: &faults)
        XCTAssertEqual(faults.map(\.pointer), ["/P/a.$", "/P/b~1c/0/d.$", "/P/e.$"])
        let missing = Template(try json(#"{"a.$":"$.nowhere"}"#), at: "", faults: &faults)
        XCTAssertThrowsError(try missing.value(&evaluation)) { XCTAssertEqual(($0 as? StateError)?.name, "States.ParameterPathFailure") }
    }

    /// Each pointer may have a name as long as the definition in it: kept for each member they took its square.
    func test_templates_ofManyFaultsBelowALongName_tellOfAFew() throws {
        let members = (0..<3_000).map { "\"a\($0).$\":1" }.joined(separator: ",")
        var faults: [Template.Fault] = []
        _ = Template(try json("{\"\(String(repeating: "x", count: 100_000))\":{\(members)}}"), at: "", faults: &faults)
        XCTAssertEqual(faults.count, 11)
        XCTAssertTrue(faults.allSatisfy { $0.pointer.utf8.count > 100_000 })
        faults = []
        _ = Template(try json("{\(members)}"), at: "", faults: &faults)
        XCTAssertEqual(faults.count, 1_000)
    }

    func test_numbersOfManyDigits_areWorkedFor() throws {
        let data = JSONValue.object(["n": .number("0." + String(repeating: "1", count: 100_000))])
        let sum = try Expression("States.MathAdd($.n, 1)")
        var few = Evaluation(data: data, context: .object([]), chance: Chance(secret: [1]), steps: Steps(1_000))
        XCTAssertThrowsError(try few.value(of: sum)) { XCTAssertEqual(($0 as? StateError)?.name, "States.Runtime") }
        var enough = Evaluation(data: data, context: .object([]), chance: Chance(secret: [1]))
        XCTAssertEqual(try enough.value(of: sum).textForm, "1")
    }

    /// Each is within the bounds, and takes seventeen megabytes; what a call was made of is let go with it.
    func test_manyResults_areRefusedOnceTheyTakeTooMuchAtOnce() throws {
        let data = #"{"t":"["# + String(repeating: "1,", count: 400_000) + #"1]"}"#
        func made(_ call: String) throws -> JSONValue {
            var faults: [Template.Fault] = []
            let template = Template(try json("{" + (0..<6).map { #""a\#($0).$":"\#(call)""# }.joined(separator: ",") + "}"), at: "", faults: &faults)
            XCTAssertEqual(faults, [])
            var evaluation = try Evaluation(data)
            return try template.value(&evaluation)
        }
        XCTAssertThrowsError(try made("States.StringToJson($.t)")) { XCTAssertEqual(($0 as? StateError)?.name, "States.DataLimitExceeded") }
        XCTAssertEqual(try made("States.ArrayLength(States.StringToJson($.t))").members?.map(\.value.textForm), Array(repeating: "400001", count: 6))
        let lists = Array(repeating: "States.StringToJson($.t)", count: 6).joined(separator: ",")
        var evaluation = try Evaluation(data)
        XCTAssertThrowsError(try evaluation.value(of: Expression("States.ArrayLength(States.Array(\(lists)))"))) { error in
            XCTAssertEqual((error as? StateError)?.cause?.contains("at once"), true, "\(error)")
        }
    }

    /// What they find is shared; the lists are not.
    func test_manyListsOfPaths_areRefusedOnceTheyTakeTooMuchAtOnce() throws {
        let data = #"{"i":["# + String(repeating: "1,", count: 400_000) + "1]}"
        func made(_ expression: String) throws -> JSONValue {
            var faults: [Template.Fault] = []
            let template = Template(try json("{" + (0..<6).map { #""a\#($0).$":"\#(expression)""# }.joined(separator: ",") + "}"), at: "", faults: &faults)
            XCTAssertEqual(faults, [])
            var evaluation = try Evaluation(data)
            return try template.value(&evaluation)
        }
        func isTooMuchAtOnce(_ error: any Error) -> Bool {
            let error = error as? StateError
            return error?.name == "States.DataLimitExceeded" && error?.cause?.contains("at once") == true
        }
        XCTAssertThrowsError(try made("$.i[*]")) { XCTAssertTrue(isTooMuchAtOnce($0), "\($0)") }
        XCTAssertThrowsError(try made("$.i[0:]")) { XCTAssertTrue(isTooMuchAtOnce($0), "\($0)") }
        XCTAssertNoThrow(try made("$.i"))
        XCTAssertEqual(try made("States.ArrayLength($.i[*])").members?.map(\.value.textForm), Array(repeating: "400001", count: 6))
        let lists = Array(repeating: "$.i[*]", count: 6).joined(separator: ",")
        var evaluation = try Evaluation(data)
        XCTAssertThrowsError(try evaluation.value(of: Expression("States.ArrayLength(States.Array(\(lists)))"))) { XCTAssertTrue(isTooMuchAtOnce($0), "\($0)") }
    }

    func test_bigResults_areRefusedBeforeTheyAreWritten() throws {
        let data = #"{"a":""# + String(repeating: "x", count: 400_000) + #""}"#
        for text in ["States.Array($.a, $.a, $.a)", "States.Format('{}{}{}', $.a, $.a, $.a)", "States.JsonToString(States.Array($.a, $.a, $.a))"] {
            var evaluation = try Evaluation(data)
            XCTAssertThrowsError(try evaluation.value(of: Expression(text))) { XCTAssertEqual(($0 as? StateError)?.name, "States.DataLimitExceeded") }
        }
    }
}
