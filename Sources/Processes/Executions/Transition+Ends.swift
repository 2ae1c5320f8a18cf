internal import ColumnStore

extension Transition {
    /// A strand has come to its end.
    ///
    /// Of the top level that is the end of the execution; of a branch the parent counts it; of an iteration the Map goes on with the next one.
    mutating func endStrand(_ id: Int, _ output: JSONValue) {
        guard let frame = execution.frames[id] else { return }
        guard let parent = frame.parent, let above = execution.frames[parent] else {
            update(id, body: true) { $0.phase = .done(output) }
            return end(.succeeded, output: output)
        }
        close(id, output, below: above)
        switch above.phase {
        case .branches(let left, let rest):
            update(parent) { $0.phase = .branches(left: left - 1, rest: rest) }
            if left == 1 { finishBranches(parent) }
        case .items(var progress):
            progress.running -= 1
            progress.succeeded += 1
            update(parent) { $0.phase = .items(progress) }
            fill(parent)
        default: break
        }
    }

    /// Nothing is left of a branch or an iteration but its output, where that has its place in a result that somebody looks at.
    private mutating func close(_ id: Int, _ output: JSONValue, below above: Frame) {
        update(id, body: true) {
            $0.phase = .done(output)
            // Neither is looked at again.
            $0.input = .null
            $0.item = nil
        }
        if case .map(let map) = state(of: above).kind, !map.keepsOutputs { remove(id) }
    }

    /// All branches of a Parallel are done.
    mutating func finishBranches(_ id: Int) {
        guard let frame = execution.frames[id], let handling = state(of: frame).handling else { return }
        let outputs = children(of: id).map { child -> JSONValue in if case .done(let output) = child.phase { output } else { .null } }
        do throws(StateError) {
            try ValueLimits.check(.array(outputs), "the result of \(state(of: frame).name)")
            try finish(id, result: .array(outputs), handling.resultPath, selector: handling.resultSelector)
            removeBelow(id)
        } catch {
            fail(id, error)
        }
    }

    /// In the order of branches or items, in which they began.
    func children(of id: Int) -> [Frame] { (execution.below[id] ?? []).compactMap { execution.frames[$0] } }

    /// Ends all that runs below a frame, without a trace.
    ///
    /// - Complexity: O(frames below it), without recursion.
    mutating func removeBelow(_ id: Int) {
        var gone: [Int] = []
        var open = [id]
        while let next = open.popLast() {
            let children = execution.below.removeValue(forKey: next) ?? []
            execution.again[next] = nil
            gone += children
            open += children
        }
        guard !gone.isEmpty else { return }
        for other in gone.sorted() {
            settle(other)
            remove(other)
        }
        execution.ready.remove(gone)
    }

    /// Takes back what a frame has asked for.
    mutating func settle(_ id: Int) {
        guard let frame = execution.frames[id] else { return }
        switch frame.phase {
        case .task(let serial, let timeout, let heartbeat, _):
            cancel(timeout, of: id)
            cancel(heartbeat, of: id)
            cancelTask(id, serial: serial)
        case .waiting(let mark), .retrying(let mark): cancel(mark, of: id)
        case .items(let progress): if let reading = progress.reading { cancelTask(id, serial: reading) }
        case .ready, .branches, .done, .failed, .stopped: break
        }
    }

    // MARK: Errors

    /// A state has failed: it is tried again, its error is caught, or all above it fails too.
    ///
    /// - Parameter isOfBranch: the error comes out of a branch of the state.
    mutating func fail(_ id: Int, _ error: StateError, isOfBranch: Bool = false) {
        guard let frame = execution.frames[id], execution.status == .running else { return }
        let isTimeout = error.name == StateError.Name.timeout.rawValue || error.name == StateError.Name.heartbeatTimeout.rawValue
        note(isTimeout && !isOfBranch ? .timedOut : .failed, id, error: error)
        var error = error
        if let handling = state(of: frame).handling {
            if retry(id, error, handling, isOfBranch: isOfBranch) { return }
            for catcher in handling.catchers where error.isNamed(in: catcher.errors, isOfBranch: isOfBranch) {
                do throws(StateError) {
                    // Only the first catcher that names the error is asked.
                    return try take(id, error, catcher)
                } catch let other {
                    error = other
                }
                break
            }
        }
        giveUp(id, error)
    }

    /// The first retrier that names the error decides, also by having no attempt left: those behind it are not asked. Attempts belong to one visit.
    ///
    /// - Returns: whether it is tried again.
    private mutating func retry(_ id: Int, _ error: StateError, _ handling: ErrorHandling, isOfBranch: Bool) -> Bool {
        guard let frame = execution.frames[id],
            let index = handling.retriers.firstIndex(where: { error.isNamed(in: $0.errors, isOfBranch: isOfBranch) }), frame.retries.indices.contains(index)
        else { return false }
        let retrier = handling.retriers[index]
        guard frame.retries[index] < retrier.attemptCountMax else { return false }
        let delay = retrier.delay(attemptCount: frame.retries[index], &chance)
        settleItems(id)
        removeBelow(id)
        update(id) { $0.retries[index] += 1 }
        note(.retried, id, error: error)
        let mark = setTimer(id, at: now.addingReportingOverflow(delay).partialValue)
        update(id, body: true) { $0.phase = .retrying(mark) }
        return true
    }

    /// Goes on with a catcher: `{"Error", "Cause"}` is put where its `ResultPath` wants it, and nothing below the state goes on.
    ///
    /// - Throws: where that cannot be; then the state fails with that instead.
    private mutating func take(_ id: Int, _ error: StateError, _ catcher: Catcher) throws(StateError) {
        guard let frame = execution.frames[id] else { return }
        let result = JSONValue.object([.init("Error", .string(error.name ?? "")), .init("Cause", .string(error.cause ?? ""))])
        let output = try combine(id, result, catcher.resultPath)
        try ValueLimits.check(output, "what \(state(of: frame).name) caught")
        settleItems(id)
        removeBelow(id)
        note(.caught, id, output: output, error: error)
        go(id, to: catcher.next, output)
    }

    /// A reading of items that is under way while its state fails, and iterations or branches that were still to begin.
    private mutating func settleItems(_ id: Int) {
        switch execution.frames[id]?.phase {
        case .items: settle(id)
        case .branches(_, _?): break
        default: return
        }
        execution.ready.remove([id])
    }

    /// Nothing has caught the error: it is the parent's, unless that is a Map which tolerates it; without a parent it ends the execution.
    private mutating func giveUp(_ id: Int, _ error: StateError) {
        guard let frame = execution.frames[id] else { return }
        switch frame.phase {
        // What is done below stays done, for a redrive.
        case .branches, .items: break
        default: markFailed(id, error)
        }
        guard let parent = frame.parent, let above = execution.frames[parent] else { return end(.failed, error: error) }
        guard case .items(var progress) = above.phase else { return fail(parent, error, isOfBranch: true) }
        guard progress.isTolerant else { return fail(parent, error, isOfBranch: true) }
        progress.running -= 1
        progress.failed += 1
        update(parent) { $0.phase = .items(progress) }
        // The strand is given up with all below it: what else runs there ends, and what the state itself has asked for.
        settleItems(id)
        removeBelow(id)
        markFailed(id, error)
        // Only what is tolerated for certain ends for good, or no redrive could go on: a Map that is past what it tolerates fails now, and one that may come to be keeps all.
        if execution.held.failed > Execution.failedByteCountMax, progress.isToleranceKnown, !progress.hasFailedTooOften { close(id, .null, below: above) }
        fill(parent)
    }

    /// The frame stays, with its error in brief, for a redrive or as a place in a Map's result.
    mutating func markFailed(_ id: Int, _ error: StateError) {
        let redrive = execution.redriveCount
        update(id, body: true) { $0.phase = .failed(error.brief, redrive: redrive) }
    }

    // MARK: The end of all

    /// Ends the execution: timers and tasks of all frames are taken back, what is done stays as it is, everything else is stopped.
    mutating func end(_ status: Execution.Status, output: JSONValue? = nil, error: StateError?) {
        for id in execution.frames.keys.sorted() {
            guard let frame = execution.frames[id], !frame.isAtRest else { continue }
            settle(id)
            switch frame.phase {
            case .branches: break
            case .items(var progress):
                progress.reading = nil
                update(id) { $0.phase = .items(progress) }
            default: update(id) { $0.phase = .stopped }
            }
        }
        cancel(execution.timeout, of: nil)
        execution.timeout = nil
        execution.ready.removeAll()
        execution.again = [:]
        (execution.status, execution.output, execution.error, execution.endedAt) = (status, output, error, now)
        effects.append(.end(status, output: output, error))
    }

    private mutating func end(_ status: Execution.Status, output: JSONValue) { end(status, output: output, error: nil) }

    /// Every state that failed or was stopped is entered again; what is done stays done.
    ///
    /// Numbers of timers and tokens count on: no answer to what was asked before the end is taken for one to what is asked now.
    mutating func redrive() -> Disposition {
        guard execution.status != .running, execution.status != .succeeded else { return .wrongState }
        if let excess { return .exceeded(excess) }
        (execution.status, execution.error, execution.endedAt) = (.running, nil, nil)
        setExecutionTimer()
        execution.transitionCount = 0
        execution.redriveCount += 1
        for id in execution.frames.keys.sorted() {
            guard let frame = execution.frames[id] else { continue }
            switch frame.phase {
            case .done: break
            case .failed, .stopped:
                guard let parent = frame.parent, case .items? = execution.frames[parent]?.phase else {
                    beginAnew(id)
                    makeReady(id, body: true)
                    continue
                }
                // It is as it was, until its turn comes: there may be a hundred thousand.
                execution.again[parent, default: []].append(id)
            case .ready, .task, .waiting, .retrying, .branches, .items: beginAnew(id)
            }
        }
        for (id, waiting) in execution.again {
            // They are taken from the end: the first iteration comes first.
            execution.again[id] = waiting.reversed()
            guard case .items(var progress)? = execution.frames[id]?.phase else { continue }
            // What failed before is tried again, and counts no more, but for what has ended for good; running are those that go on without being entered anew.
            let open = children(of: id).filter { if case .done = $0.phase { false } else { true } }
            progress.failed = max(0, progress.begun - progress.succeeded - open.count)
            progress.running = open.count { !$0.isAtRest }
            update(id) { $0.phase = .items(progress) }
        }
        // States whose own work was left: nothing below them will call them.
        for id in execution.frames.keys.sorted() {
            guard let frame = execution.frames[id], execution.status == .running else { continue }
            switch frame.phase {
            case .branches(let left, _) where left == 0: finishBranches(id)
            case .branches(_, _?): execution.ready.append(id)
            case .items: fill(id)
            default: break
            }
        }
        return .applied
    }

    /// What a frame has counted counts no more.
    mutating func beginAnew(_ id: Int) {
        update(id) {
            $0.transitionCount = 0
            $0.retries = $0.retries.map { _ in 0 }
        }
    }
}

extension MapDefinition {
    /// Its result is looked at by somebody.
    var keepsOutputs: Bool { handling.resultPath != .discarded || handling.resultSelector != nil }
}
