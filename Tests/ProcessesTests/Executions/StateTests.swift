import ColumnStore
import Foundation
import Processes
import XCTest

/// Goal: each kind of state does what the language says. Method: machines of one or few states with their outcomes.
final class StateTests: XCTestCase {
    func test_pass_andTheWayOfData() throws {
        let cases: [(String, String, String)] = [
            (#"{"Type":"Pass","End":true}"#, #"{"a":1.50}"#, #"{"a":1.50}"#), (#"{"Type":"Pass","Result":{"x":1},"End":true}"#, "{}", #"{"x":1}"#),
            (#"{"Type":"Pass","Result":1,"ResultPath":"$.r","End":true}"#, #"{"a":2}"#, #"{"a":2,"r":1}"#), (#"{"Type":"Pass","Result":1,"ResultPath":null,"End":true}"#, #"{"a":2}"#, #"{"a":2}"#),
            (#"{"Type":"Pass","InputPath":"$.a","End":true}"#, #"{"a":[2]}"#, "[2]"), (#"{"Type":"Pass","InputPath":null,"End":true}"#, #"{"a":2}"#, "{}"),
            (#"{"Type":"Pass","OutputPath":"$.a","End":true}"#, #"{"a":2}"#, "2"), (#"{"Type":"Pass","OutputPath":null,"End":true}"#, #"{"a":2}"#, "{}"),
            (#"{"Type":"Pass","Parameters":{"b.$":"$.a","c":3},"End":true}"#, #"{"a":2}"#, #"{"b":2,"c":3}"#), (#"{"Type":"Pass","InputPath":"$.b","End":true}"#, "{}", "FAILED States.Runtime"),
            (#"{"Type":"Pass","InputPath":"$.a","Parameters":{"x.$":"$.y"},"ResultPath":"$.z","OutputPath":"$.z.x","End":true}"#, #"{"a":{"y":[7]}}"#, "[7]"),
            (#"{"Type":"Pass","Parameters":{"b.$":"$.x"},"End":true}"#, "{}", "FAILED States.ParameterPathFailure"),
            (#"{"Type":"Pass","Parameters":{"b.$":"States.MathAdd('a',1)"},"End":true}"#, "{}", "FAILED States.IntrinsicFailure"),
            (#"{"Type":"Pass","ResultPath":"$.a.b","Result":1,"End":true}"#, #"{"a":3}"#, "FAILED States.ResultPathMatchFailure"),
            (#"{"Type":"Pass","Parameters":{"i.$":"$$.Execution.Id","s.$":"$$.State.Name","n.$":"$$.Execution.Name","m.$":"$$.StateMachine.Name","t.$":"$$.Execution.StartTime","in.$":"$$.Execution.Input"},"End":true}"#,
                #"{"q":1}"#, #"{"i":"e1","s":"S","n":"n1","m":"m","t":"2023-11-14T22:13:20.000Z","in":{"q":1}}"#),
            (#"{"Type":"Succeed","InputPath":"$.a"}"#, #"{"a":1}"#, "1"), (#"{"Type":"Fail","Error":"E","Cause":"C"}"#, "{}", "FAILED E"), (#"{"Type":"Fail"}"#, "{}", "FAILED -"),
            (#"{"Type":"Fail","ErrorPath":"$.e","CausePath":"States.Format('x{}',$.n)"}"#, #"{"e":"F","n":1}"#, "FAILED F"),
            (#"{"Type":"Wait","Seconds":10,"Next":"T"}"#, #"{"a":1}"#, #"{"a":1}"#), (#"{"Type":"Wait","SecondsPath":"$.s","OutputPath":"$.s","Next":"T"}"#, #"{"s":5}"#, "5"),
            (#"{"Type":"Wait","SecondsPath":"$.s","Next":"T"}"#, #"{"s":-5}"#, "FAILED States.Runtime"), (#"{"Type":"Wait","Timestamp":"2030-01-01T00:00:00Z","End":true}"#, "1", "1"),
            (#"{"Type":"Wait","TimestampPath":"$","End":true}"#, #""2000-01-01T00:00:00Z""#, #""2000-01-01T00:00:00Z""#), (#"{"Type":"Wait","TimestampPath":"$","End":true}"#, "1", "FAILED States.Runtime"),
        ]
        for (state, input, expected) in cases { XCTAssertEqual(try outcome(of: state, input: input), expected, "\(state) of \(input)") }
    }

    func test_choice_everyOperator() throws {
        let input = ##"{"s":"b","n":2.0,"t":"2020-01-01T00:00:00Z","f":true,"z":null,"s2":"b","n2":2,"t2":"2020-01-01T01:00:00+01:00","f2":true,"l":[]}"##
        let cases: [(String, Bool)] = [
            (#""Variable":"$.s","StringEquals":"b""#, true), (#""Variable":"$.s","StringEquals":"c""#, false), (#""Variable":"$.n","StringEquals":"2.0""#, false),
            (#""Variable":"$.s","StringLessThan":"c""#, true), (#""Variable":"$.s","StringGreaterThan":"a""#, true), (#""Variable":"$.s","StringLessThanEquals":"b""#, true),
            (#""Variable":"$.s","StringGreaterThanEquals":"c""#, false), (#""Variable":"$.s","StringEqualsPath":"$.s2""#, true), (#""Variable":"$.s","StringMatches":"*b""#, true),
            (#""Variable":"$.n","NumericEquals":2"#, true), (#""Variable":"$.n","NumericEquals":20e-1"#, true), (#""Variable":"$.s","NumericEquals":2"#, false),
            (#""Variable":"$.n","NumericLessThan":2.0000000000000000001"#, true), (#""Variable":"$.n","NumericGreaterThan":2"#, false), (#""Variable":"$.n","NumericGreaterThanEqualsPath":"$.n2""#, true),
            (#""Variable":"$.n","NumericLessThanEqualsPath":"$.s""#, false), (#""Variable":"$.f","BooleanEquals":true"#, true), (#""Variable":"$.f","BooleanEqualsPath":"$.f2""#, true),
            (#""Variable":"$.t","TimestampEquals":"2020-01-01T00:00:00Z""#, true), (#""Variable":"$.t","TimestampEqualsPath":"$.t2""#, true),
            (#""Variable":"$.t","TimestampLessThan":"2020-01-01T00:00:00.001Z""#, true), (#""Variable":"$.s","TimestampLessThan":"2020-01-01T00:00:00.001Z""#, false),
            (#""Variable":"$.z","IsNull":true"#, true), (#""Variable":"$.s","IsNull":false"#, true), (#""Variable":"$.q","IsPresent":false"#, true), (#""Variable":"$.z","IsPresent":true"#, true),
            (#""Variable":"$.n","IsNumeric":true"#, true), (#""Variable":"$.s","IsString":true"#, true), (#""Variable":"$.f","IsBoolean":true"#, true), (#""Variable":"$.t","IsTimestamp":true"#, true),
            (#""Variable":"$.s","IsTimestamp":true"#, false), (#""Not":{"Variable":"$.s","StringEquals":"c"}"#, true),
            (#""And":[{"Variable":"$.s","StringEquals":"b"},{"Variable":"$.n","NumericEquals":3}]"#, false), (#""Or":[{"Variable":"$.s","StringEquals":"x"},{"Variable":"$.n","NumericEquals":2}]"#, true),
            (#""And":[{"Variable":"$.q","IsPresent":true},{"Variable":"$.q","NumericEquals":3}]"#, false), (#""Variable":"$$.Execution.Name","StringEquals":"n1""#, true),
        ]
        for (rule, holds) in cases {
            let state = #"{"Type":"Choice","Choices":[{"#  + rule + #","Next":"U"}],"Default":"T"}"#
            XCTAssertEqual(try outcome(of: state, input: input) == "\"U\"", holds, rule)
        }
        XCTAssertEqual(try outcome(of: #"{"Type":"Choice","Choices":[{"Variable":"$.q","IsNull":true,"Next":"U"}]}"#, input: input), "FAILED States.Runtime")
        XCTAssertEqual(try outcome(of: #"{"Type":"Choice","Choices":[{"Variable":"$.s","IsNull":true,"Next":"U"}]}"#, input: input), "FAILED States.NoChoiceMatched")
    }

    func test_tasks_keysTokensTimersAndResults() throws {
        let text = machineText(
            "A", [("A", #"{"Type":"Task","Resource":"till:call:x","Parameters":{"t.$":"$$.Task.Token","a.$":"$.a"},"ResultSelector":{"o.$":"$.out"},"ResultPath":"$.r","TimeoutSeconds":60,"HeartbeatSeconds":10,"End":true}"#)])
        var simulator = try Simulator(text, input: #"{"a":1}"#)
        let call = try XCTUnwrap(simulator.tasks.first)
        XCTAssertEqual(call.key, "e1:A:1")
        XCTAssertEqual(call.input["t"]?.text, call.token)
        XCTAssertEqual(TaskToken(call.token)?.executionID, "e1")
        XCTAssertEqual(simulator.execution.awaited.count, 3)
        XCTAssertEqual(simulator.apply(.heartbeat(token: call.token)), .applied)
        XCTAssertEqual(simulator.apply(.timerFired(frame: 0, serial: 3)), .stale)
        XCTAssertEqual(simulator.apply(.taskSucceeded(token: call.token + "0", output: .null)), .unknownToken)
        XCTAssertEqual(simulator.apply(.taskSucceeded(token: "e1.0.1." + String(repeating: "0", count: 32), output: .null)), .unknownToken)
        XCTAssertEqual(simulator.apply(.taskSucceeded(token: call.token, output: try json(#"{"out":[5]}"#))), .applied)
        XCTAssertEqual(simulator.outcome, #"{"a":1,"r":{"o":[5]}}"#)
        XCTAssertEqual(simulator.apply(.taskSucceeded(token: call.token, output: .null)), .taskEnded)
        XCTAssertEqual(simulator.apply(.heartbeat(token: call.token)), .taskEnded)
        XCTAssertEqual(simulator.trace, ["entered A", "succeeded A"])
        for (member, expected) in [(#""TimeoutSeconds":5"#, "FAILED States.Timeout"), (#""HeartbeatSeconds":5"#, "FAILED States.HeartbeatTimeout"), (#""TimeoutSecondsPath":"$.s""#, "FAILED States.Timeout")] {
            XCTAssertEqual(try outcome(of: #"{"Type":"Task","Resource":"till:queue:q","End":true,"# + member + "}", input: #"{"s":3}"#) { _ in .silence }, expected, member)
        }
        let big = JSONValue.string(String(repeating: "a", count: 1 << 20))
        XCTAssertEqual(try outcome(of: #"{"Type":"Task","Resource":"till:sql","End":true}"#) { _ in .success(big) }, "FAILED States.DataLimitExceeded")
    }

    func test_retryAndCatch() throws {
        let retry = #""Retry":[{"ErrorEquals":["E1"],"IntervalSeconds":3,"MaxAttempts":2,"BackoffRate":2,"MaxDelaySeconds":5},{"ErrorEquals":["States.ALL"],"MaxAttempts":1}]"#
        let state = #"{"Type":"Task","Resource":"till:call:x","# + retry + #","Catch":[{"ErrorEquals":["E2"],"Next":"U"},{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"T"}],"End":true}"#
        let machine = machineText("S", [("S", state), ("T", #"{"Type":"Pass","End":true}"#), ("U", #"{"Type":"Pass","End":true}"#)])
        func run(_ errors: [String]) throws -> Simulator {
            var left = errors[...]
            var simulator = try Simulator(machine, input: #"{"a":1}"#)
            simulator.run { _ in left.popFirst().map { .failure(StateError(name: $0, cause: "c")) } ?? .success(.string("ok")) }
            return simulator
        }
        XCTAssertEqual(try run([]).outcome, "\"ok\"")
        let twice = try run(["E1", "E1"])
        XCTAssertEqual(twice.outcome, "\"ok\"")
        XCTAssertEqual(twice.trace, ["entered S", "failed S", "retried S", "failed S", "retried S", "succeeded S"])
        XCTAssertEqual(twice.tasks.map(\.key), ["e1:S:1", "e1:S:1", "e1:S:1"])
        XCTAssertEqual(twice.tasks.map(\.attempt), [1, 2, 3])
        XCTAssertEqual(twice.now - Simulator.start, 8_000_000)
        // A bound at or below the interval makes every pause the same.
        let even = machine.replacingOccurrences(of: #""MaxDelaySeconds":5"#, with: #""MaxDelaySeconds":2"#)
        var steady = try Simulator(even, input: #"{"a":1}"#)
        var failures = 2
        steady.run { _ in
            failures -= 1
            return failures >= 0 ? .failure(StateError(name: "E1", cause: "c")) : .success(.string("ok"))
        }
        XCTAssertEqual(steady.now - Simulator.start, 4_000_000)
        XCTAssertEqual(try run(["E1", "E1", "E1"]).outcome, #"{"a":1,"e":{"Error":"E1","Cause":"c"}}"#)
        XCTAssertEqual(try run(["E2", "E2"]).outcome, #"{"Error":"E2","Cause":"c"}"#)
        XCTAssertEqual(try run(["E3", "E1", "E2", "E1"]).outcome, #"{"Error":"E2","Cause":"c"}"#)
    }

    func test_errorNames_matchAsTheContractSays() {
        let timeout = StateError(.timeout, ""), beat = StateError(.heartbeatTimeout, ""), other = StateError(name: "X", cause: nil), none = StateError(name: nil, cause: nil)
        for error in [timeout, beat, other, none] { XCTAssertTrue(error.isNamed(in: ["States.ALL"])) }
        XCTAssertFalse(timeout.isNamed(in: ["States.TaskFailed"]))
        for error in [beat, other, none, StateError(.intrinsicFailure, "")] { XCTAssertTrue(error.isNamed(in: ["States.TaskFailed"])) }
        XCTAssertTrue(beat.isNamed(in: ["States.Timeout"]))
        XCTAssertFalse(other.isNamed(in: ["States.Timeout", "Y"]))
        XCTAssertTrue(other.isNamed(in: ["Y", "X"]))
        XCTAssertTrue(other.isNamed(in: ["States.BranchFailed"], isOfBranch: true))
        XCTAssertFalse(other.isNamed(in: ["States.BranchFailed"]))
    }

    func test_failuresOfPathsAndIntrinsics_canBeCaught() throws {
        for (member, error) in [(#""InputPath":"$.x""#, "States.Runtime"), (#""Parameters":{"a.$":"$.x"}"#, "States.ParameterPathFailure"), (#""Parameters":{"a.$":"States.MathAdd('',1)"}"#, "States.IntrinsicFailure"),
            (#""ResultPath":"$.n.m""#, "States.ResultPathMatchFailure"), (#""OutputPath":"$.x""#, "States.Runtime")] {
            let state = #"{"Type":"Task","Resource":"till:call:x","# + member + #","Catch":[{"ErrorEquals":["\#(error)"],"Next":"U"}],"End":true}"#
            XCTAssertEqual(try outcome(of: state, input: #"{"n":1}"#), "\"U\"", member)
        }
    }

    func test_loopsWithoutAnEnd_areTold() throws {
        var simulator = try Simulator(machineText("A", [("A", #"{"Type":"Pass","Next":"B"}"#), ("B", #"{"Type":"Pass","Next":"A"}"#)]))
        simulator.run()
        XCTAssertEqual(simulator.outcome, "FAILED Till.TooManyTransitions")
        XCTAssertEqual(simulator.execution.transitionCount, Execution.strandTransitionCountMax + 1)
        // No event does it all.
        XCTAssertGreaterThan(simulator.events.count, 300)
    }

    func test_bounds_ofInputsAndDepth() throws {
        let machine = try DefinitionReader.read(Array(machineText("S", [("S", #"{"Type":"Pass","End":true}"#)]).utf8))
        let identity = Execution.Identity(id: "e", name: "e", machineID: "m", machineName: "m")
        let moment = Moment(now: 0, secret: [])
        XCTAssertThrowsError(try Transition.start(machine, identity, input: .string(String(repeating: "a", count: 1 << 20)), at: moment))
        let deep = (0..<1_001).reduce(JSONValue.null) { value, _ in .array([value]) }
        XCTAssertThrowsError(try Transition.start(machine, identity, input: deep, at: moment))
        guard case .array(let one) = deep else { return }
        XCTAssertEqual(try Transition.start(machine, identity, input: one[0], at: moment).execution.status, .succeeded)
        XCTAssertThrowsError(try Transition.start(machine, .init(id: "e", name: "e", machineID: "m", machineName: "m", depth: 32), input: .null, at: moment))
        // Each round goes a level deeper.
        var simulator = try Simulator(machineText("S", [("S", #"{"Type":"Pass","Parameters":{"a.$":"$"},"Next":"S"}"#)]), input: "1")
        simulator.run()
        XCTAssertEqual(simulator.outcome, "FAILED States.DataLimitExceeded")
    }

    /// What a state may hold stands in its bytes so that it is found again: else the execution stands still for good after a restart.
    func test_deepestValues_areReadFromTheirBytes() throws {
        let text = machineText(
            "P", [("P", #"{"Type":"Pass","Parameters":{"x.$":"$"},"Next":"W"}"#), ("W", #"{"Type":"Wait","Seconds":1,"End":true}"#)])
        let machine = try DefinitionReader.read(Array(text.utf8))
        for depth in 997...1_000 {
            let simulator = try Simulator(text, input: String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth))
            XCTAssertEqual(simulator.execution.status, depth < 1_000 ? .running : .failed, "\(depth)")
            XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(simulator.execution), of: machine), simulator.execution)
        }
        // What a Map keeps for its batches, too.
        let map = machineText(
            "M", [("M", #"{"Type":"Map","ItemReader":{"Resource":"till:sql","Parameters":{"query":"SELECT 1"}},"ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"a":{"b.$":"$"}}},"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}"#)])
        for depth in 997...1_000 {
            let simulator = try Simulator(map, input: String(repeating: "[", count: depth) + String(repeating: "]", count: depth))
            XCTAssertEqual(simulator.execution.status, depth < 999 ? .running : .failed, "\(depth)")
            XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(simulator.execution), of: try DefinitionReader.read(Array(map.utf8))), simulator.execution)
        }
    }

    /// Values are let go, measured and written by recursion: the deepest must do so on the stack of any thread.
    func test_deepestValues_needNoMoreStackThanAThreadHas() throws {
        let text = machineText("S", [("S", #"{"Type":"Task","Resource":"till:call:x","Parameters":{"s.$":"States.JsonToString($)","u.$":"States.ArrayUnique($)"},"ResultPath":"$[0]","End":true}"#)])
        let machine = try DefinitionReader.read(Array(text.utf8))
        let outcome = Box()
        let thread = Thread {
            var input = JSONValue.number("1")
            for _ in 0..<997 { input = .array([input]) }
            let start = try? Transition.start(machine, .init(id: "e", name: "e", machineID: "m", machineName: "m"), input: input, at: Moment(now: 0, secret: []))
            defer { outcome.done.signal() }
            guard let start, let token = TaskToken.first(in: start.effects) else { return }
            let bytes = ExecutionCoder.encode(start.execution)
            let decoded = (try? ExecutionCoder.decode(bytes, of: machine)) ?? start.execution
            outcome.status = Transition.apply(.taskSucceeded(token: token, output: .null), to: decoded, of: machine, at: Moment(now: 1, secret: [])).execution.status
        }
        // Half of what threads have here; without optimization a level takes more than a kilobyte.
        thread.stackSize = 4 << 20
        thread.start()
        outcome.done.wait()
        XCTAssertEqual(outcome.status, .succeeded)
    }
}

/// What a thread of its own came to.
private final class Box: @unchecked Sendable {
    // Safe: written before the signal, read after it.
    var status: Execution.Status?
    let done = DispatchSemaphore(value: 0)
}

extension TaskToken {
    fileprivate static func first(in effects: [Effect]) -> String? {
        for case .runTask(let call) in effects { return call.token }
        return nil
    }
}
