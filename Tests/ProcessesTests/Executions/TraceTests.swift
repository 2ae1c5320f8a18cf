import ColumnStore
import Processes
import TestSupport
import XCTest

/// Goal: whatever happens in whatever order, each transition is made once, nothing is stuck, and the same events give the same bytes. Method: machines at random, events at random among
/// those that are awaited, beside stale and wrong ones; after each the state is encoded, decoded, and kept piece by piece as a storage would.
final class TraceTests: XCTestCase {
    /// A storage of pieces: only what an outcome calls changed is written.
    private struct Pieces {
        var constants: [UInt8]
        var header: [UInt8]
        var heads: [Int: [UInt8]] = [:]
        var bodies: [Int: [UInt8]] = [:]

        init(_ outcome: Outcome) {
            constants = ExecutionCoder.constants(outcome.execution)
            header = []
            take(outcome)
        }

        mutating func take(_ outcome: Outcome) {
            header = ExecutionCoder.header(outcome.execution)
            for id in outcome.changes.removed { (heads[id], bodies[id]) = (nil, nil) }
            for id in outcome.changes.heads { heads[id] = outcome.execution.frames[id].map(ExecutionCoder.head) }
            for id in outcome.changes.bodies { bodies[id] = outcome.execution.frames[id].map(ExecutionCoder.body) }
        }

        func execution(of machine: Machine) throws -> Execution {
            let frames = heads.keys.sorted().map { (id: $0, head: heads[$0] ?? [], body: bodies[$0] ?? []) }
            return try ExecutionCoder.decode(constants: constants, header: header, frames: frames, of: machine)
        }
    }

    private struct Trace {
        var machine: Machine
        var execution: Execution
        var pieces: Pieces
        var now: Int64 = 1_700_000_000_000_000
        var tokens: [String] = []
        var keys: [String: Int] = [:]
        var history: [HistoryEntry] = []
        var ends = 0
        var count = 0

        static func moment(_ now: Int64, _ count: Int) -> Moment { Moment(now: now, secret: (0..<32).map { UInt8(truncatingIfNeeded: count &+ $0) }) }

        init(_ machine: Machine, input: JSONValue) throws {
            self.machine = machine
            let outcome = try Transition.start(machine, .init(id: "e", name: "n", machineID: "m", machineName: "m"), input: input, at: Self.moment(now, 0))
            execution = outcome.execution
            pieces = Pieces(outcome)
            note(outcome)
        }

        mutating func apply(_ event: Event) throws -> Disposition {
            count += 1
            let moment = Self.moment(now, count)
            let outcome = Transition.apply(event, to: execution, of: machine, at: moment)
            // Out of its bytes, the state does the same.
            let decoded = try ExecutionCoder.decode(ExecutionCoder.encode(execution), of: machine)
            XCTAssertEqual(decoded, execution)
            let again = Transition.apply(event, to: decoded, of: machine, at: moment)
            XCTAssertEqual(again, outcome)
            if outcome.disposition != .applied {
                XCTAssertEqual(outcome.execution, execution)
                XCTAssertEqual(outcome.effects, [])
            }
            execution = outcome.execution
            pieces.take(outcome)
            XCTAssertEqual(try pieces.execution(of: machine), execution, "what changed and was not said so")
            note(outcome)
            return outcome.disposition
        }

        private mutating func note(_ outcome: Outcome) {
            for effect in outcome.effects {
                switch effect {
                case .runTask(let call):
                    tokens.append(call.token)
                    keys["\(call.key)#\(call.attempt)", default: 0] += 1
                case .history(let entry): history.append(entry)
                case .end: ends += 1
                default: break
                }
            }
            XCTAssertEqual(execution.stuckFrames, [])
            XCTAssertEqual(execution.status == .running, !execution.awaited.isEmpty)
        }
    }

    private func run(_ seed: UInt64, eventCountMax: Int = 120, isBold: Bool = false) throws -> Trace {
        var maker = MachineMaker(random: SplitMix64(state: seed))
        maker.isBold = isBold
        let machine = try DefinitionReader.read(maker.machine())
        var trace = try Trace(machine, input: json(MachineMaker.input))
        var redrives = 0
        for _ in 0..<eventCountMax {
            guard trace.execution.status == .running else {
                guard trace.execution.status != .succeeded, redrives < 2 else { break }
                redrives += 1
                let doneBefore = Set(trace.history.filter { $0.kind == .succeeded }.map { "\($0.state) \($0.visit)" })
                XCTAssertEqual(try trace.apply(.redrive), .applied)
                let doneAfter = trace.history.filter { $0.kind == .succeeded }.map { "\($0.state) \($0.visit)" }
                XCTAssertTrue(doneBefore.isSubset(of: doneAfter))
                continue
            }
            try step(&trace, &maker)
        }
        return trace
    }

    private func step(_ trace: inout Trace, _ maker: inout MachineMaker) throws {
        let awaited = trace.execution.awaited
        switch maker.below(20) {
        case 0:
            // An old token, a wrong one, a timer that never was.
            if let token = trace.tokens.first, !awaited.contains(.task(token: token)) { XCTAssertEqual(try trace.apply(.taskSucceeded(token: token, output: .null)), .taskEnded) }
            XCTAssertEqual(try trace.apply(.heartbeat(token: "e.0.1.00")), .unknownToken)
            XCTAssertEqual(try trace.apply(.timerFired(frame: maker.below(9), serial: 1 << 40)), .stale)
        case 1 where maker.below(8) == 0: XCTAssertEqual(try trace.apply(.abort), .applied)
        default:
            switch awaited[maker.below(awaited.count)] {
            case .proceed: XCTAssertEqual(try trace.apply(.proceed), .applied)
            case .timer(let frame, let serial, let at):
                trace.now = max(trace.now, at)
                XCTAssertEqual(try trace.apply(.timerFired(frame: frame, serial: serial)), .applied)
                XCTAssertEqual(try trace.apply(.timerFired(frame: frame, serial: serial)), .stale)
            case .task(let token):
                switch maker.below(8) {
                case 0: XCTAssertEqual(try trace.apply(.heartbeat(token: token)), .applied)
                case 1, 2: XCTAssertEqual(try trace.apply(.taskFailed(token: token, StateError(name: ["E1", "E2", nil][maker.below(3)], cause: "c"))), .applied)
                default: XCTAssertEqual(try trace.apply(.taskSucceeded(token: token, output: json(MachineMaker.input))), .applied)
                }
                if !trace.execution.awaited.contains(.task(token: token)) {
                    XCTAssertEqual(try trace.apply(.taskFailed(token: token, StateError(name: "E1", cause: nil))), .taskEnded)
                }
            }
        }
    }

    func test_randomTraces_keepWhatMustHold() throws {
        var ends: [Execution.Status: Int] = [:]
        for seed in UInt64(0)..<150 {
            let trace = try run(seed)
            ends[trace.execution.status, default: 0] += 1
            XCTAssertEqual(trace.keys.values.filter { $0 > 1 }, [], "seed \(seed): one attempt asked for twice")
            let entered = trace.history.filter { $0.kind == .entered }.map { "\($0.state) \($0.visit)" }
            XCTAssertEqual(Set(entered).count, entered.count, "seed \(seed): one visit entered twice")
            let ended = trace.history.filter { $0.kind == .succeeded || $0.kind == .caught }.map { "\($0.state) \($0.visit)" }
            XCTAssertEqual(Set(ended).count, ended.count, "seed \(seed): one visit ended twice")
            XCTAssertTrue(Set(ended).isSubset(of: entered), "seed \(seed)")
        }
        XCTAssertGreaterThan(ends[.succeeded] ?? 0, 50, "\(ends)")
        XCTAssertGreaterThan((ends[.failed] ?? 0) + (ends[.aborted] ?? 0), 10, "\(ends)")
    }

    /// Where several strands fail at once, one is stopped in whatever state it stands: between two of them, too.
    func test_randomTraces_ofSeveralRetriersAndFailures_keepWhatMustHold() throws {
        for seed in UInt64(2_000)..<2_150 {
            let trace = try run(seed, isBold: true)
            XCTAssertEqual(trace.keys.values.filter { $0 > 1 }, [], "seed \(seed): one attempt asked for twice")
            let ended = trace.history.filter { $0.kind == .succeeded || $0.kind == .caught }.map { "\($0.state) \($0.visit)" }
            XCTAssertEqual(Set(ended).count, ended.count, "seed \(seed): one visit ended twice")
        }
    }

    func test_abort_fromAnyState_leavesNothingAwaited() throws {
        for seed in UInt64(500)..<530 {
            for eventCount in [0, 1, 2, 4, 8, 16] {
                var trace = try run(seed, eventCountMax: eventCount)
                guard trace.execution.status == .running else { break }
                XCTAssertEqual(try trace.apply(.abort), .applied)
                XCTAssertEqual(trace.execution.awaited, [])
                XCTAssertEqual(trace.execution.status, .aborted)
                XCTAssertEqual(try trace.apply(.redrive), .applied)
                XCTAssertFalse(trace.execution.status == .running && trace.execution.awaited.isEmpty)
            }
        }
    }

    /// All orders in which two branches of two tasks and a Map of three items can answer.
    func test_allOrders_ofSmallMachines_endAlike() throws {
        let branch = { (n: Int) in #"{"StartAt":"A\#(n)","States":{"A\#(n)":{"Type":"Task","Resource":"till:call:x","Next":"B\#(n)"},"B\#(n)":{"Type":"Task","Resource":"till:call:x","End":true}}}"# }
        let map = #"{"Type":"Map","MaxConcurrency":2,"ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Task","Resource":"till:call:x","End":true}}},"End":true}"#
        for (text, input, output) in [
            (machineText("P", [("P", #"{"Type":"Parallel","Branches":["# + branch(1) + "," + branch(2) + #"],"End":true}"#)]), "5", "[5,5]"), (machineText("M", [("M", map)]), "[1,2,3,4]", "[1,2,3,4]"),
        ] {
            let machine = try DefinitionReader.read(Array(text.utf8))
            var paths = 0
            func explore(_ execution: Execution, _ inputs: [String: JSONValue], _ count: Int) {
                guard execution.status == .running else {
                    paths += 1
                    return XCTAssertEqual(execution.output?.textForm, output)
                }
                for case .task(let token) in execution.awaited {
                    let outcome = Transition.apply(.taskSucceeded(token: token, output: inputs[token] ?? .null), to: execution, of: machine, at: Trace.moment(0, count))
                    var known = inputs
                    for case .runTask(let call) in outcome.effects { known[call.token] = call.input }
                    explore(outcome.execution, known, count + 1)
                }
            }
            let start = try Transition.start(machine, .init(id: "e", name: "n", machineID: "m", machineName: "m"), input: json(input), at: Trace.moment(0, 0))
            var known: [String: JSONValue] = [:]
            for case .runTask(let call) in start.effects { known[call.token] = call.input }
            explore(start.execution, known, 1)
            XCTAssertGreaterThan(paths, 5)
        }
    }

    /// Bytes of anybody are refused, or are some execution that goes on without a trap.
    func test_hostileBytes_areAnError() throws {
        var random = SplitMix64(state: 3)
        var decodedCount = 0
        for seed in UInt64(0)..<12 {
            var maker = MachineMaker(random: SplitMix64(state: seed))
            let machine = try DefinitionReader.read(maker.machine())
            let bytes = ExecutionCoder.encode(try run(seed, eventCountMax: Int(seed) * 3).execution)
            for cut in stride(from: 0, to: bytes.count, by: 7) { XCTAssertThrowsError(try ExecutionCoder.decode(Array(bytes[..<cut]), of: machine)) }
            XCTAssertThrowsError(try ExecutionCoder.decode(bytes + [0], of: machine))
            for _ in 0..<300 {
                var broken = bytes
                for _ in 0...Int(random.next() % 3) { broken[Int(random.next() % UInt64(broken.count))] = UInt8(truncatingIfNeeded: random.next()) }
                guard let execution = try? ExecutionCoder.decode(broken, of: machine) else { continue }
                decodedCount += 1
                for awaited in execution.awaited.prefix(4) {
                    switch awaited {
                    case .task(let token): _ = Transition.apply(.taskSucceeded(token: token, output: .null), to: execution, of: machine, at: Trace.moment(0, 0))
                    case .timer(let frame, let serial, _): _ = Transition.apply(.timerFired(frame: frame, serial: serial), to: execution, of: machine, at: Trace.moment(0, 0))
                    case .proceed: _ = Transition.apply(.proceed, to: execution, of: machine, at: Trace.moment(0, 0))
                    }
                }
                _ = Transition.apply(.redrive, to: execution, of: machine, at: Trace.moment(0, 0))
            }
        }
        XCTAssertGreaterThan(decodedCount, 20)
    }
}
