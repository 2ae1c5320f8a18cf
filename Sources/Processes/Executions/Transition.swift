package import ColumnStore

/// What an event makes of an execution.
package struct Outcome: Sendable, Equatable {
    package let execution: Execution
    package let effects: [Effect]
    package let disposition: Disposition
    /// Which parts of the state are others now.
    package let changes: Changes

    package struct Changes: Sendable, Equatable {
        /// Frames to be written, with what of them.
        package internal(set) var heads: Set<Int> = []
        package internal(set) var bodies: Set<Int> = []
        package internal(set) var removed: Set<Int> = []
    }
}

/// The pure core: an execution, an event and a moment in, an execution and effects out.
///
/// 1. One value takes one event: `start` and `apply` make it, let it take the event, run what is ready, and give it up.
/// 2. Nothing here depends on anything but the arguments, so that the same events give the same bytes.
/// 3. `changes` names every frame whose head or body is another than before.
///
/// By file: `+Tasks` takes events up to where frames are ready, `+States` enters states and moves data, `+Maps` begins iterations, `+Ends` ends strands,
/// retries, catches and redrives.
package struct Transition {
    let machine: Machine
    let now: Int64
    private let historyByteCountMax: Int
    var chance: Chance
    var execution: Execution
    var effects: [Effect] = []
    var changes = Outcome.Changes()
    /// Of all that one event does.
    private var left = Self.stepCountMax
    /// What one event may cost: what is more waits for `Event.proceed`, so that others have their turn within a tenth of a second. One state alone may
    /// cost more.
    private static let stepCountMax = Steps.countMax / 40
    /// Bytes that are written for each step: of the history, and of a strand's input.
    private static let bytesPerStep = 4
    /// Of an entry of the history beside its values, about.
    private static let entryByteCount = 100
    /// States that one event enters: what is more waits for `Event.proceed`, so that no commit grows without bound.
    private static let stateCountMax = 256

    /// A new execution, as far as it gets by itself.
    ///
    /// - Throws: where the input is out of bounds, or too many executions started each other.
    package static func start(_ machine: Machine, _ identity: Execution.Identity, input: JSONValue, at moment: Moment) throws(StateError) -> Outcome {
        try ValueLimits.check(input, "the input")
        guard identity.depth < Execution.depthMax else {
            throw StateError(.runtime, "\(Execution.depthMax) executions have started each other: a process without an end?")
        }
        var chance = Chance(secret: moment.secret)
        let execution = Execution(identity: identity, input: input, startedAt: moment.now, tokenKey: chance.bytes(32), stateCount: machine.states.count)
        var transition = Transition(machine, execution, moment, chance)
        transition.setExecutionTimer()
        transition.begin(parent: nil, index: 0, scope: 0, input: input, item: nil)
        transition.run()
        return transition.outcome(.applied)
    }

    /// What an event makes of an execution. One that does not concern it leaves it as it is, and `disposition` says why.
    ///
    /// - Parameter execution: handed over, so that a caller who keeps no copy has none made of its frames.
    package static func apply(_ event: Event, to execution: consuming Execution, of machine: Machine, at moment: Moment) -> Outcome {
        var transition = Transition(machine, execution, moment, Chance(secret: moment.secret))
        let disposition = transition.take(event)
        if disposition == .applied { transition.run() }
        return transition.outcome(disposition)
    }

    private init(_ machine: Machine, _ execution: consuming Execution, _ moment: Moment, _ chance: Chance) {
        (self.machine, self.execution, self.chance) = (machine, execution, chance)
        (now, historyByteCountMax) = (moment.now, moment.historyByteCountMax)
    }

    private func outcome(_ disposition: Disposition) -> Outcome {
        Outcome(execution: execution, effects: effects, disposition: disposition, changes: changes)
    }

    /// Lets every frame that is ready go on, one state at a time, in the order in which they became ready.
    private mutating func run() {
        var entered = 0
        while execution.status == .running {
            // Asked before each state: what the one before has written counts.
            if let excess {
                end(.failed, error: excess)
                break
            }
            if execution.ready.isEmpty { break }
            guard entered < Self.stateCountMax, !isSpent else {
                effects.append(.proceed)
                return
            }
            entered += 1
            runState(of: execution.ready.removeFirst())
        }
        if execution.status != .running { execution.ready.removeAll() }
    }

    /// More data than an execution may have: no state of it is entered then.
    var excess: StateError? {
        if execution.held.total > Execution.byteCountMax {
            return StateError(.dataLimitExceeded, "all that branches and iterations hold at once is more than \(Execution.byteCountMax) bytes")
        }
        if execution.historyByteCount > historyByteCountMax {
            return StateError(
                .dataLimitExceeded,
                "the history of the execution is more than \(historyByteCountMax) bytes, which limits.execution_history allows: split it into executions that start each other")
        }
        return nil
    }

    // MARK: What states and events use

    mutating func nextSerial() -> Int {
        execution.serial += 1
        return execution.serial
    }

    func state(of frame: Frame) -> StateDefinition { machine.states[frame.state] }

    /// Changes a frame, and notes which part of it has to be written.
    mutating func update(_ id: Int, body: Bool = false, _ change: (inout Frame) -> Void) {
        guard var frame = execution.frames[id] else { return }
        change(&frame)
        execution.frames[id] = frame
        changes.heads.insert(id)
        guard body else { return }
        changes.bodies.insert(id)
        execution.held.set(frame)
    }

    /// Puts a frame behind those that are ready.
    ///
    /// - Parameter body: its phase had data that goes.
    mutating func makeReady(_ id: Int, isRetry: Bool = false, body: Bool = false) {
        update(id, body: body) { $0.phase = .ready(isRetry: isRetry) }
        execution.ready.append(id)
    }

    /// A new strand at the start of a scope.
    mutating func begin(parent: Int?, index: Int, scope: Int, input: JSONValue, item: JSONValue?) {
        let id = execution.frameCount
        execution.frameCount += 1
        execution.frames[id] = Frame(id: id, parent: parent, index: index, item: machine.readsItems ? item : nil, state: machine.scopes[scope].startAt, input: input)
        if let parent { execution.below[parent, default: []].append(id) }
        changes.heads.insert(id)
        changes.bodies.insert(id)
        execution.ready.append(id)
        charge(input)
        if let frame = execution.frames[id] { execution.held.set(frame) }
    }

    /// Whether this event has done its share.
    var isSpent: Bool { left <= 0 }

    /// Whether Maps may begin iterations beside what is ready already.
    var isOpen: Bool { !isSpent && execution.ready.count < Execution.readyCountMax }

    /// For a value that is written because of this event.
    mutating func charge(_ value: JSONValue?) {
        guard let value else { return }
        left -= (ValueLimits.byteCount(value) ?? ValueLimits.byteCountMax) / Self.bytesPerStep
    }

    /// A frame that nothing looks at any more; storage learns of it by `changes.removed`. Whether it is among those that are ready is the caller's to see to.
    mutating func remove(_ id: Int) {
        if let parent = execution.frames[id]?.parent {
            if let place = execution.below[parent]?.placeInOrder(of: id) { execution.below[parent]?.remove(at: place) }
            if execution.below[parent]?.isEmpty == true { execution.below[parent] = nil }
        }
        execution.frames[id] = nil
        execution.held.remove(id)
        changes.heads.remove(id)
        changes.bodies.remove(id)
        changes.removed.insert(id)
    }

    /// Works something out for a frame, and takes what that costs from what is left of the event.
    mutating func evaluate<Value>(
        _ id: Int, data: JSONValue, token: String? = nil, item: (index: Int, value: JSONValue)? = nil, _ body: (inout Evaluation) throws(StateError) -> Value
    ) throws(StateError) -> Value {
        var evaluation = Evaluation(data: data, context: context(of: id, token: token, item: item), chance: chance)
        defer {
            chance = evaluation.chance
            left -= Steps.countMax - evaluation.steps.left
        }
        return try body(&evaluation)
    }

    /// - Parameter id: nil for the execution's own.
    mutating func setTimer(_ id: Int?, at instant: Int64) -> TimerMark {
        let mark = TimerMark(serial: nextSerial(), at: instant)
        effects.append(.setTimer(frame: id, serial: mark.serial, at: mark.at))
        return mark
    }

    /// Nil does nothing.
    mutating func cancel(_ mark: TimerMark?, of id: Int?) {
        if let mark { effects.append(.cancelTimer(frame: id, serial: mark.serial)) }
    }

    /// At the start, and anew with each redrive.
    mutating func setExecutionTimer() {
        guard let seconds = machine.timeoutSeconds else { return }
        execution.timeout = setTimer(nil, at: after(seconds))
    }

    /// Bounded: seconds are at most eight digits, instants are of this age of the world.
    func after(_ seconds: Int64) -> Int64 { now.addingReportingOverflow(seconds * 1_000_000).partialValue }

    /// An entry of the history, whose size counts against the event and against the execution.
    mutating func note(_ kind: HistoryEntry.Kind, _ id: Int, input: JSONValue? = nil, output: JSONValue? = nil, error: StateError? = nil) {
        guard let frame = execution.frames[id] else { return }
        charge(input)
        charge(output)
        execution.historyByteCount += [input, output].reduce(Self.entryByteCount + (error?.cause?.utf8.count ?? 0)) { $0 + ($1.flatMap { ValueLimits.byteCount($0) } ?? 0) }
        effects.append(
            .history(
                HistoryEntry(
                    at: now, kind: kind, state: state(of: frame).name, visit: frame.visit, attempt: frame.retryCount + 1, input: input, output: output, error: error)))
    }
}
