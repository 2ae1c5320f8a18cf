import ColumnStore
import Processes
import TestSupport
import XCTest

/// Goal: paths find what Jayway's library finds. Method: a table over one document, laws over documents and paths at random, bounds on depth and work.
final class PathTests: XCTestCase {
    private static let store = """
        {"store":{"book":[{"c":"ref","t":"A","p":8.95},{"c":"fic","t":"B","p":12.99},{"c":"fic","t":"C","p":8.99,"i":"0-553"},{"c":"fic","t":"D","p":22.99,"i":"0-395"}],
        "bicycle":{"color":"red","p":19.95}},"expensive":10,"list":[1,2,3,4,5],"e":[],"z":null,"a b":{"x.y":1}}
        """

    private func find(_ path: String, in data: String = store) throws -> String? {
        var steps = Steps()
        return try Path(path).find(in: json(data), &steps)?.textForm
    }

    func test_paths_findWhatJaywayFinds() throws {
        let cases: [(String, String?)] = [
            ("$.expensive", "10"), ("$['expensive']", "10"), ("$[\"expensive\"]", "10"), ("$.store.book[0].t", #""A""#), ("$.store.book[-1].t", #""D""#), ("$.list[4]", "5"),
            ("$.list[5]", nil), ("$.nothing", nil), ("$.z", "null"), ("$.z.x", nil), ("$.expensive[0]", nil), ("$['a b']['x.y']", "1"),
            ("$.store.book[*].t", #"["A","B","C","D"]"#), ("$.store.book.t", nil), ("$.store.book[*].i", #"["0-553","0-395"]"#), ("$.store.book[*].none", "[]"),
            ("$.list[1:3]", "[2,3]"), ("$.list[:2]", "[1,2]"), ("$.list[-2:]", "[4,5]"), ("$.list[::2]", "[1,3,5]"), ("$.list[0:99]", "[1,2,3,4,5]"), ("$.list[3:1]", "[]"),
            ("$.list[0,2]", "[1,3]"), ("$.list[0,9]", "[1]"), ("$.e[*]", "[]"), ("$.e[0]", nil), ("$.none[*]", "[]"), ("$.none[0:1]", "[]"), ("$.none..x", "[]"),
            ("$..p", "[8.95,12.99,8.99,22.99,19.95]"), ("$.store..color", #"["red"]"#), ("$..nowhere", "[]"), ("$..book[0].t", #"["A"]"#), ("$..['t']", #"["A","B","C","D"]"#),
            ("$.store.book[0]['t','p']", #"{"t":"A","p":8.95}"#), ("$.store.book[*]['t','none']", #"[{"t":"A"},{"t":"B"},{"t":"C"},{"t":"D"}]"#),
            ("$['expensive','z']", #"{"expensive":10,"z":null}"#), ("$.*.color", "[]"), ("$.store.*.color", #"["red"]"#),
            ("$.store.book[?(@.i)].t", #"["C","D"]"#), ("$.store.book[?(@.p < 10)].t", #"["A","C"]"#), ("$.store.book[?(@.p<10&&@.c=='fic')].t", #"["C"]"#),
            ("$.store.book[?(@.p > $.expensive)].t", #"["B","D"]"#), ("$.store.book[?(@.p <= $['expensive'])].t", #"["A","C"]"#),
            ("$.store.book[?(@.c == 'ref' || @.p == 22.99)].t", #"["A","D"]"#), ("$.store.book[?(!(@.i))].t", #"["A","B"]"#), ("$.store.book[?(!@.i)].t", #"["A","B"]"#),
            ("$.list[?(@ > 3)]", "[4,5]"), ("$.list[?(@ in [2,4])]", "[2,4]"), ("$.list[?(@ nin [2,4])]", "[1,3,5]"), ("$.store.book[?(@.t contains 'C')].p", "[8.99]"),
            ("$.store.bicycle[?(@.color == 'red')].p", "[19.95]"), ("$.store.bicycle[?(@.color == 'blue')]", "[]"), ("$..[?(@.color)].color", #"["red"]"#),
            ("$.store.book[?(@.p == '8.95')].t", #"["A"]"#), ("$.store.book[?(@.p != 8.95)].t", #"["B","C","D"]"#), ("$.store.book[?(@.t size 1)].t", #"["A","B","C","D"]"#),
            ("$.store.book[?(@.none == null)].t", "[]"), ("$.store.book[?(@.t > 'B')].t", #"["C","D"]"#), ("$.store.book[?(@.t > 1)].t", "[]"),
            ("$.store.book[?(@['c'] == \"ref\")].t", #"["A"]"#), ("$.store.book[?( @.p >= 12.99 )].t", #"["B","D"]"#), ("$", nil),
        ]
        for (path, found) in cases where path != "$" { XCTAssertEqual(try find(path), found, path) }
        XCTAssertEqual(try find("$", in: "[1]"), "[1]")
        XCTAssertEqual(try find("$..*", in: #"{"a":[1,{"b":2}]}"#), #"[[1,{"b":2}],1,{"b":2},2]"#)
        XCTAssertEqual(try find("$..a", in: #"{"a":{"a":1}}"#), #"[{"a":1},1]"#)
        XCTAssertEqual(try find("$[*]", in: #"{"b":1,"a":2}"#), "[1,2]")
        XCTAssertEqual(try find("$[?(@.a subsetof ['x','y'])].a[0]", in: #"[{"a":["x"]},{"a":["z"]}]"#), #"["x"]"#)
        XCTAssertEqual(try find("$[?(@.a anyof ['x','y'])].a[1]", in: #"[{"a":["x","q"]},{"a":["z","z"]}]"#), #"["q"]"#)
        XCTAssertEqual(try find("$[?(@.a noneof ['x'])].a[0]", in: #"[{"a":["x","q"]},{"a":["z","z"]}]"#), #"["z"]"#)
        XCTAssertEqual(try find("$[?(@.a empty true)].b", in: #"[{"a":[],"b":1},{"a":[1],"b":2}]"#), "[1]")
    }

    func test_value_ofADefinitePathThatFindsNothing_isAnError() throws {
        var evaluation = try Evaluation(#"{"a":1}"#, context: #"{"Execution":{"Id":"x"}}"#)
        XCTAssertEqual(try evaluation.value(of: Path("$$.Execution.Id")), .string("x"))
        XCTAssertEqual(try evaluation.value(of: Path("$.b[*]")), .array([]))
        XCTAssertThrowsError(try evaluation.value(of: Path("$.b"))) { XCTAssertEqual(($0 as? StateError)?.name, "States.Runtime") }
    }

    func test_init_refusesWhatIsNoPath_withItsPlace() {
        let faults: [(String, Int)] = [
            ("", 0), ("a", 0), ("$.", 2), ("$a", 1), ("$.a.", 4), ("$.a[", 4), ("$.a[0", 5), ("$.a['b'", 7), ("$.a['b]", 7), ("$[a]", 2), ("$[]", 2), ("$[?(@.a]", 7),
            ("$[?@.a]", 3), ("$[?(@.a =~ /x/)]", 10), ("$.length()", 8), ("$[?(1)]", 5), ("$[?(@.a like 'x')]", 12), ("$[0:1:0]", 7), ("$[99999999999999999999]", 22),
            ("$..", 3), ("$.a b", 3), ("$[1,]", 4), ("$[?($$.a)]", 8), ("$[?(@.a && )]", 11),
        ]
        for (text, offset) in faults {
            XCTAssertThrowsError(try Path(text), text) { XCTAssertEqual(($0 as? ExpressionFault)?.offset, offset, "\(text): \($0)") }
        }
    }

    func test_depthAndWork_areBounded() throws {
        XCTAssertThrowsError(try Path("$" + String(repeating: ".a", count: Path.stepCountMax + 1)))
        XCTAssertThrowsError(try Path("$[?(" + String(repeating: "(", count: 1_000) + "@.a" + String(repeating: ")", count: 1_000) + ")]"))
        XCTAssertThrowsError(try Path("$[?(" + String(repeating: "!", count: 1_000) + "@.a)]"))
        XCTAssertThrowsError(try Path("$" + String(repeating: "[?(@", count: 200) + String(repeating: ")]", count: 200)))
        XCTAssertThrowsError(try Path("$[?(@ in " + String(repeating: "[", count: 1_000) + "]"))
        // Each step takes every value below every value: the steps run out, not the machine.
        let deep = try json(String(repeating: "[[],", count: 500) + "1" + String(repeating: "]", count: 500))
        var steps = Steps(100_000)
        XCTAssertThrowsError(try Path("$..*..*..*..*..*").find(in: deep, &steps)) { XCTAssertEqual(($0 as? StateError)?.name, "States.Runtime") }
        XCTAssertEqual(steps.left, 0)
        var more = Steps()
        XCTAssertEqual(try Path("$..*").find(in: deep, &more)?.array?.count, 1_000)
    }

    /// A text is gone through for its length, and made into a number where it is one: for each element of a list, as often as a filter has it.
    func test_lengthsOfTexts_areWorkedForInFilters() throws {
        let data = JSONValue.object(["list": .array([.null, .number("12")]), "text": .string(String(repeating: "a", count: 100_000))])
        for filter in ["$.text size 100000", "$.text empty false", "$.text == 12"] {
            let path = try Path("$.list[?(\(filter))]")
            var few = Steps(5_000)
            XCTAssertThrowsError(try path.find(in: data, &few), filter) { XCTAssertEqual(($0 as? StateError)?.name, "States.Runtime") }
            var enough = Steps(20_000)
            XCTAssertEqual(try path.find(in: data, &enough)?.array?.count, filter.contains("==") ? 0 : 2, filter)
        }
        XCTAssertEqual(try find("$[?(@ == ' 1.20e1 ')]", in: #"[12,"12",1.2]"#), try find("$[?(@ == 12)]", in: "[12]"))
    }

    /// A long name is gone through with each member's of its length.
    func test_lengthsOfNames_areWorkedFor() throws {
        let name = String(repeating: "a", count: 1_600)
        let data = JSONValue.array([.object([String(name.dropLast()) + "b": .null, "a": .null])])
        for path in ["$[0]['\(name)']", "$[*]['\(name)']"] {
            var steps = Steps(1_000)
            _ = try Path(path).find(in: data, &steps)
            XCTAssertLessThanOrEqual(steps.left, 900, path)
            XCTAssertGreaterThan(steps.left, 800, path)
        }
        // What was found already is looked through for each further name.
        let names = (100..<300).map { "\($0)" }
        let wide = JSONValue.object(names.map { JSONValue.Member($0, .null) })
        var steps = Steps(1_000_000)
        XCTAssertEqual(try Path("$[\(names.map { "'\($0)'" }.joined(separator: ","))]").find(in: wide, &steps)?.members?.count, 200)
        XCTAssertLessThan(steps.left, 1_000_000 - 200 * 100 - 200 * 90)
    }

    /// Several names may find one value often: there is memory for as many as a value may have, and not for as many as there are steps.
    func test_valuesThatAPathFinds_areBounded() throws {
        let data = JSONValue.object(["a": .array(Array(repeating: .null, count: 100_000))])
        let names = Array(repeating: "'a'", count: 22).joined(separator: ",")
        var steps = Steps()
        XCTAssertThrowsError(try Path("$[\(names)][*]").find(in: data, &steps)) { XCTAssertEqual(($0 as? StateError)?.name, "States.Runtime") }
        XCTAssertGreaterThan(steps.left, 0)
    }

    func test_putting_makesWhatIsNotThere() throws {
        let cases: [(String, String, String?)] = [
            ("$", #"{"a":1}"#, "9"), ("$.b", #"{"a":1}"#, #"{"a":1,"b":9}"#), ("$.a", #"{"a":1,"b":2}"#, #"{"a":9,"b":2}"#), ("$.b.c", #"{"a":1}"#, #"{"a":1,"b":{"c":9}}"#),
            ("$.a.b", #"{"a":1}"#, nil), ("$.a[1]", #"{"a":[1,2]}"#, #"{"a":[1,9]}"#), ("$.a[2]", #"{"a":[1,2]}"#, nil), ("$.b[0]", "{}", nil), ("$.a", "[1]", nil),
            ("$[0].x", #"[{}]"#, #"[{"x":9}]"#), ("$.a.b", #"{"a":null}"#, nil),
        ]
        for (path, input, output) in cases {
            var steps = Steps()
            let result = Result { try Path(path).putting(.number("9"), into: json(input), &steps).textForm }
            switch result {
            case .success(let text): XCTAssertEqual(text, output, path)
            case .failure(let error):
                XCTAssertNil(output, path)
                XCTAssertEqual((error as? StateError)?.name, "States.ResultPathMatchFailure")
            }
        }
        for (path, isReference) in [("$.a[0]['b c']", true), ("$.a[*]", false), ("$..a", false), ("$.a[-1]", false), ("$.a[0:1]", false), ("$['a','b']", false)] {
            XCTAssertEqual(try Path(path).isReference, isReference, path)
        }
    }

    /// Whatever a definite path finds can be put back, and is found again.
    func test_putting_whatWasFound_changesNothing() throws {
        var maker = ValueMaker(random: SplitMix64(state: 9))
        var foundCount = 0
        for _ in 0..<2_000 {
            let data = maker.value(depth: 4)
            var text = "$"
            for _ in 0...maker.below(3) { text += ["['a']", ".b", "[0]", "[1]", "['d e']"][maker.below(5)] }
            let path = try Path(text)
            var steps = Steps()
            guard let found = try path.find(in: data, &steps) else { continue }
            foundCount += 1
            XCTAssertEqual(try path.putting(found, into: data, &steps), data, text)
            let mark = JSONValue.string("mark")
            XCTAssertEqual(try path.find(in: path.putting(mark, into: data, &steps), &steps), mark, text)
        }
        XCTAssertGreaterThan(foundCount, 20)
    }
}
