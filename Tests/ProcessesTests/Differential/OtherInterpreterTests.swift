import ColumnStore
import Foundation
import Processes
import TestSupport
import XCTest

/// Goal: machines do what they do elsewhere. Method: machines by hand and at random, run here and by moto's interpreter of the language (`Readers/states_oracle.py`), whose tasks answer
/// by the same scripts; outcomes are compared. What may differ is said in `unnamed`, with the specification's word for it.
final class OtherInterpreterTests: XCTestCase {
    private struct Case {
        var definition: JSONValue
        var input: JSONValue
    }

    /// Runs it with tasks that follow the script in their endpoint's name.
    private func run(_ one: Case) throws -> Simulator {
        var counts: [String: Int] = [:]
        var simulator = try Simulator(try DefinitionReader.read(one.definition), input: one.input)
        simulator.run { call in
            guard call.resource.kind == Resource.endpointKind, let name = call.resource.name else { return .success(call.input) }
            let script = name.split(separator: "-").dropFirst().map(String.init)
            let number = counts[name, default: 0]
            counts[name] = number + 1
            guard number < script.count, script[number] != "ok" else { return .success(call.input) }
            return .failure(StateError(name: script[number], cause: "told to"))
        }
        return simulator
    }

    /// Causes are for people: each interpreter has words of its own.
    private func withoutCauses(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): .array(elements.map(withoutCauses))
        case .object(let members):
            if members.count == 2, let error = value["Error"], value["Cause"] != nil {
                .object([.init("Error", error), .init("Cause", .null)])
            } else {
                .object(members.map { .init($0.name, withoutCauses($0.value)) })
            }
        default: value
        }
    }

    /// The specification has names for failures of templates, calls, result paths and choices (appendix A); the other interpreter calls all of them `States.Runtime`, or by Python's exception,
    /// and cannot hand an error of the language out of a branch.
    private static let unnamed: Set = ["States.Runtime", "Exception"]

    private func difference(_ simulator: Simulator, _ answer: JSONValue) throws -> String? {
        let execution = simulator.execution
        let status = answer["status"]?.text ?? "none"
        guard status == execution.status.text else { return "\(execution.status.text), there \(status)" }
        if let output = execution.output {
            var steps = Steps()
            let there = answer["output"] ?? .null
            return try ValueEquality.areEqual(withoutCauses(output), withoutCauses(there), &steps) ? nil : "\(output.textForm), there \(there.textForm)"
        }
        let error = execution.error?.name ?? ""
        let there = answer["error"]?.text ?? ""
        // Its own words for that it cannot: the error then shows wherever it is first handed on.
        if answer["cause"]?.text?.contains("Custom Error Names MUST NOT begin with") == true { return nil }
        if error == there || Self.unnamed.contains(there) && error.hasPrefix("States.") { return nil }
        return "\(error), there \(there)"
    }

    private func compare(_ cases: [Case]) throws -> Int {
        let input = cases.map { JSONValue.object([.init("definition", $0.definition), .init("input", $0.input)]).textForm + "\n" }.joined()
        let answers = try PythonLines.run("ProcessesTests/Readers/states_oracle.py", input: input)
        XCTAssertEqual(answers.count, cases.count)
        var same = 0
        for (one, line) in zip(cases, answers) {
            let answer = try json(line)
            let simulator = try run(one)
            if let difference = try difference(simulator, answer) {
                XCTFail("\(difference)\n\(one.definition.textForm)\nof \(one.input.textForm)\n\(simulator.trace.joined(separator: ", "))\nthere: \(line.prefix(600))")
            } else {
                same += 1
            }
        }
        return same
    }

    func test_machinesAtRandom_endAsElsewhere() throws {
        var cases: [Case] = []
        for seed in UInt64(0)..<120 {
            var maker = MachineMaker(random: SplitMix64(state: seed &+ 9_000))
            maker.hasClocks = false
            cases.append(Case(definition: maker.machine(), input: try json(MachineMaker.input)))
        }
        XCTAssertGreaterThan(try compare(cases), 100)
    }

    func test_machinesByHand_endAsElsewhere() throws {
        var cases: [Case] = []
        for (state, input) in Self.states {
            let text = machineText("S", [("S", state), ("T", #"{"Type":"Pass","End":true}"#), ("U", #"{"Type":"Pass","Result":"U","End":true}"#)])
            cases.append(Case(definition: try json(text), input: try json(input)))
        }
        _ = try compare(cases)
    }

    /// Each script of answers under each pair of retriers and catchers: of a Task, of a branch, of an iteration.
    func test_retriesAndCatches_endAsElsewhere() throws {
        let scripts = ["E1-ok", "E1-E1-ok", "E1-E1-E1-E1-ok", "E1-E2-E1-E2-ok", "E2", "E1-E1-E1-E1-E1-E1"]
        let retries = [
            #"[{"ErrorEquals":["E1"]}]"#, #"[{"ErrorEquals":["E1"],"MaxAttempts":0}]"#, #"[{"ErrorEquals":["E1"],"MaxAttempts":1},{"ErrorEquals":["States.ALL"],"MaxAttempts":2}]"#,
            #"[{"ErrorEquals":["States.TaskFailed"],"MaxAttempts":2,"IntervalSeconds":1,"BackoffRate":1.5,"MaxDelaySeconds":3,"JitterStrategy":"FULL"}]"#, #"[{"ErrorEquals":["E1","E2"],"MaxAttempts":2}]"#,
            #"[{"ErrorEquals":["E2"]},{"ErrorEquals":["E1"],"MaxAttempts":5,"JitterStrategy":"NONE"}]"#, #"[{"ErrorEquals":["States.Timeout"]}]"#, "[]",
        ]
        let catches = [
            "[]", #"[{"ErrorEquals":["E1"],"Next":"T","ResultPath":"$.err"}]"#, #"[{"ErrorEquals":["States.ALL"],"Next":"T"}]"#,
            #"[{"ErrorEquals":["E2"],"Next":"T"},{"ErrorEquals":["States.TaskFailed"],"ResultPath":null,"Next":"T"}]"#,
        ]
        var cases: [Case] = []
        for script in scripts {
            for (retry, retriers) in retries.enumerated() {
                for (number, catchers) in catches.enumerated() {
                    let task = "\"Type\":\"Task\",\"Resource\":\"till:call:f-\(script)\""
                    let branch = #"{"StartAt":"B","States":{"B":{"# + task + #","End":true}}}"#
                    let quiet = #"{"StartAt":"Q","States":{"Q":{"Type":"Pass","End":true}}}"#
                    let kinds = [task, #""Type":"Parallel","Branches":["# + branch + "," + quiet + "]", #""Type":"Map","ItemsPath":"$.l","MaxConcurrency":1,"ItemProcessor":"# + branch]
                    // All of a Task, a third each of what is more to run.
                    for kind in [kinds[0]] + ((retry + number) % 3 == 0 ? kinds[1...] : []) {
                        let state = "{" + kind + (retriers == "[]" ? "" : ",\"Retry\":" + retriers) + (catchers == "[]" ? "" : ",\"Catch\":" + catchers) + #","Next":"T"}"#
                        cases.append(Case(definition: try json(machineText("S", [("S", state), ("T", #"{"Type":"Pass","End":true}"#)])), input: try json(#"{"a":1,"l":[1,2]}"#)))
                    }
                }
            }
        }
        XCTAssertEqual(try compare(cases), cases.count)
    }

    /// Every operator over values of every kind. Left out is what the other interpreter cannot: timestamps with an offset or a fraction, patterns with `?`, `[` and escapes, `…Path` that leads to
    /// another kind, and what `IsNull` and its like say of a path that finds nothing.
    func test_choices_goWhereTheyGoElsewhere() throws {
        let values: [(String, String)] = [
            ("i", "1"), ("f", "1.5"), ("fi", "1.0"), ("s", #""abc""#), ("e", #""""#), ("b", "true"), ("n", "null"), ("o", #"{"x":1}"#), ("l", "[1]"), ("t", #""2020-01-01T00:00:00Z""#), ("d", #""2020-01-01""#), ("u", #""Ünï""#),
        ]
        let constants = ["String": [#""abc""#, #""abd""#, #""""#], "Numeric": ["1", "1.5", "-1e0"], "Timestamp": [#""2020-01-01T00:00:00Z""#, #""2019-12-31T23:00:00Z""#], "Boolean": ["true", "false"]]
        var rules: [String] = []
        for (name, known) in ChoiceTest.names.sorted(by: { $0.key < $1.key }) {
            let choices = constants[known.kind.rawValue] ?? []
            for (index, (variable, _)) in values.enumerated() { rules.append("\"Variable\":\"$.\(variable)\",\"\(name)\":\(choices[index % choices.count])") }
            let alike = ["String": ("s", "u"), "Numeric": ("f", "i"), "Timestamp": ("t", "t"), "Boolean": ("b", "b")][known.kind.rawValue] ?? ("s", "s")
            rules.append("\"Variable\":\"$.\(alike.0)\",\"\(name)Path\":\"$.\(alike.1)\"")
        }
        for nature in ChoiceTest.Nature.allCases {
            for (variable, _) in values { rules.append("\"Variable\":\"$.\(variable)\",\"\(nature.rawValue)\":\(variable.utf8.count % 2 == 1)") }
        }
        for (variable, isThere) in [("$.o.x", true), ("$.o.y", true), ("$.l[0]", true), ("$.l[5]", false), ("$.n.x", false), ("$.zz.x", true)] { rules.append("\"Variable\":\"\(variable)\",\"IsPresent\":\(isThere)") }
        for pattern in ["abc", "a*", "*", "*c", "a*c", "b*", "*b*", "**", ""] { rules += ["s", "e", "i"].map { "\"Variable\":\"$.\($0)\",\"StringMatches\":\"\(pattern)\"" } }
        let input = try json("{" + values.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}")
        // A branch for each rule: one machine asks many.
        var cases: [Case] = []
        for start in stride(from: 0, to: rules.count, by: 20) {
            let branches = rules[start..<min(start + 20, rules.count)].enumerated().map { index, rule in
                machineText("C\(index)", [("C\(index)", #"{"Type":"Choice","Choices":[{"# + rule + ",\"Next\":\"U\(index)\"}],\"Default\":\"T\(index)\"}"), ("U\(index)", #"{"Type":"Pass","Result":"U","End":true}"#), ("T\(index)", #"{"Type":"Pass","Result":"T","End":true}"#)])
            }
            cases.append(Case(definition: try json(machineText("P", [("P", #"{"Type":"Parallel","End":true,"Branches":["# + branches.joined(separator: ",") + "]}")])), input: input))
        }
        XCTAssertGreaterThan(rules.count, 300)
        XCTAssertEqual(try compare(cases), cases.count)
    }

    private static let data = #"{"a":1,"s":"text","l":[1,2,3,4],"o":{"x":{"y":[1,{"z":2}]}},"n":null,"b":true,"t":"2020-01-01T00:00:00Z","f":2.5}"#

    /// States `S` that may go on to `T` or `U`.
    private static let states: [(String, String)] = {
        var states: [(String, String)] = []
        for path in ["$.a", "$.l[1]", "$.l[*]", "$.l[1:3]", "$.l[:2]", "$.o..z", "$['s']", "$.l[?(@ > 2)]", "$.missing", "$.l[9]", "$.n", "$.o"] {
            states.append((#"{"Type":"Pass","InputPath":"# + "\"\(path)\"" + #","End":true}"#, data))
        }
        for call in [
            "States.Format('{} and {}', $.a, $.s)", "States.StringToJson('[1,2]')", "States.JsonToString($.o)", "States.Array($.a, $.s, 3)", "States.ArrayPartition($.l, 3)", "States.ArrayContains($.l, 3)",
            "States.ArrayRange(1, 9, 2)", "States.ArrayGetItem($.l, 2)", "States.ArrayLength($.l)", "States.ArrayUnique($.l)", "States.Base64Encode($.s)", "States.Base64Decode('dGV4dA==')", "States.Hash($.s, 'SHA-1')",
            "States.Hash($.s, 'SHA-512')", "States.JsonMerge($.o, $.o, false)", "States.MathAdd($.a, 41)", "States.StringSplit('a,b.c', ',.')", "States.ArrayGetItem($.l, 9)", "States.MathAdd($.s, 1)",
            "States.Format('{}', States.Array(1, 'x'))", "States.ArrayLength(States.StringSplit('1,2,3', ','))", "States.MathAdd($.f, 1)", "States.JsonMerge($.o, $.l, false)", "States.Hash($.s, 'SHA-256')",
        ] {
            states.append((#"{"Type":"Pass","Parameters":{"r.$":"# + "\"\(call)\"" + #"},"End":true}"#, data))
        }
        for rule in [
            #""Variable":"$.s","StringEquals":"text""#, #""Variable":"$.s","StringLessThan":"tfxt""#, #""Variable":"$.a","NumericEquals":1.0"#, #""Variable":"$.f","NumericGreaterThanEqualsPath":"$.a""#, #""Variable":"$.b","BooleanEquals":true"#,
            #""Variable":"$.t","TimestampLessThan":"2021-01-01T00:00:00Z""#, #""Variable":"$.t","IsTimestamp":true"#, #""Variable":"$.n","IsNull":true"#, #""Variable":"$.zz","IsPresent":false"#, #""Variable":"$.s","StringMatches":"t*t""#,
            #""Variable":"$.s","NumericEquals":1"#, #""Not":{"Variable":"$.a","IsNumeric":true}"#, #""And":[{"Variable":"$.a","IsNumeric":true},{"Variable":"$.s","IsString":true}]"#, #""Or":[{"Variable":"$.a","NumericLessThan":0},{"Variable":"$.b","IsBoolean":true}]"#,
        ] {
            states.append((#"{"Type":"Choice","Choices":[{"# + rule + #","Next":"U"}],"Default":"T"}"#, data))
        }
        for members in [
            #""ResultPath":"$.r""#, #""ResultPath":null"#, #""ResultSelector":{"q.$":"$.a"}"#, #""ResultPath":"$.o.x""#, #""InputPath":"$.o","ResultPath":"$.w""#, #""OutputPath":"$.l""#, #""Parameters":{"p.$":"$$.State.Name","q":[1,{"z.$":"$.a"}]}"#,
            #""Parameters":{"m.$":"$.missing"}"#, #""Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":1}]"#,
        ] {
            states.append((#"{"Type":"Task","Resource":"till:call:f-ok","# + members + #","Next":"T"}"#, data))
            states.append((#"{"Type":"Task","Resource":"till:call:f-E1-ok","# + members + #","Catch":[{"ErrorEquals":["E1"],"ResultPath":"$.e","Next":"T"}],"Next":"T"}"#, data))
        }
        for branch in [#"{"Type":"Pass","Result":1,"End":true}"#, #"{"Type":"Fail","Error":"F","Cause":"c"}"#, #"{"Type":"Task","Resource":"till:call:f-E1","End":true}"#] {
            for members in ["", #","ResultPath":"$.r""#, #","Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"U"}]"#, #","Retry":[{"ErrorEquals":["E1"],"MaxAttempts":1}]"#] {
                states.append((#"{"Type":"Parallel","Branches":[{"StartAt":"B","States":{"B":"# + branch + #"}}]"# + members + #","Next":"T"}"#, data))
                states.append((#"{"Type":"Map","ItemsPath":"$.l","MaxConcurrency":1,"ItemProcessor":{"StartAt":"B","States":{"B":"# + branch + "}}" + members + #","Next":"T"}"#, data))
            }
        }
        return states
    }()
}
