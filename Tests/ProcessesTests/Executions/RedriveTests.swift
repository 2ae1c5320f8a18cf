import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Processes

/// Goal: what goes on after an end keeps the bounds of what began. Method: Maps with many failures, ended at each place, read from their bytes at each event; a history that is counted as full.
final class RedriveTests: XCTestCase {
    private static let iteration = #""ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"till:call:x","End":true}}}"#

    private func simulator(_ members: String, items: Int) throws -> (Simulator, Machine) {
        let text = machineText("S", [("S", #"{"Type":"Map",\#(members),\#(Self.iteration),"Next":"T"}"#), ("T", #"{"Type":"Succeed"}"#)])
        return (try Simulator(text, input: "\(Array(0..<items))"), try DefinitionReader.read(Array(text.utf8)))
    }

    func test_redrive_ofManyFailures_runsNoMoreAtOnceThanMaxConcurrency() throws {
        for (limit, items, ended) in [(2, 12, 0), (1, 5, 0), (3, 30, 0), (2, 12, 1), (2, 12, 2), (3, 20, 4)] {
            var (simulator, machine) = try simulator(#""MaxConcurrency":\#(limit),"ToleratedFailurePercentage":40"#, items: items)
            simulator.run { _ in .failure(StateError(name: "E", cause: nil)) }
            XCTAssertEqual(simulator.outcome, "FAILED States.ExceedToleratedFailureThreshold")
            XCTAssertEqual(simulator.apply(.redrive), .applied)
            // Ended and gone on with once more, some way in.
            for count in 0..<ended {
                let token = try XCTUnwrap(simulator.calls.keys.min())
                if count == ended / 2 {
                    XCTAssertEqual(simulator.apply(.abort), .applied)
                    XCTAssertEqual(simulator.execution.awaited, [])
                    XCTAssertEqual(simulator.apply(.redrive), .applied)
                } else {
                    XCTAssertEqual(simulator.apply(.taskSucceeded(token: token, output: simulator.calls[token]?.input ?? .null)), .applied)
                }
            }
            while simulator.execution.status == .running {
                XCTAssertLessThanOrEqual(simulator.calls.count, limit)
                XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(simulator.execution), of: machine), simulator.execution)
                let token = try XCTUnwrap(simulator.calls.keys.min())
                XCTAssertEqual(simulator.apply(.taskSucceeded(token: token, output: simulator.calls[token]?.input ?? .null)), .applied)
            }
            XCTAssertEqual(simulator.outcome, String(decoding: try JSONSerialization.data(withJSONObject: Array(0..<items)), as: UTF8.self))
            XCTAssertEqual(Set(simulator.tasks.map(\.key)).count, simulator.tasks.count, "a visit's key is its own")
        }
    }

    // MARK: What is written, and what is left

    /// Items past those that may be read would be cut off where there are none.
    func test_mapOfMoreItemsThanItMayRead_isDamage() throws {
        let state = #"{"Type":"Map","ItemReader":{"Resource":"till:sql","ReaderConfig":{"MaxItems":3}},"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}"#
        let text = machineText("S", [("S", state)])
        let machine = try DefinitionReader.read(Array(text.utf8))
        let simulator = try Simulator(text)
        let (id, frame) = try XCTUnwrap(simulator.execution.frames.first { if case .items = $0.value.phase { true } else { false } })
        guard case .items(var progress) = frame.phase else { return XCTFail("no Map") }
        for (start, isSound) in [(0, true), (3, true), (4, false)] {
            var execution = simulator.execution
            (progress.itemsStart, progress.next) = (start, start)
            execution.frames[id]?.phase = .items(progress)
            if isSound {
                XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(execution), of: machine), execution)
            } else {
                XCTAssertThrowsError(try ExecutionCoder.decode(ExecutionCoder.encode(execution), of: machine)) { XCTAssertTrue("\($0)".contains("items it has not"), "\($0)") }
            }
        }
    }

    /// A strand that has gone on to its next state, and is stopped before it enters that, has no retries of the state before: it can be read, and redriven.
    func test_strandBeforeItsNextState_hasNoRetriesOfTheLast() throws {
        let retrying = #"{"Type":"Parallel","Branches":[{"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}}],"Retry":[{"ErrorEquals":["E"]}],"Next":"B"}"#
        let failing = #"{"StartAt":"X","States":{"X":{"Type":"Pass","Next":"F"},"F":{"Type":"Fail","Error":"F"}}}"#
        let text = machineText("S", [("S", #"{"Type":"Parallel","Branches":[{"StartAt":"A","States":{"A":\#(retrying),"B":{"Type":"Pass","End":true}}},\#(failing)],"End":true}"#)])
        let machine = try DefinitionReader.read(Array(text.utf8))
        var simulator = try Simulator(text)
        XCTAssertEqual(simulator.outcome, "FAILED F")
        XCTAssertEqual(simulator.trace.filter { $0.hasSuffix(" A") || $0.hasSuffix(" B") }, ["entered A", "succeeded A"])
        XCTAssertEqual(simulator.execution.frames[1]?.phase, .stopped)
        XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(simulator.execution), of: machine), simulator.execution)
        // As earlier programs wrote it.
        for phase in [Frame.Phase.stopped, .ready(isRetry: false)] {
            var earlier = simulator.execution
            earlier.frames[1]?.phase = phase
            var wanted = earlier
            wanted.frames[1]?.retries = []
            earlier.frames[1]?.retries = [1]
            XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(earlier), of: machine), wanted)
        }
        // Elsewhere it is damage.
        var damaged = simulator.execution
        damaged.frames[1]?.phase = .ready(isRetry: true)
        damaged.frames[1]?.retries = [1]
        XCTAssertThrowsError(try ExecutionCoder.decode(ExecutionCoder.encode(damaged), of: machine))
        XCTAssertEqual(simulator.apply(.redrive), .applied)
        XCTAssertEqual(simulator.outcome, "FAILED F")
        XCTAssertEqual(simulator.trace.filter { $0.hasSuffix(" B") }, ["entered B", "succeeded B"])
        XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(simulator.execution), of: machine), simulator.execution)
    }

    /// The same between two events of an execution that runs: the Map and its iterations are as many states as one event enters.
    func test_strandBetweenTwoEvents_canBeRead() throws {
        let map = #"{"Type":"Map","ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"Retry":[{"ErrorEquals":["E"]}],"ResultPath":null,"Next":"T"}"#
        let text = machineText("M", [("M", map), ("T", #"{"Type":"Pass","Result":1,"End":true}"#)])
        let machine = try DefinitionReader.read(Array(text.utf8))
        var simulator = try Simulator(text, input: "\(Array(0..<255))")
        XCTAssertEqual(simulator.trace.last, "succeeded M")
        XCTAssertEqual(simulator.execution.awaited, [.proceed])
        XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(simulator.execution), of: machine), simulator.execution)
        simulator.run()
        XCTAssertEqual(simulator.outcome, "1")
    }

    /// Items of a batch that could not be made are still to be begun with: no redrive leaves them out.
    func test_redrive_ofABatchThatIsTooLong_leavesNoItemOut() throws {
        let members = #""ItemsPath":"$.l","ItemSelector":{"i.$":"$$.Map.Item.Value","s.$":"$.s"},"ItemBatcher":{"MaxItemsPerBatch":3},"ResultPath":null"#
        let text = machineText("S", [("S", #"{"Type":"Map",\#(members),\#(Self.iteration),"Next":"T"}"#), ("T", #"{"Type":"Succeed"}"#)])
        var simulator = try Simulator(text, input: #"{"l":[0,1,2,3,4],"s":"\#(String(repeating: "x", count: 400_000))"}"#)
        for _ in 0..<4 {
            XCTAssertEqual(simulator.outcome, "FAILED States.DataLimitExceeded")
            XCTAssertEqual(simulator.tasks.count, 0)
            guard case .items(let progress)? = simulator.execution.frames[0]?.phase else { return XCTFail("the Map is where it was") }
            XCTAssertEqual([progress.next, progress.begun, progress.running], [0, 0, 0])
            XCTAssertEqual(simulator.apply(.redrive), .applied)
        }
    }

    /// As above, of Maps within a Map, outputs let go: those that were on their way count, those that wait do not.
    func test_redrive_ofMapsInMaps_keepsBothLimits_andEnds() throws {
        let inner = #"{"Type":"Map","ItemsPath":"$","MaxConcurrency":2,"ToleratedFailureCount":1,\#(Self.iteration),"ResultPath":null,"End":true}"#
        let text = machineText(
            "S", [("S", #"{"Type":"Map","MaxConcurrency":3,"ToleratedFailureCount":2,"ItemProcessor":{"StartAt":"N","States":{"N":\#(inner)}},"ResultPath":null,"Next":"T"}"#), ("T", #"{"Type":"Pass","Result":1,"End":true}"#)])
        let machine = try DefinitionReader.read(Array(text.utf8))
        for seed in UInt64(0)..<12 {
            var random = SplitMix64(state: seed)
            var simulator = try Simulator(text, input: "\((0..<9).map { row in (0..<5).map { row * 10 + $0 } })")
            var redrives = 0
            var failures: UInt64 = 2
            while simulator.execution.status != .succeeded {
                if simulator.execution.status != .running {
                    redrives += 1
                    failures = redrives < 4 ? 4 : .max
                    XCTAssertEqual(simulator.apply(.redrive), .applied)
                }
                XCTAssertLessThanOrEqual(simulator.calls.count, 6, "seed \(seed)")
                XCTAssertEqual(try ExecutionCoder.decode(ExecutionCoder.encode(simulator.execution), of: machine), simulator.execution)
                let tokens = simulator.calls.keys.sorted()
                if tokens.isEmpty {
                    guard simulator.execution.status == .running else { continue }
                    simulator.apply(.proceed)
                    continue
                }
                let token = tokens[Int(random.next() % UInt64(tokens.count))]
                if random.next() % 40 == 0, redrives < 4 {
                    simulator.apply(.abort)
                } else if failures != .max, random.next() % failures == 0 {
                    simulator.apply(.taskFailed(token: token, StateError(name: "E", cause: nil)))
                } else {
                    simulator.apply(.taskSucceeded(token: token, output: .null))
                }
            }
            XCTAssertEqual(simulator.outcome, "1")
            XCTAssertGreaterThan(redrives, 0)
            XCTAssertEqual(simulator.execution.frames.count, 1)
        }
    }

    /// What is written because of an execution grows with its frames, not with their square: neither those that are ready nor those that wait are written at each event.
    func test_manyFrames_begunAndRedriven_writeInTheirOrder() throws {
        var written: [Int] = []
        for rows in [20, 40] {
            let inner = #"{"Type":"Map","ItemsPath":"$",\#(Self.iteration),"ResultPath":null,"End":true}"#
            let text = machineText(
                "S", [("S", #"{"Type":"Map","ItemProcessor":{"StartAt":"N","States":{"N":\#(inner)}},"ResultPath":null,"Next":"T"}"#), ("T", #"{"Type":"Succeed"}"#)])
            let row = JSONValue.array(Array(repeating: .number("1"), count: 500))
            var writing = try WrittenExecution(text, input: .array(Array(repeating: row, count: rows)))
            while !writing.execution.ready.isEmpty { writing.apply(.proceed) }
            XCTAssertEqual(writing.open.count, 500 * rows)
            writing.apply(.abort)
            (writing.headCount, writing.open) = (0, [])
            writing.apply(.redrive)
            XCTAssertLessThan(writing.headCount, Execution.readyCountMax + 3 * rows, "what waits for its turn was written")
            while writing.execution.status == .running {
                if writing.execution.ready.isEmpty { writing.apply(.taskSucceeded(token: try XCTUnwrap(writing.open.popLast()), output: .null)) } else { writing.apply(.proceed) }
            }
            XCTAssertEqual(writing.execution.status, .succeeded)
            XCTAssertEqual(writing.execution.transitionCount, 500 * rows + 1, "each once")
            XCTAssertLessThan(writing.readyCountMax, Execution.readyCountMax + 3 * rows)
            written.append(writing.byteCount)
        }
        XCTAssertLessThan(Double(written[1]), 2.3 * Double(written[0]), "\(written)")
    }

    /// What failed is not written by the redrive, however much it is: what waits is known by the redrive that it failed before, also from its bytes.
    func test_redrive_ofManyFailures_writesNoneOfThoseThatWait() throws {
        var written: [Int] = []
        for count in [4_000, 8_000] {
            let text = machineText(
                "S", [("S", #"{"Type":"Map","ToleratedFailureCount":\#(count - 1),\#(Self.iteration),"ResultPath":null,"Next":"T"}"#), ("T", #"{"Type":"Succeed"}"#)])
            var writing = try WrittenExecution(text, input: .array(Array(repeating: .number("1"), count: count)))
            func fail(_ error: String, until isDone: (WrittenExecution) -> Bool) throws {
                while writing.execution.status == .running, !isDone(writing) {
                    if writing.execution.ready.isEmpty {
                        writing.apply(.taskFailed(token: try XCTUnwrap(writing.open.popLast()), StateError(name: error, cause: String(repeating: "c", count: 100))))
                    } else {
                        writing.apply(.proceed)
                    }
                }
            }
            try fail("First") { _ in false }
            XCTAssertEqual(writing.execution.status, .failed)
            for redrive in 1...3 {
                (writing.headCount, writing.open) = (0, [])
                let before = writing.byteCount
                writing.apply(.redrive)
                XCTAssertLessThan(writing.headCount, Execution.readyCountMax + 2)
                if redrive == 1 { written.append(writing.byteCount - before) }
                // Some fail anew: those are not entered again before the next redrive.
                let limit = writing.execution.transitionCount + 1_500
                try fail("Again") { $0.execution.transitionCount >= limit }
                let waiting = writing.execution.again[0]?.count ?? 0
                XCTAssertGreaterThan(waiting, 0)
                try writing.readFromItsBytes()
                XCTAssertEqual(writing.execution.again[0]?.count, waiting)
                writing.apply(.abort)
            }
            writing.open = []
            writing.apply(.redrive)
            while writing.execution.status == .running {
                if writing.execution.ready.isEmpty { writing.apply(.taskSucceeded(token: try XCTUnwrap(writing.open.popLast()), output: .null)) } else { writing.apply(.proceed) }
            }
            XCTAssertEqual(writing.execution.status, .succeeded)
            XCTAssertEqual(writing.execution.transitionCount, count + 1, "each once")
        }
        XCTAssertLessThan(Double(written[1]), 1.1 * Double(written[0]), "\(written)")
    }

    /// Inputs of what failed are written when its turn comes: what an event has done for them counts as its share.
    func test_redrive_ofLargeFailures_isOfSeveralEvents() throws {
        let text = machineText(
            "S", [("S", #"{"Type":"Map","ToleratedFailureCount":99,"ItemsPath":"$.i","ItemSelector":{"b.$":"$.b"},\#(Self.iteration),"ResultPath":null,"Next":"T"}"#), ("T", #"{"Type":"Succeed"}"#)])
        let input = JSONValue.object([.init("b", .string(String(repeating: "x", count: 50_000))), .init("i", .array(Array(repeating: .number("1"), count: 100)))])
        var writing = try WrittenExecution(text, input: input)
        while writing.execution.status == .running {
            if writing.execution.ready.isEmpty { writing.apply(.taskFailed(token: try XCTUnwrap(writing.open.popLast()), StateError(name: "E", cause: nil))) } else { writing.apply(.proceed) }
        }
        let before = writing.byteCount
        writing.apply(.redrive)
        XCTAssertLessThan(writing.byteCount - before, 2_300_000, "all of them in one commit")
        while !writing.execution.ready.isEmpty { writing.apply(.proceed) }
        XCTAssertNil(writing.execution.again[0])
    }

    /// An execution as the storage has it: what of it each event has written.
    private struct WrittenExecution {
        /// nil while an event has it: nobody else holds its frames then.
        private var held: Execution?
        private let machine: Machine
        private(set) var byteCount = 0
        var headCount = 0
        private(set) var readyCountMax = 0
        private var header: [UInt8] = []
        private var frames: [Int: (head: [UInt8], body: [UInt8])] = [:]
        /// Tokens of tasks.
        var open: [String] = []

        init(_ definition: String, input: JSONValue) throws {
            machine = try DefinitionReader.read(Array(definition.utf8))
            let outcome = try Transition.start(machine, .init(id: "e", name: "n", machineID: "m", machineName: "m"), input: input, at: Self.moment)
            held = outcome.execution
            note(outcome)
        }

        var execution: Execution {
            guard let held else { preconditionFailure("an event within an event") }
            return held
        }

        private static let moment = Moment(now: Simulator.start, secret: [UInt8](repeating: 1, count: 32))

        mutating func apply(_ event: Event) {
            guard let before = held.take() else { preconditionFailure("an event within an event") }
            let outcome = Transition.apply(event, to: consume before, of: machine, at: Self.moment)
            note(outcome)
            held = Self.execution(of: outcome)
        }

        private static func execution(of outcome: consuming Outcome) -> Execution { outcome.execution }

        /// As a start after a crash has it, if only what events wrote is on the disk.
        mutating func readFromItsBytes() throws {
            let read = try ExecutionCoder.decode(
                constants: ExecutionCoder.constants(execution), header: header, frames: frames.keys.sorted().map { ($0, frames[$0]?.head ?? [], frames[$0]?.body ?? []) }, of: machine)
            XCTAssertEqual(read, execution)
            held = read
        }

        private mutating func note(_ outcome: Outcome) {
            let execution = outcome.execution
            header = ExecutionCoder.header(execution)
            byteCount += header.count
            for id in outcome.changes.heads {
                guard let frame = execution.frames[id] else { continue }
                frames[id, default: ([], [])].head = ExecutionCoder.head(frame)
                byteCount += frames[id]?.head.count ?? 0
            }
            for id in outcome.changes.bodies {
                guard let frame = execution.frames[id] else { continue }
                frames[id, default: ([], [])].body = ExecutionCoder.body(frame)
                byteCount += frames[id]?.body.count ?? 0
            }
            for id in outcome.changes.removed { frames[id] = nil }
            headCount += outcome.changes.heads.count
            readyCountMax = max(readyCountMax, execution.ready.count)
            for effect in outcome.effects { if case .runTask(let call) = effect { open.append(call.token) } }
        }
    }

    func test_readyFrames_areAListWithoutRepeats() {
        var random = SplitMix64(state: 7)
        var frames = ReadyFrames()
        var model: [Int] = []
        for _ in 0..<20_000 {
            let id = Int(random.next() % 400)
            switch random.next() % 8 {
            case 0...3:
                frames.append(id)
                if !model.contains(id) { model.append(id) }
            case 4:
                let gone = [id, id + 1, id + 2]
                frames.remove(gone)
                model.removeAll { gone.contains($0) }
            default: if !model.isEmpty { XCTAssertEqual(frames.removeFirst(), model.removeFirst()) }
            }
            XCTAssertEqual(frames.isEmpty, model.isEmpty)
            XCTAssertEqual(frames.count, model.count)
            XCTAssertEqual(frames.contains(id), model.contains(id))
        }
        XCTAssertEqual(Array(frames), model)
        for number in 0..<400 { XCTAssertEqual(Array(stride(from: 1, to: 400, by: 3)).placeInOrder(of: number), number % 3 == 1 ? number / 3 : nil) }
    }

    // MARK: The history

    /// What a loop writes down is bounded: past it the execution fails, whatever catches errors, and a redrive does not begin anew.
    func test_history_pastItsBound_endsTheExecution() throws {
        let text = machineText(
            "W", [("W", #"{"Type":"Wait","Seconds":1,"Next":"P"}"#), ("P", #"{"Type":"Pass","Next":"W"}"#)])
        let machine = try DefinitionReader.read(Array(text.utf8))
        let moment = Moment(now: Simulator.start, secret: [UInt8](repeating: 1, count: 32))
        var execution = try Transition.start(machine, .init(id: "e", name: "n", machineID: "m", machineName: "m"), input: .string("0123456789"), at: moment).execution
        let first = execution.historyByteCount
        XCTAssertGreaterThan(first, 100)
        func fire() -> Outcome {
            guard case .timer(let frame, let serial, _)? = execution.awaited.first else { preconditionFailure("a Wait without its timer") }
            return Transition.apply(.timerFired(frame: frame, serial: serial), to: execution, of: machine, at: moment)
        }
        execution = fire().execution
        XCTAssertGreaterThan(execution.historyByteCount, 2 * first)
        // As it stands on disk after years.
        execution.historyByteCount = Execution.historyByteCountMax - 10
        execution = try ExecutionCoder.decode(ExecutionCoder.encode(execution), of: machine)
        execution = fire().execution
        XCTAssertEqual(execution.status, .failed)
        XCTAssertEqual(execution.error?.name, "States.DataLimitExceeded")
        XCTAssertEqual(execution.awaited, [])
        let again = Transition.apply(.redrive, to: execution, of: machine, at: moment)
        guard case .exceeded(let error) = again.disposition else { return XCTFail("\(again.disposition)") }
        XCTAssertEqual(error, execution.error)
        XCTAssertEqual(again.execution, execution)
        XCTAssertEqual(again.effects, [])
    }

    /// Where more is allowed, a redrive goes on from there.
    func test_history_pastWhatIsAllowed_goesOnOnceMoreIs() throws {
        let machine = try DefinitionReader.read(Array(machineText("P", [("P", #"{"Type":"Pass","Next":"W"}"#), ("W", #"{"Type":"Wait","Seconds":1,"Next":"P"}"#)]).utf8))
        func moment(_ byteCountMax: Int) -> Moment { Moment(now: Simulator.start, secret: [UInt8](repeating: 1, count: 32), historyByteCountMax: byteCountMax) }
        var execution = try Transition.start(machine, .init(id: "e", name: "n", machineID: "m", machineName: "m"), input: .null, at: moment(4_000)).execution
        var count = 0
        while execution.status == .running, count < 100 {
            guard case .timer(let frame, let serial, _)? = execution.awaited.first else { preconditionFailure("a Wait without its timer") }
            execution = Transition.apply(.timerFired(frame: frame, serial: serial), to: execution, of: machine, at: moment(4_000)).execution
            count += 1
        }
        XCTAssertEqual(execution.error?.name, "States.DataLimitExceeded")
        XCTAssertTrue(execution.error?.cause?.contains("4000 bytes") ?? false, "\(execution.error?.cause ?? "")")
        XCTAssertLessThan(execution.historyByteCount, 5_000)
        XCTAssertEqual(Transition.apply(.redrive, to: execution, of: machine, at: moment(4_000)).execution.status, .failed)
        let raised = Transition.apply(.redrive, to: execution, of: machine, at: moment(8_000)).execution
        XCTAssertEqual(raised.status, .running)
        XCTAssertFalse(raised.awaited.isEmpty)
    }

    /// A header that was written before the history was counted.
    func test_header_withoutTheCount_isRead() throws {
        let machine = try DefinitionReader.read(Array(machineText("W", [("W", #"{"Type":"Wait","Seconds":1,"End":true}"#)]).utf8))
        let moment = Moment(now: Simulator.start, secret: [UInt8](repeating: 1, count: 32))
        var execution = try Transition.start(machine, .init(id: "e", name: "n", machineID: "m", machineName: "m"), input: .null, at: moment).execution
        execution.historyByteCount = 0
        let header = ExecutionCoder.header(execution)
        let frames = execution.frames.values.map { (id: $0.id, head: ExecutionCoder.head($0), body: ExecutionCoder.body($0)) }
        let earlier = try ExecutionCoder.decode(constants: ExecutionCoder.constants(execution), header: Array(header.dropLast()), frames: frames, of: machine)
        XCTAssertEqual(earlier, execution)
    }
}
