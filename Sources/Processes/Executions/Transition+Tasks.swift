internal import ColumnStore

extension Transition {
    /// Asks for a task, and sets its clocks.
    ///
    /// The token is made before the parameters are worked out, since they may hold it (`$$.Task.Token`). Times may be found in the data.
    ///
    /// - Throws: what becomes of the state without the task having been asked for.
    mutating func begin(_ task: TaskDefinition, _ id: Int, _ state: StateDefinition) throws(StateError) {
        guard let frame = execution.frames[id] else { return }
        let serial = nextSerial()
        let token = TaskToken(execution, frame: id, serial: serial).text
        let data = try input(of: id, state, nil)
        let timeout = try task.timeout.map { (amount) throws(StateError) in try self.amount(amount, "TimeoutSeconds", 1...99_999_999, id, data) }
        let heartbeat = try task.heartbeat.map { (amount) throws(StateError) in try self.amount(amount, "HeartbeatSeconds", 1...99_999_999, id, data) }
        let effective = try input(of: id, state, task.parameters, token: token)
        // Refused here, where the state can catch it, and not as the child begins.
        if task.resource.kind == Resource.childKind, execution.identity.depth + 1 >= Execution.depthMax {
            throw StateError(.runtime, "\(Execution.depthMax) executions have started each other: a process without an end?")
        }
        effects.append(
            .runTask(
                TaskCall(
                    token: token, key: "\(execution.identity.id):\(state.name):\(frame.visit)", resource: task.resource, state: state.name, visit: frame.visit,
                    attempt: frame.retryCount + 1, input: effective, firstItem: nil, depth: execution.identity.depth + 1)))
        let timeoutMark = timeout.map { setTimer(id, at: after($0)) }
        let heartbeatMark = heartbeat.map { setTimer(id, at: after($0)) }
        update(id) { $0.phase = .task(serial: serial, timeout: timeoutMark, heartbeat: heartbeatMark, heartbeatSeconds: heartbeat) }
    }

    /// Takes an event up to where frames are ready again.
    mutating func take(_ event: Event) -> Disposition {
        switch event {
        case .redrive: return redrive()
        case .taskSucceeded(let text, let output): return takeResult(text, .success(output))
        case .taskFailed(let text, let error): return takeResult(text, .failure(error))
        case .heartbeat(let text): return takeHeartbeat(text)
        case .timerFired(let frame, let serial): return takeTimer(frame, serial)
        case .proceed: return execution.status == .running && !execution.ready.isEmpty ? .applied : .stale
        case .abort:
            guard execution.status == .running else { return .wrongState }
            end(.aborted, error: nil)
            return .applied
        }
    }

    /// Whose task a token is: `.unknownToken` where this execution never gave it, `.taskEnded` where it did and nobody waits for it, else the frame. Whether
    /// the frame waits for this very number is the caller's to ask.
    private func frame(of text: String) -> (Disposition, Frame?, Int) {
        guard let token = TaskToken(text), token.isGenuine(in: execution) else { return (.unknownToken, nil, 0) }
        guard execution.status == .running, let frame = execution.frames[token.frame] else { return (.taskEnded, nil, 0) }
        return (.applied, frame, token.serial)
    }

    /// The end of a task, or a page of items. A second answer to one token finds another phase, and is `.taskEnded`.
    private mutating func takeResult(_ text: String, _ result: Result<JSONValue, StateError>) -> Disposition {
        let (disposition, found, serial) = frame(of: text)
        guard let frame = found else { return disposition }
        switch frame.phase {
        case .task(serial, let timeout, let heartbeat, _):
            cancel(timeout, of: frame.id)
            cancel(heartbeat, of: frame.id)
            // The work is done, whatever becomes of its result: it is not asked for again but by a retry.
            update(frame.id) { $0.phase = .ready(isRetry: true) }
            do throws(StateError) {
                let output = try result.get()
                try ValueLimits.check(output, "the result of \(state(of: frame).name)")
                guard let handling = state(of: frame).handling else { return .taskEnded }
                try finish(frame.id, result: output, handling.resultPath, selector: handling.resultSelector)
            } catch {
                fail(frame.id, error)
            }
            return .applied
        case .items(let progress) where progress.reading == serial:
            takeItems(frame.id, result)
            return .applied
        default: return .taskEnded
        }
    }

    /// The heartbeat's clock begins anew. Of a task without one it changes nothing, and is no fault.
    private mutating func takeHeartbeat(_ text: String) -> Disposition {
        let (disposition, found, serial) = frame(of: text)
        guard let frame = found else { return disposition }
        guard case .task(serial, let timeout, let heartbeat, let seconds) = frame.phase else { return .taskEnded }
        guard let seconds else { return .applied }
        cancel(heartbeat, of: frame.id)
        let mark = setTimer(frame.id, at: after(seconds))
        update(frame.id) { $0.phase = .task(serial: serial, timeout: timeout, heartbeat: mark, heartbeatSeconds: seconds) }
        return .applied
    }

    /// A timer is known by its number: one that was cancelled, or has fired, is `.stale`. Storage may fire any of them again.
    ///
    /// - Parameter id: nil of the execution's own.
    private mutating func takeTimer(_ id: Int?, _ serial: Int) -> Disposition {
        guard execution.status == .running else { return .stale }
        guard let id else {
            guard execution.timeout?.serial == serial else { return .stale }
            execution.timeout = nil
            let error = StateError(.timeout, "the execution took longer than its TimeoutSeconds")
            // In the state that its own strand, the first of its frames, stands in.
            if let first = execution.frames.keys.min() { note(.timedOut, first, error: error) }
            end(.timedOut, error: error)
            return .applied
        }
        guard let frame = execution.frames[id] else { return .stale }
        switch frame.phase {
        case .waiting(let mark) where mark.serial == serial:
            do throws(StateError) {
                let state = state(of: frame)
                try finish(id, result: try input(of: id, state, nil), .place(.whole))
            } catch {
                fail(id, error)
            }
        case .retrying(let mark) where mark.serial == serial: makeReady(id, isRetry: true)
        case .task(let task, let timeout, let heartbeat, _) where timeout?.serial == serial || heartbeat?.serial == serial:
            // Either clock ends the task; the other one is taken back, and so is the task.
            let isHeartbeat = heartbeat?.serial == serial
            cancel(isHeartbeat ? timeout : heartbeat, of: id)
            cancelTask(id, serial: task)
            fail(id, isHeartbeat ? StateError(.heartbeatTimeout, "no heartbeat came within HeartbeatSeconds") : StateError(.timeout, "the task took longer than TimeoutSeconds"))
        default: return .stale
        }
        return .applied
    }

    /// Says that nobody waits for a task any more. Its answer, should it come, is `.taskEnded`.
    mutating func cancelTask(_ id: Int, serial: Int) {
        guard let frame = execution.frames[id] else { return }
        let resource: Resource
        switch state(of: frame).kind {
        case .task(let task): resource = task.resource
        case .map(let map):
            guard let reader = map.reader else { return }
            resource = reader.resource
        default: return
        }
        effects.append(.cancelTask(token: TaskToken(execution, frame: id, serial: serial).text, resource))
    }
}
