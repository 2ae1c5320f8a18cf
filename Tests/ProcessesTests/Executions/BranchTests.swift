import ColumnStore
import Foundation
import Processes
import XCTest

/// Goal: Parallel and Map keep order, bounds and what is done. Method: machines with their outcomes and traces, failures at each place, redrives.
final class BranchTests: XCTestCase {
    private static let task = #"{"Type":"Task","Resource":"till:call:x","End":true}"#

    private func branches(_ states: String..., members: String = "") -> String {
        let branches = states.enumerated().map { "{\"StartAt\":\"B\($0)\",\"States\":{\"B\($0)\":\($1)}}" }.joined(separator: ",")
        return #"{"Type":"Parallel","Branches":["# + branches + "]" + members + #","Next":"T"}"#
    }

    private func map(_ state: String = task, members: String) -> String {
        #"{"Type":"Map","ItemProcessor":{"StartAt":"I","States":{"I":"# + state + "}}," + members + #","Next":"T"}"#
    }

    func test_parallel_givesOutputsInTheOrderOfBranches() throws {
        XCTAssertEqual(try outcome(of: branches(Self.task, #"{"Type":"Pass","Result":2,"End":true}"#), input: "1"), "[1,2]")
        let state = branches(Self.task, Self.task, members: #","Parameters":{"x.$":"$.a"},"ResultSelector":{"f.$":"$[0].x","n.$":"States.ArrayLength($)"},"ResultPath":"$.r""#)
        XCTAssertEqual(try outcome(of: state, input: #"{"a":5}"#), #"{"a":5,"r":{"f":5,"n":2}}"#)
    }

    func test_parallel_aBranchThatFails_endsTheOthers() throws {
        let text = machineText("S", [("S", branches(Self.task, Self.task)), ("T", #"{"Type":"Succeed"}"#)])
        var simulator = try Simulator(text)
        let (first, second) = (simulator.tasks[0], simulator.tasks[1])
        simulator.apply(.taskFailed(token: second.token, StateError(name: "E", cause: "c")))
        XCTAssertEqual(simulator.outcome, "FAILED E")
        XCTAssertTrue(simulator.effects.contains(.cancelTask(token: first.token, .call("x"))))
        XCTAssertEqual(simulator.apply(.taskSucceeded(token: first.token, output: .null)), .taskEnded)
        let caught = branches(Self.task, #"{"Type":"Fail","Error":"F"}"#, members: #","Catch":[{"ErrorEquals":["States.BranchFailed"],"ResultPath":"$.e","Next":"T"}]"#)
        XCTAssertEqual(try outcome(of: caught), #"{"e":{"Error":"F","Cause":""}}"#)
    }

    func test_parallel_whatRanInItWhenItsErrorIsCaught_isCancelled() throws {
        let clocked = #"{"Type":"Task","Resource":"till:process:p","TimeoutSeconds":9,"End":true}"#
        let state = branches(clocked, #"{"Type":"Wait","Seconds":9,"End":true}"#, Self.task, members: #","Catch":[{"ErrorEquals":["E"],"Next":"T"}]"#)
        var simulator = try Simulator(machineText("S", [("S", state), ("T", #"{"Type":"Succeed"}"#)]))
        let timers = simulator.execution.awaited.filter { if case .timer = $0 { true } else { false } }
        XCTAssertEqual(timers.count, 2)
        let failing = try XCTUnwrap(simulator.tasks.last)
        XCTAssertEqual(simulator.apply(.taskFailed(token: failing.token, StateError(name: "E", cause: nil))), .applied)
        XCTAssertEqual(simulator.outcome, #"{"Error":"E","Cause":""}"#)
        XCTAssertTrue(simulator.effects.contains(.cancelTask(token: simulator.tasks[0].token, .process("p"))))
        for case .timer(let frame, let serial, _) in timers { XCTAssertTrue(simulator.effects.contains(.cancelTimer(frame: frame, serial: serial))) }
    }

    func test_parallel_isRetriedWhole() throws {
        var count = 0
        let state = branches(Self.task, Self.task, members: #","Retry":[{"ErrorEquals":["E"]}]"#)
        let text = machineText("S", [("S", state), ("T", #"{"Type":"Succeed"}"#)])
        var simulator = try Simulator(text, input: "7")
        simulator.run { call in
            count += 1
            return count == 2 ? .failure(StateError(name: "E", cause: nil)) : .success(call.input)
        }
        XCTAssertEqual(simulator.outcome, "[7,7]")
        XCTAssertEqual(simulator.tasks.map(\.key), ["e1:B0:1", "e1:B1:1", "e1:B0:2", "e1:B1:2"])
    }

    func test_map_itemsSelectorsAndContext() throws {
        XCTAssertEqual(try outcome(of: map(members: #""ItemsPath":"$.l""#), input: #"{"l":[3,1.0,"a"]}"#), #"[3,1.0,"a"]"#)
        let selector = #""ItemsPath":"$.l","ItemSelector":{"v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index","k.$":"$.k"},"ResultPath":"$.r""#
        XCTAssertEqual(try outcome(of: map(members: selector), input: #"{"l":["a","b"],"k":9}"#), #"{"l":["a","b"],"k":9,"r":[{"v":"a","i":0,"k":9},{"v":"b","i":1,"k":9}]}"#)
        let inside = #"{"Type":"Pass","Parameters":{"v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index"},"End":true}"#
        XCTAssertEqual(try outcome(of: map(inside, members: #""MaxConcurrency":1"#), input: #"["a","b"]"#), #"[{"v":"a","i":0},{"v":"b","i":1}]"#)
        XCTAssertEqual(try outcome(of: map(members: #""MaxConcurrency":2"#), input: "[]"), "[]")
        XCTAssertEqual(try outcome(of: map(members: #""MaxConcurrency":2"#), input: "{}"), "FAILED States.Runtime")
        XCTAssertEqual(try outcome(of: map(members: #""ItemSelector":{"a.$":"$.nowhere"}"#), input: "[1]"), "FAILED States.ParameterPathFailure")
        XCTAssertEqual(try outcome(of: map(members: #""ResultPath":null"#), input: "[1,2,3]"), "[1,2,3]")
    }

    func test_map_keepsToItsConcurrency() throws {
        for limit in [1, 2, 3, 10] {
            let text = machineText("S", [("S", map(members: "\"MaxConcurrency\":\(limit)")), ("T", #"{"Type":"Succeed"}"#)])
            var simulator = try Simulator(text, input: "[0,1,2,3,4,5,6]")
            var order: [String] = []
            while simulator.execution.status == .running {
                XCTAssertLessThanOrEqual(simulator.calls.count, limit)
                // The latest first.
                let call = try XCTUnwrap(simulator.tasks.last { simulator.calls[$0.token] != nil })
                order.append(call.input.textForm)
                simulator.apply(.taskSucceeded(token: call.token, output: call.input))
            }
            XCTAssertEqual(simulator.outcome, "[0,1,2,3,4,5,6]")
            XCTAssertEqual(order.sorted(), ["0", "1", "2", "3", "4", "5", "6"])
        }
    }

    func test_map_batches() throws {
        let batched = #""MaxConcurrency":1,"ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"k.$":"$[0]"}}"#
        XCTAssertEqual(try outcome(of: map(members: batched), input: "[1,2,3]"), #"[{"BatchInput":{"k":1},"Items":[1,2]},{"BatchInput":{"k":1},"Items":[3]}]"#)
        XCTAssertEqual(try outcome(of: map(members: #""ItemBatcher":{"MaxInputBytesPerBatch":6}"#), input: "[11,22,33,444444444]"), #"[{"Items":[11,22]},{"Items":[33]},{"Items":[444444444]}]"#)
    }

    func test_map_toleratesFailures() throws {
        let answer: (TaskCall) -> Simulator.Answer = { $0.input == .number("2") || $0.input == .number("3") ? .failure(StateError(name: "E", cause: "c")) : .success($0.input) }
        XCTAssertEqual(try outcome(of: map(members: #""ToleratedFailureCount":2"#), input: "[1,2,3,4]", answer), "[1,null,null,4]")
        XCTAssertEqual(try outcome(of: map(members: #""ToleratedFailureCount":1"#), input: "[1,2,3,4]", answer), "FAILED States.ExceedToleratedFailureThreshold")
        XCTAssertEqual(try outcome(of: map(members: #""ToleratedFailurePercentage":50"#), input: "[1,2,3,4]", answer), "[1,null,null,4]")
        XCTAssertEqual(try outcome(of: map(members: #""ToleratedFailurePercentage":49.9"#), input: "[1,2,3,4]", answer), "FAILED States.ExceedToleratedFailureThreshold")
        XCTAssertEqual(try outcome(of: map(members: #""MaxConcurrency":1"#), input: "[1,2,3,4]", answer), "FAILED E")
    }

    /// A Map that is an iteration itself: what it has asked for goes with it.
    func test_map_thatIsGivenUpWhileItReads_readsNoMore() throws {
        let inner = #"{"Type":"Map","MaxConcurrency":2,"ItemReader":{"Resource":"till:sql","Parameters":{"query":"q"}},"ItemProcessor":{"StartAt":"J","States":{"J":\#(Self.task)}},"End":true}"#
        var simulator = try Simulator(machineText("S", [("S", map(inner, members: #""ToleratedFailureCount":1"#)), ("T", #"{"Type":"Succeed"}"#)]), input: "[7]")
        let first = try XCTUnwrap(simulator.tasks.last)
        XCTAssertEqual(simulator.apply(.taskSucceeded(token: first.token, output: try json(#"{"items":[1],"last":false}"#))), .applied)
        let (reading, task) = (try XCTUnwrap(simulator.calls.values.first { $0.firstItem == 1 }), try XCTUnwrap(simulator.calls.values.first { $0.firstItem == nil }))
        XCTAssertEqual(simulator.apply(.taskFailed(token: task.token, StateError(name: "E", cause: nil))), .applied)
        XCTAssertTrue(simulator.effects.contains(.cancelTask(token: reading.token, Resource(kind: "sql"))))
        XCTAssertEqual(simulator.outcome, "[null]")
        XCTAssertEqual(simulator.apply(.taskSucceeded(token: reading.token, output: try json(#"{"items":[2],"last":true}"#))), .taskEnded)
    }

    func test_map_readsItemsPageByPage() throws {
        let state = map(members: #""MaxConcurrency":2,"ItemReader":{"Resource":"till:sql","Parameters":{"query":"q"},"ReaderConfig":{"MaxItems":7}}"#)
        let text = machineText("S", [("S", state), ("T", #"{"Type":"Succeed"}"#)])
        var simulator = try Simulator(text)
        var asked: [Int] = []
        try simulator.run { call in
            guard let first = call.firstItem else { return .success(call.input) }
            asked.append(first)
            XCTAssertEqual(call.key, "e1:S:1:items:\(first)")
            return .success(try json("{\"items\":[\(first),\(first + 1),\(first + 2)],\"last\":false}"))
        }
        XCTAssertEqual(simulator.outcome, "[0,1,2,3,4,5,6]")
        XCTAssertEqual(asked, [0, 3, 6])
        for page in ["{}", #"{"items":[],"last":false}"#, #"{"items":1,"last":true}"#] {
            var failing = try Simulator(text)
            try failing.run { _ in .success(try json(page)) }
            XCTAssertEqual(failing.outcome, "FAILED States.ItemReaderFailed", page)
        }
        let batched = map(members: #""ItemReader":{"Resource":"till:upload"},"ItemBatcher":{"MaxItemsPerBatch":2}"#)
        XCTAssertEqual(
            try outcome(of: batched) { call in
                guard let first = call.firstItem else { return .success(call.input["Items"] ?? .null) }
                return .success(try json("{\"items\":[\(first),\(first + 1),\(first + 2)],\"last\":\(first == 3)}"))
            }, "[[0,1],[2,3],[4,5]]")
    }

    /// What such an item is would depend on who reads it.
    func test_map_ofItemsThatNameAMemberTwice_fails() throws {
        let text = machineText("S", [("S", map(members: #""ItemReader":{"Resource":"till:sql"}"#)), ("T", #"{"Type":"Succeed"}"#)])
        let twice = JSONValue.object([.init("a", .integer(1)), .init("a", .integer(2))])
        let items: [JSONValue] = [twice, .array([.object([.init("b", twice)])])]
        for item in items {
            var simulator = try Simulator(text)
            simulator.run { _ in .success(.object([.init("items", .array([item])), .init("last", .boolean(true))])) }
            XCTAssertEqual(simulator.outcome, "FAILED States.ItemReaderFailed", item.textForm)
        }
    }

    /// A path may find one text many times, in each of the lists that it lies in.
    func test_map_ofItemsThatComeToTooMuch_fails() throws {
        var input = "\"" + String(repeating: "x", count: 100_000) + "\""
        for _ in 0..<30 { input = "{\"c\":[\(input)]}" }
        XCTAssertEqual(try outcome(of: map(members: #""ItemsPath":"$..c[*]","ResultPath":null"#), input: input), "FAILED States.DataLimitExceeded")
    }

    /// No page that comes makes a batch shorter that is too long by now.
    func test_map_ofABatchThatIsTooLong_asksForNoFurtherPage() throws {
        let text = machineText("S", [("S", map(members: #""ItemReader":{"Resource":"till:sql"},"ItemBatcher":{"MaxItemsPerBatch":1000000}"#)), ("T", #"{"Type":"Succeed"}"#)])
        var simulator = try Simulator(text)
        var pages = 0
        let item = "\"" + String(repeating: "x", count: 500_000) + "\""
        try simulator.run { call in
            pages += 1
            return .success(try json("{\"items\":[\(item)],\"last\":\(pages > 9)}"))
        }
        XCTAssertEqual(simulator.outcome, "FAILED States.DataLimitExceeded")
        XCTAssertLessThanOrEqual(pages, 3)
    }

    /// What a page says of where the next begins is kept with the Map, over restarts, ends and redrives, and given to whoever reads that.
    func test_map_tellsWhoReadsAPage_whatThePageBeforeHasSaid() throws {
        let state = map(members: #""MaxConcurrency":1,"ItemReader":{"Resource":"till:sql"}"#)
        let text = machineText("S", [("S", state), ("T", #"{"Type":"Succeed"}"#)])
        let machine = try DefinitionReader.read(Array(text.utf8))
        var simulator = try Simulator(text)
        var (told, failures): ([JSONValue?], Int) = ([], 1)
        func answer(_ call: TaskCall) throws -> Simulator.Answer {
            guard let first = call.firstItem else { return .success(call.input) }
            told.append(call.place)
            if first == 4, failures > 0 {
                failures -= 1
                return .failure(StateError(name: "E", cause: nil))
            }
            return .success(try json("{\"items\":[\(first),\(first + 1)],\"last\":\(first == 4)\(first == 0 ? ",\"place\":null" : ",\"place\":{\"at\":\(first)}")}"))
        }
        try simulator.run { try answer($0) }
        XCTAssertEqual(simulator.outcome, "FAILED States.ItemReaderFailed")
        XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(simulator.execution), of: machine), simulator.execution)
        XCTAssertEqual(simulator.apply(.redrive), .applied)
        XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(simulator.execution), of: machine), simulator.execution)
        try simulator.run { try answer($0) }
        XCTAssertEqual(simulator.outcome, "[0,1,2,3,4,5]")
        let place = try json(#"{"at":2}"#)
        XCTAssertEqual(told, [nil, nil, place, place])
    }

    func test_redrive_doesNotRunAgainWhatIsDone() throws {
        for limit in [1, 2, 5] {
            let text = machineText("S", [("S", map(members: "\"MaxConcurrency\":\(limit)")), ("T", #"{"Type":"Succeed"}"#)])
            var simulator = try Simulator(text, input: "[0,1,2,3,4,5]")
            simulator.run { $0.input == .number("3") ? .failure(StateError(name: "E", cause: nil)) : .success($0.input) }
            XCTAssertEqual(simulator.outcome, "FAILED E")
            let done = Set(simulator.history.filter { $0.kind == .succeeded && $0.state == "I" }.compactMap { $0.output?.textForm })
            let before = simulator.tasks.count
            XCTAssertEqual(simulator.apply(.redrive), .applied)
            simulator.run()
            XCTAssertEqual(simulator.outcome, "[0,1,2,3,4,5]")
            let again = Set(simulator.tasks[before...].map { $0.input.textForm })
            XCTAssertEqual(again, Set(["0", "1", "2", "3", "4", "5"]).subtracting(done))
            XCTAssertEqual(Set(simulator.tasks.map(\.key)).count, simulator.tasks.count, "a visit's key is its own")
            XCTAssertEqual(simulator.apply(.redrive), .wrongState)
        }
    }

    /// One event writes a share: iterations with much data begin a few at a time, all of them before any has to end.
    func test_map_ofMuchData_beginsOverSeveralEvents() throws {
        let much = String(repeating: "x", count: 400_000)
        let state = map(members: #""ItemsPath":"$.l","MaxConcurrency":50,"ItemSelector":{"v.$":"$.s"},"ResultPath":null"#)
        var simulator = try Simulator(machineText("S", [("S", state), ("T", #"{"Type":"Pass","Result":"T","End":true}"#)]), input: #"{"l":\#(Array(0..<60)),"s":"\#(much)"}"#)
        XCTAssertLessThan(simulator.execution.frames.count, 40)
        var events = 0
        while simulator.execution.awaited.contains(.proceed) {
            simulator.apply(.proceed)
            events += 1
        }
        XCTAssertGreaterThan(events, 1)
        XCTAssertEqual(simulator.calls.count, 50)
        simulator.run { .success(.integer($0.visit)) }
        XCTAssertEqual(simulator.outcome, "\"T\"")
        XCTAssertEqual(simulator.tasks.count, 60)
    }

    /// As iterations do, also over a restart, an end and a redrive.
    func test_parallel_ofMuchData_beginsOverSeveralEvents() throws {
        let much = String(repeating: "x", count: 400_000)
        let state = branches(Self.task, Self.task, Self.task, Self.task, Self.task, Self.task, Self.task, Self.task, members: #","ResultPath":null"#)
        let text = machineText("S", [("S", state), ("T", #"{"Type":"Pass","Result":"T","End":true}"#)])
        let machine = try DefinitionReader.read(Array(text.utf8))
        var simulator = try Simulator(text, input: #"{"s":"\#(much)"}"#)
        XCTAssertLessThan(simulator.execution.frames.count, 8)
        var events = 0
        while simulator.execution.awaited.contains(.proceed) {
            XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(simulator.execution), of: machine), simulator.execution)
            simulator.apply(.proceed)
            events += 1
        }
        XCTAssertGreaterThan(events, 1)
        XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(simulator.execution), of: machine), simulator.execution)
        XCTAssertEqual(simulator.calls.count, 8)
        simulator.run { .success(.integer($0.visit)) }
        XCTAssertEqual(simulator.outcome, "\"T\"")
        XCTAssertEqual(simulator.tasks.count, 8)
        // Ended while branches are still to begin, each begins once all the same.
        var stopped = try Simulator(text, input: #"{"s":"\#(much)"}"#)
        XCTAssertEqual(stopped.apply(.abort), .applied)
        XCTAssertEqual(stopped.execution.awaited, [])
        XCTAssertEqual(stopped.apply(.redrive), .applied)
        stopped.run { .success(.integer($0.visit)) }
        XCTAssertEqual(stopped.outcome, "\"T\"")
        XCTAssertEqual(Set(stopped.tasks.map(\.state)).count, 8)
        for (members, expected) in [("", "FAILED E"), (#","Catch":[{"ErrorEquals":["E"],"ResultPath":null,"Next":"T"}]"#, "\"T\""), (#","Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}]"#, "FAILED E")] {
            var failing = try Simulator(text.replacingOccurrences(of: #","ResultPath":null"#, with: members), input: #"{"s":"\#(much)"}"#)
            while failing.tasks.isEmpty { failing.apply(.proceed) }
            failing.apply(.taskFailed(token: failing.tasks[0].token, StateError(name: "E", cause: "c")))
            failing.run { _ in .failure(StateError(name: "E", cause: "c")) }
            XCTAssertEqual(failing.outcome, expected, members)
            XCTAssertEqual(failing.execution.awaited, [])
        }
    }

    /// Nothing is left of iterations that were still to begin when their Map is given up, tried again or caught.
    func test_map_thatFailsWhileItBegins_beginsNoMore() throws {
        let much = String(repeating: "x", count: 400_000)
        for (members, expected) in [("", "FAILED E"), (#","Catch":[{"ErrorEquals":["E"],"ResultPath":null,"Next":"T"}]"#, "\"T\""), (#","Retry":[{"ErrorEquals":["E"],"MaxAttempts":1}]"#, "FAILED E")] {
            let state = map(members: #""ItemsPath":"$.l","ItemSelector":{"v.$":"$.s"}"# + members)
            var simulator = try Simulator(machineText("S", [("S", state), ("T", #"{"Type":"Pass","Result":"T","End":true}"#)]), input: #"{"l":\#(Array(0..<60)),"s":"\#(much)"}"#)
            while simulator.tasks.isEmpty { simulator.apply(.proceed) }
            simulator.apply(.taskFailed(token: simulator.tasks[0].token, StateError(name: "E", cause: "c")))
            simulator.run { _ in .failure(StateError(name: "E", cause: "c")) }
            XCTAssertEqual(simulator.outcome, expected, members)
            XCTAssertEqual(simulator.execution.awaited, [])
        }
    }

    /// An execution has to be in memory whole to go on: a Map of many iterations with much data begins as many as fit, and goes through all of them.
    func test_map_ofMoreDataThanFits_beginsFewerAtOnce() throws {
        let much = String(repeating: "x", count: 900_000)
        let state = map(members: #""ItemsPath":"$.l","ItemSelector":{"v.$":"$.s","i.$":"$$.Map.Item.Index"},"ResultSelector":{"n.$":"States.ArrayLength($)"}"#)
        var simulator = try Simulator(machineText("S", [("S", state), ("T", #"{"Type":"Pass","End":true}"#)]), input: #"{"l":\#(Array(0..<90)),"s":"\#(much)"}"#)
        var most = 0
        while simulator.execution.status == .running {
            if simulator.execution.awaited.contains(.proceed) {
                simulator.apply(.proceed)
                continue
            }
            most = max(most, simulator.calls.count)
            let call = try XCTUnwrap(simulator.calls.values.first)
            simulator.apply(.taskSucceeded(token: call.token, output: call.input["i"] ?? .null))
        }
        XCTAssertEqual(simulator.outcome, #"{"n":90}"#)
        XCTAssertEqual(simulator.tasks.count, 90)
        XCTAssertEqual(most, Execution.crowdByteCount / 900_000, accuracy: 3)
        // Of little data each, as many as are allowed.
        var small = try Simulator(machineText("S", [("S", state), ("T", #"{"Type":"Pass","End":true}"#)]), input: #"{"l":\#(Array(0..<300)),"s":"x"}"#)
        while small.execution.awaited.contains(.proceed) { small.apply(.proceed) }
        XCTAssertEqual(small.calls.count, 300)
    }

    /// A list of small numbers has two bytes of JSON for each, and takes some twenty times that: what counts is memory, also of what was read from the file.
    func test_map_ofListsOfSmallNumbers_countsTheirMemory() throws {
        let count = 450_000
        let state = map(members: #""ItemsPath":"$.l","ItemSelector":{"v.$":"$.s","i.$":"$$.Map.Item.Index"}"#)
        let text = machineText("S", [("S", state), ("T", #"{"Type":"Pass","End":true}"#)])
        var simulator = try Simulator(text, input: #"{"l":\#(Array(0..<12)),"s":\#(Array(repeating: 0, count: count))}"#)
        while simulator.execution.awaited.contains(.proceed) { simulator.apply(.proceed) }
        XCTAssertGreaterThan(simulator.calls.count, 0)
        XCTAssertLessThanOrEqual(simulator.calls.count, Execution.crowdByteCount / (count * MemoryLayout<JSONValue>.stride) + 1)
        let machine = try DefinitionReader.read(Array(text.utf8))
        XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(simulator.execution), of: machine).heldByteCount, simulator.execution.heldByteCount)
    }

    /// Nested ones begin one each at least: what they come to hold together has its bound, and nothing is left of the execution then.
    func test_map_ofMoreDataThanAnExecutionMayHold_fails() throws {
        let much = String(repeating: "x", count: 900_000)
        let inner = map(members: #""ItemsPath":"$.l","ItemSelector":{"v.$":"$$.Execution.Input.s"}"#).replacingOccurrences(of: #""Next":"T""#, with: #""End":true"#)
        let state = #"{"Type":"Map","ItemsPath":"$.l","ItemSelector":{"l.$":"States.Array(1,2)"},"ItemProcessor":{"StartAt":"M","States":{"M":\#(inner)}},"Next":"T"}"#
        var simulator = try Simulator(machineText("S", [("S", state), ("T", #"{"Type":"Pass","End":true}"#)]), input: #"{"l":\#(Array(0..<150)),"s":"\#(much)"}"#)
        simulator.run(eventCountMax: 600) { _ in .silence }
        XCTAssertEqual(simulator.outcome, "FAILED States.DataLimitExceeded")
        XCTAssertEqual(simulator.execution.awaited, [])
        XCTAssertEqual(simulator.calls.count, 0)
        // Whoever has it go on hears why it cannot.
        let ended = simulator.execution
        guard case .exceeded(let error) = simulator.apply(.redrive) else { return XCTFail("it goes on") }
        XCTAssertEqual(error, ended.error)
        XCTAssertEqual(simulator.execution, ended)
    }

    func test_abort_andTimeoutOfAnExecution_endAllOfIt() throws {
        let nested = branches(map(members: #""MaxConcurrency":2"#).replacingOccurrences(of: #""Next":"T""#, with: #""End":true"#), #"{"Type":"Wait","Seconds":9,"End":true}"#)
        let text = machineText("S", [("S", nested), ("T", #"{"Type":"Succeed"}"#)])
        var simulator = try Simulator(text, input: "[1,2,3]")
        XCTAssertEqual(simulator.calls.count, 2)
        XCTAssertEqual(simulator.apply(.abort), .applied)
        XCTAssertEqual(simulator.outcome, "ABORTED -")
        XCTAssertEqual(simulator.calls.count, 0)
        XCTAssertEqual(simulator.execution.awaited, [])
        XCTAssertEqual(simulator.apply(.abort), .wrongState)
        XCTAssertEqual(simulator.apply(.redrive), .applied)
        simulator.run()
        XCTAssertEqual(simulator.outcome, "[[1,2,3],[1,2,3]]")
        let timed = text.replacingOccurrences(of: "{\"StartAt\":\"S\"", with: "{\"TimeoutSeconds\":5,\"StartAt\":\"S\"")
        var late = try Simulator(timed, input: "[1]")
        late.run { _ in .silence }
        XCTAssertEqual(late.outcome, "TIMED_OUT States.Timeout")
        // Its history says where it stood, once.
        XCTAssertEqual(late.history.filter { $0.kind == .timedOut }.map { "\($0.state) \($0.error?.name ?? "")" }, ["S States.Timeout"])
    }
}
