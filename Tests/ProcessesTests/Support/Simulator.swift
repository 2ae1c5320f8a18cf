import ColumnStore
import Processes
import TestSupport

/// Runs an execution with a clock of its own and tasks that answer as told, and checks at each event what must hold at all of them.
struct Simulator {
    enum Answer {
        case success(JSONValue)
        case failure(StateError)
        /// Nothing comes: its timers end it.
        case silence
    }

    let machine: Machine
    private(set) var execution: Execution
    private(set) var effects: [Effect] = []
    private(set) var now: Int64
    /// Calls that were asked for and not ended, by token.
    private(set) var calls: [String: TaskCall] = [:]
    private(set) var events: [Event] = []
    private var seed: UInt64

    static let start: Int64 = 1_700_000_000_000_000

    init(_ machine: Machine, input: JSONValue, id: String = "e1", seed: UInt64 = 1) throws {
        (self.machine, now, self.seed) = (machine, Self.start, seed)
        let identity = Execution.Identity(id: id, name: "n1", machineID: "m@1", machineName: "m")
        let outcome = try Transition.start(machine, identity, input: input, at: Moment(now: now, secret: Self.secret(seed, 0)))
        execution = outcome.execution
        note(outcome)
    }

    init(_ definition: String, input: String = "{}", seed: UInt64 = 1) throws {
        self = try Simulator(try DefinitionReader.read(Array(definition.utf8)), input: try json(input), seed: seed)
    }

    private static func secret(_ seed: UInt64, _ number: Int) -> [UInt8] {
        var random = SplitMix64(state: seed &+ UInt64(number) &* 0x9E37)
        return (0..<4).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    }

    private mutating func note(_ outcome: Outcome) {
        effects += outcome.effects
        for effect in outcome.effects {
            switch effect {
            case .runTask(let call):
                precondition(calls.updateValue(call, forKey: call.token) == nil, "a token twice")
            case .cancelTask(let token, _): calls[token] = nil
            case .setTimer, .cancelTimer, .proceed, .history, .end: break
            }
        }
        precondition(execution.stuckFrames.isEmpty, "frames \(execution.stuckFrames) await nothing")
        precondition(execution.status != .running || !execution.awaited.isEmpty, "nothing is awaited")
    }

    @discardableResult
    mutating func apply(_ event: Event) -> Disposition {
        events.append(event)
        let outcome = Transition.apply(event, to: execution, of: machine, at: Moment(now: now, secret: Self.secret(seed, events.count)))
        if outcome.disposition != .applied { precondition(outcome.execution == execution && outcome.effects.isEmpty, "an event that was refused changed something") }
        execution = outcome.execution
        note(outcome)
        switch event {
        case .taskSucceeded(let token, _), .taskFailed(let token, _): calls[token] = nil
        default: break
        }
        return outcome.disposition
    }

    /// Sets the clock, and fires the timer.
    mutating func fire(_ awaited: Awaited) {
        guard case .timer(let frame, let serial, let at) = awaited else { return }
        now = max(now, at)
        apply(.timerFired(frame: frame, serial: serial))
    }

    var nextTimer: Awaited? {
        execution.awaited.filter { if case .timer = $0 { true } else { false } }.min { Self.at($0) < Self.at($1) }
    }

    private static func at(_ awaited: Awaited) -> Int64 { if case .timer(_, _, let at) = awaited { at } else { 0 } }

    /// Until it ends: tasks first, in the order in which they were asked for; then the next timer.
    mutating func run(eventCountMax: Int = 10_000, _ answer: (TaskCall) throws -> Answer) rethrows {
        for _ in 0..<eventCountMax {
            guard execution.status == .running else { return }
            if execution.awaited.contains(.proceed) {
                apply(.proceed)
                continue
            }
            var isAnswered = false
            for effect in effects {
                guard case .runTask(let call) = effect, calls[call.token] != nil else { continue }
                switch try answer(call) {
                case .success(let output): apply(.taskSucceeded(token: call.token, output: output))
                case .failure(let error): apply(.taskFailed(token: call.token, error))
                case .silence: continue
                }
                isAnswered = true
                break
            }
            if !isAnswered, let timer = nextTimer { fire(timer) }
        }
    }

    /// Until it ends, where every task gives its input back.
    mutating func run() { run { .success($0.input) } }

    // MARK: What it came to

    var history: [HistoryEntry] { effects.compactMap { if case .history(let entry) = $0 { entry } else { nil } } }

    var tasks: [TaskCall] { effects.compactMap { if case .runTask(let call) = $0 { call } else { nil } } }

    /// `entered A`, `failed A`, …
    var trace: [String] { history.map { "\($0.kind.rawValue) \($0.state)" } }

    var outcome: String {
        switch execution.status {
        case .running: "RUNNING"
        case .succeeded: execution.output?.textForm ?? "none"
        default: "\(execution.status.text) \(execution.error?.name ?? "-")"
        }
    }
}

/// A machine of states, by their texts.
func machineText(_ start: String, _ states: [(String, String)]) -> String {
    "{\"StartAt\":\"\(start)\",\"States\":{" + states.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}}"
}

/// What an execution of one state gives.
func outcome(of state: String, input: String = "{}", _ answer: (TaskCall) throws -> Simulator.Answer = { .success($0.input) }) throws -> String {
    var simulator = try Simulator(machineText("S", [("S", state), ("T", #"{"Type":"Pass","End":true}"#), ("U", #"{"Type":"Pass","Result":"U","End":true}"#)]), input: input)
    try simulator.run(answer)
    return simulator.outcome
}
