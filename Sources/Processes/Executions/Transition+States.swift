internal import ColumnStore

extension Transition {
    /// Enters the state of a frame, or tries it again, and does what it can do at once.
    mutating func runState(of id: Int) {
        guard let frame = execution.frames[id] else { return }
        let isRetry: Bool
        switch frame.phase {
        case .ready(let known): isRetry = known
        // It had begun as much below it as one event may.
        case .items: return fill(id, isTurn: true)
        case .branches(_, _?): return beginBranches(id)
        default: return
        }
        guard isRetry || enter(id) else { return }
        do throws(StateError) {
            try carryOut(id)
        } catch {
            fail(id, error)
        }
    }

    /// A visit begins: it is counted, noted in the history, and its retriers are as if none had been asked.
    ///
    /// - Returns: false where the execution has entered more states than it may.
    private mutating func enter(_ id: Int) -> Bool {
        guard let frame = execution.frames[id] else { return false }
        execution.transitionCount += 1
        execution.visits[frame.state] += 1
        // Of the whole execution: iterations that enter one state get numbers of their own, so that the keys of their tasks differ.
        let visit = execution.visits[frame.state]
        let retrierCount = state(of: frame).handling?.retriers.count ?? 0
        let now = now
        update(id) {
            $0.visit = visit
            $0.enteredAt = now
            $0.transitionCount += 1
            $0.retries = Array(repeating: 0, count: retrierCount)
        }
        note(.entered, id, input: frame.input)
        if frame.transitionCount >= Execution.strandTransitionCountMax || execution.transitionCount > Execution.transitionCountMax {
            let count = frame.transitionCount >= Execution.strandTransitionCountMax ? Execution.strandTransitionCountMax : Execution.transitionCountMax
            let error = StateError(.tooManyTransitions, "more than \(count) states were entered: a loop without an end? Split it into executions that start each other")
            note(.failed, id, error: error)
            markFailed(id, error)
            end(.failed, error: error)
            return false
        }
        return true
    }

    /// Does what the state asks for. Task, Wait, Parallel and Map then await something; Pass, Choice and Succeed go on at once.
    ///
    /// - Throws: what the state fails with, as Fail always does; `runState` hands it to `fail`.
    private mutating func carryOut(_ id: Int) throws(StateError) {
        guard let frame = execution.frames[id] else { return }
        let state = state(of: frame)
        switch state.kind {
        case .pass(let parameters, let result, let resultPath):
            var value = try input(of: id, state, parameters)
            if let result { value = result }
            try finish(id, result: value, resultPath)
        case .succeed: try finish(id, result: try input(of: id, state, nil), .place(.whole))
        case .fail(let error, let cause):
            throw StateError(name: try text(error, id), cause: try text(cause, id))
        case .choice(let branches, let otherwise):
            let data = try input(of: id, state, nil)
            let chosen = try evaluate(id, data: data) { (evaluation) throws(StateError) -> Int? in
                for branch in branches where try branch.rule.holds(&evaluation) { return branch.next }
                return otherwise
            }
            guard let chosen else { throw StateError(.noChoiceMatched, "no rule of \(state.name) holds, and it has no Default") }
            let output = try outputOf(id, data)
            note(.succeeded, id, output: output)
            go(id, to: chosen, output)
        case .wait(let wait):
            let data = try input(of: id, state, nil)
            let instant = try self.instant(wait, id, data)
            // An instant that has passed is no wait, and needs no timer.
            guard instant > now else { return try finish(id, result: data, .place(.whole)) }
            let mark = setTimer(id, at: instant)
            update(id) { $0.phase = .waiting(mark) }
        case .task(let task): try begin(task, id, state)
        case .parallel(let branches, let parameters, _):
            let data = try input(of: id, state, parameters)
            try checkRoom(branches.count)
            update(id) { $0.phase = .branches(left: branches.count, rest: data) }
            beginBranches(id, isFirst: true)
        case .map(let map): try begin(map, id, state)
        }
    }

    /// Begins as many branches as this event may; the others wait for the next one.
    private mutating func beginBranches(_ id: Int, isFirst: Bool = false) {
        guard let frame = execution.frames[id], case .branches(let left, let rest?) = frame.phase, case .parallel(let branches, _, _) = state(of: frame).kind else { return }
        var next = execution.below[id]?.count ?? 0
        while next < branches.count, !isSpent {
            begin(parent: id, index: next, scope: branches[next], input: rest, item: nil)
            next += 1
        }
        let isWhole = next == branches.count
        update(id, body: !isWhole || !isFirst) { $0.phase = .branches(left: left, rest: isWhole ? nil : rest) }
        if !isWhole, !execution.ready.contains(id) { execution.ready.append(id) }
    }

    // MARK: Data in

    /// What `InputPath` and a template leave of a state's input.
    ///
    /// - Parameter token: the task's, which the template may hold.
    /// - Throws: `.runtime`, `.parameterPathFailure`, `.intrinsicFailure`; `.dataLimitExceeded` where it is out of bounds.
    mutating func input(of id: Int, _ state: StateDefinition, _ parameters: Template?, token: String? = nil) throws(StateError) -> JSONValue {
        guard let frame = execution.frames[id] else { return .null }
        var data = frame.input
        switch state.inputPath {
        case .nothing: data = .object([])
        case .path(let path):
            if !path.isWhole { data = try evaluate(id, data: data, token: token) { (evaluation) throws(StateError) in try evaluation.value(of: path) } }
        }
        if let parameters { data = try evaluate(id, data: data, token: token) { (evaluation) throws(StateError) in try parameters.value(&evaluation) } }
        try ValueLimits.check(data, "the effective input of \(state.name)")
        return data
    }

    /// `Error` or `Cause` of a Fail; nil where it has none.
    private mutating func text(_ text: FailText?, _ id: Int) throws(StateError) -> String? {
        switch text {
        case nil: return nil
        case .text(let text): return text
        case .expression(let expression):
            guard let frame = execution.frames[id] else { return nil }
            let value = try evaluate(id, data: frame.input) { (evaluation) throws(StateError) in try evaluation.value(of: expression) }
            guard case .string(let text) = value else { throw StateError(.runtime, "ErrorPath and CausePath give a text, not \(value.kind)") }
            return text
        }
    }

    /// A number of a state that may stand in its data.
    mutating func amount(_ amount: Amount, _ what: String, _ range: ClosedRange<Int64>, _ id: Int, _ data: JSONValue) throws(StateError) -> Int64 {
        switch amount {
        case .number(let number): return number
        case .path(let path):
            let value = try evaluate(id, data: data) { (evaluation) throws(StateError) in try evaluation.value(of: path) }
            guard case .number(let digits) = value, let number = ExactNumber(digits).integer, range.contains(number) else {
                throw StateError(.runtime, "\(what) is an integer from \(range.lowerBound) to \(range.upperBound), which \(path.text) does not give")
            }
            return number
        }
    }

    /// Until when a Wait waits, in microseconds since 1970.
    private mutating func instant(_ wait: WaitDefinition, _ id: Int, _ data: JSONValue) throws(StateError) -> Int64 {
        switch wait {
        case .seconds(let amount): return after(try self.amount(amount, "Seconds", 0...99_999_999, id, data))
        case .until(let instant): return instant
        case .untilPath(let path):
            let value = try evaluate(id, data: data) { (evaluation) throws(StateError) in try evaluation.value(of: path) }
            guard case .string(let text) = value, let instant = Timestamp.parse(text) else {
                throw StateError(.runtime, "\(path.text) gives no timestamp such as 2026-03-14T01:59:00Z")
            }
            return instant
        }
    }

    // MARK: Data out

    /// Ends a state's work: its result through ResultSelector, ResultPath and OutputPath, then on to the next state.
    ///
    /// - Throws: what the state then fails with: nothing of it has been noted yet.
    mutating func finish(_ id: Int, result: JSONValue, _ resultPath: ResultPath, selector: Template? = nil) throws(StateError) {
        guard let frame = execution.frames[id] else { return }
        let state = state(of: frame)
        var result = result
        if let selector { result = try evaluate(id, data: result) { (evaluation) throws(StateError) in try selector.value(&evaluation) } }
        let combined = try combine(id, result, resultPath)
        let output = try outputOf(id, combined)
        note(.succeeded, id, output: output)
        switch state.next {
        case .state(let next)?: go(id, to: next, output)
        case .end?, nil: endStrand(id, output)
        }
    }

    /// The state's input with a result where `ResultPath` wants it.
    mutating func combine(_ id: Int, _ result: JSONValue, _ resultPath: ResultPath) throws(StateError) -> JSONValue {
        guard let frame = execution.frames[id] else { return result }
        switch resultPath {
        case .discarded: return frame.input
        case .place(let path):
            if path.isWhole { return result }
            return try evaluate(id, data: frame.input) { (evaluation) throws(StateError) in try path.putting(result, into: frame.input, &evaluation.steps) }
        }
    }

    /// What `OutputPath` leaves.
    private mutating func outputOf(_ id: Int, _ value: JSONValue) throws(StateError) -> JSONValue {
        guard let frame = execution.frames[id] else { return value }
        let state = state(of: frame)
        var output = value
        switch state.outputPath {
        case .nothing: output = .object([])
        case .path(let path):
            if !path.isWhole { output = try evaluate(id, data: value) { (evaluation) throws(StateError) in try evaluation.value(of: path) } }
        }
        try ValueLimits.check(output, "the output of \(state.name)")
        return output
    }

    /// The next state of a strand. It is entered when its turn comes, maybe with another event.
    mutating func go(_ id: Int, to next: Int, _ input: JSONValue) {
        update(id, body: true) {
            $0.state = next
            $0.input = input
            // Of the state before: this one's begin with its visit, and until then it may be stopped, and written.
            $0.retries = []
        }
        makeReady(id)
    }

    /// - Throws: `.runtime` where so many further frames are more than an execution may have at once.
    func checkRoom(_ count: Int) throws(StateError) {
        guard execution.frames.count + count <= Execution.frameCountMax else {
            throw StateError(.runtime, "more than \(Execution.frameCountMax) branches and iterations at once")
        }
    }
}
