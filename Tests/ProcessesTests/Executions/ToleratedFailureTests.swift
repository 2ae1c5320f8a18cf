import ColumnStore
import XCTest

@testable import Processes

/// Goal: what a Map tolerates takes little memory, and fills no execution. Method: failures with long causes and large inputs, beside what is counted; redrives of what is kept, and of what
/// is not.
final class ToleratedFailureTests: XCTestCase {
    private static let iteration = #""ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"till:call:x","End":true}}}"#

    private func text(_ members: String) -> String {
        machineText("S", [("S", #"{"Type":"Map",\#(members),\#(Self.iteration),"Next":"T"}"#), ("T", #"{"Type":"Succeed"}"#)])
    }

    /// Fails so many of the tasks that are under way, the first ones first.
    private func fail(_ count: Int, _ simulator: inout Simulator, cause: String? = nil) throws {
        var failed = 0
        while failed < count {
            if simulator.execution.awaited.contains(.proceed) {
                simulator.apply(.proceed)
                continue
            }
            let call = try XCTUnwrap(simulator.tasks.first { simulator.calls[$0.token] != nil })
            XCTAssertEqual(simulator.apply(.taskFailed(token: call.token, StateError(name: "E", cause: cause))), .applied)
            failed += 1
        }
    }

    func test_causes_areCounted_andKeptInBrief() throws {
        let definition = text(#""ToleratedFailureCount":60"#)
        let machine = try DefinitionReader.read(Array(definition.utf8))
        let cause = String(repeating: "c", count: StateError.causeByteCountMax)
        var simulator = try Simulator(definition, input: "\(Array(0..<61))")
        while simulator.execution.awaited.contains(.proceed) { simulator.apply(.proceed) }
        let before = simulator.execution.held.failed
        try fail(60, &simulator, cause: cause)
        XCTAssertEqual(simulator.execution.status, .running)
        let held = simulator.execution.held.failed - before
        XCTAssertGreaterThanOrEqual(held, 60 * StateError.briefCauseByteCountMax)
        XCTAssertLessThan(held, 60 * (StateError.briefCauseByteCountMax + 100))
        let told = simulator.history.filter { $0.kind == .failed && $0.state == "I" }
        XCTAssertEqual(told.count, 60)
        XCTAssertTrue(told.allSatisfy { $0.error?.cause == cause })
        // As earlier programs wrote it.
        var earlier = simulator.execution
        for (id, frame) in simulator.execution.frames {
            guard case .failed(let error, let redrive) = frame.phase else { continue }
            XCTAssertEqual(error.cause?.utf8.count, StateError.briefCauseByteCountMax)
            earlier.frames[id]?.phase = .failed(StateError(name: "E", cause: cause), redrive: redrive)
        }
        let read = try ExecutionCoder.decode(ExecutionCoder.encode(earlier), of: machine)
        XCTAssertEqual(read, simulator.execution)
        XCTAssertEqual(read.heldByteCount, simulator.execution.heldByteCount)
        XCTAssertEqual(read.held.failed, simulator.execution.held.failed)
    }

    /// What an execution ends with is whole: only what stays with a strand is cut.
    func test_cause_thatIsNotTolerated_isWhole() throws {
        let cause = String(repeating: "c", count: 10_000)
        var failing = try Simulator(text(#""MaxConcurrency":1"#), input: "[1]")
        failing.run { _ in .failure(StateError(name: "E", cause: cause)) }
        XCTAssertEqual(failing.execution.error?.cause, cause)
        var caught = try Simulator(text(#""MaxConcurrency":1,"Catch":[{"ErrorEquals":["E"],"Next":"T"}]"#), input: "[1]")
        caught.run { _ in .failure(StateError(name: "E", cause: cause)) }
        XCTAssertEqual(caught.execution.output?["Cause"]?.text, cause)
    }

    /// All of them together would be past what an execution may hold.
    func test_failuresOfMuchData_areGoneThrough() throws {
        let much = String(repeating: "x", count: 900_000)
        for members in [#""ResultPath":null,"OutputPath":"$.l[0]""#, #""ResultSelector":{"n.$":"States.ArrayLength($)"}"#] {
            let definition = text(#""ToleratedFailureCount":160,"ItemsPath":"$.l","ItemSelector":{"v.$":"$.s"},\#(members)"#)
            var simulator = try Simulator(definition, input: #"{"l":\#(Array(0..<160)),"s":"\#(much)"}"#)
            simulator.run { _ in .failure(StateError(name: "E", cause: nil)) }
            XCTAssertEqual(simulator.outcome, members.hasPrefix(#""ResultPath""#) ? "0" : #"{"n":160}"#)
            XCTAssertEqual(simulator.tasks.count, 160)
        }
    }

    /// Those that are let go of are neither run again nor forgotten.
    func test_redrive_runsAgainWhatIsKept_andCountsTheRest() throws {
        let much = String(repeating: "x", count: 900_000)
        let selected = #""ItemsPath":"$.l","ItemSelector":{"v.$":"$.s","i.$":"$$.Map.Item.Index"},"MaxConcurrency":10"#
        for members in ["", #","ResultPath":null,"OutputPath":"$.l[0]""#] {
            let definition = text(#""ToleratedFailureCount":50,\#(selected)\#(members)"#)
            let machine = try DefinitionReader.read(Array(definition.utf8))
            var simulator = try Simulator(definition, input: #"{"l":\#(Array(0..<60)),"s":"\#(much)"}"#)
            try fail(50, &simulator)
            let kept = simulator.execution.frames.values.count { if case .failed = $0.phase { true } else { false } }
            XCTAssertEqual(kept, Execution.failedByteCountMax / 900_000, accuracy: 1)
            XCTAssertLessThanOrEqual(simulator.execution.held.failed, Execution.failedByteCountMax)
            XCTAssertEqual(simulator.apply(.abort), .applied)
            let read = try ExecutionCoder.decode(ExecutionCoder.encode(simulator.execution), of: machine)
            XCTAssertEqual(read, simulator.execution)
            XCTAssertEqual(read.held.failed, simulator.execution.held.failed)
            let asked = simulator.tasks.count
            XCTAssertEqual(simulator.apply(.redrive), .applied)
            var failing = simulator
            simulator.run { .success($0.input["i"] ?? .null) }
            XCTAssertEqual(simulator.execution.status, .succeeded)
            XCTAssertEqual(simulator.tasks.count - asked, 60 - (50 - kept))
            if members.isEmpty {
                let outputs = try XCTUnwrap(simulator.execution.output?.array)
                XCTAssertEqual(outputs.count, 60)
                XCTAssertEqual(outputs.count { $0 == .null }, 50 - kept)
                for (index, output) in outputs.enumerated() where output != .null { XCTAssertEqual(output, .integer(index)) }
            } else {
                XCTAssertEqual(simulator.outcome, "0")
            }
            // Fewer than are tolerated, but for those that ended before.
            failing.run { _ in .failure(StateError(name: "E", cause: nil)) }
            XCTAssertEqual(failing.outcome, "FAILED States.ExceedToleratedFailureThreshold")
        }
    }

    private func keptCount(_ simulator: Simulator) -> Int {
        simulator.execution.frames.values.count { if case .failed = $0.phase { true } else { false } }
    }

    /// How many items a list has is known from its first on.
    func test_percentageOfAList_letsGoOfWhatIsPastTheBound() throws {
        let much = String(repeating: "x", count: 900_000)
        let members = #""ToleratedFailurePercentage":90,"ItemsPath":"$.l","ItemSelector":{"v.$":"$.s"},"MaxConcurrency":10"#
        var simulator = try Simulator(text(members), input: #"{"l":\#(Array(0..<60)),"s":"\#(much)"}"#)
        try fail(50, &simulator)
        XCTAssertEqual(simulator.execution.status, .running)
        XCTAssertEqual(keptCount(simulator), Execution.failedByteCountMax / 900_000, accuracy: 1)
        XCTAssertLessThanOrEqual(simulator.execution.held.failed, Execution.failedByteCountMax)
    }

    /// How many batches there are is known once the last has begun: until then there may be too few for what has failed.
    func test_percentageOfBatches_letsGoOfNothing_untilTheLastHasBegun() throws {
        // 45 of them are past the bound, and all that is held together is below 64 MiB.
        let much = String(repeating: "x", count: 800_000)
        let members = #""ToleratedFailurePercentage":99,"ItemsPath":"$.l","ItemSelector":{"v.$":"$.s"},"ItemBatcher":{"MaxItemsPerBatch":1},"MaxConcurrency":10"#
        var simulator = try Simulator(text(members), input: #"{"l":\#(Array(0..<60)),"s":"\#(much)"}"#)
        try fail(45, &simulator)
        XCTAssertEqual(keptCount(simulator), 45)
        XCTAssertGreaterThan(simulator.execution.held.failed, Execution.failedByteCountMax)
        try fail(13, &simulator)
        XCTAssertEqual(simulator.execution.status, .running)
        XCTAssertLessThan(keptCount(simulator), 58)
        XCTAssertGreaterThanOrEqual(keptCount(simulator), 45)
    }

    /// Neither its input nor its item is looked at again.
    func test_iterationThatIsDone_holdsItsOutputAlone() throws {
        let inner = #"{"Type":"Task","Resource":"till:call:x","Parameters":{"n.$":"$$.Map.Item.Value"},"End":true}"#
        let state = #"{"Type":"Map","ItemProcessor":{"StartAt":"I","States":{"I":\#(inner)}},"Next":"T"}"#
        let large = "\"" + String(repeating: "x", count: 400_000) + "\""
        var simulator = try Simulator(machineText("S", [("S", state), ("T", #"{"Type":"Succeed"}"#)]), input: "[\(large),\(large)]")
        while simulator.execution.awaited.contains(.proceed) { simulator.apply(.proceed) }
        let before = simulator.execution.heldByteCount
        let call = try XCTUnwrap(simulator.tasks.first)
        XCTAssertEqual(simulator.apply(.taskSucceeded(token: call.token, output: .integer(1))), .applied)
        XCTAssertEqual(simulator.execution.status, .running)
        XCTAssertGreaterThanOrEqual(before - simulator.execution.heldByteCount, 790_000)
    }
}
