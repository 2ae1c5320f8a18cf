package import ColumnStore

/// An execution as bytes, in four kinds of pieces, so that a commit writes only what an event changed (`Outcome.Changes`):
///
///     whole     = version raw(constants) raw(header) count frame*        frame = id raw(head) raw(body)
///     constants = id name machine-id machine-name depth started-at token-key input
///     header    = status output? error? ended-at? transitions serial frames visits* timeout? ready* history-bytes redrives?
///     head      = parent? index state visit entered-at transitions retries* phase
///     body      = input item? and, by the phase: output | error | data batch-input? item* place?
///
/// On disk: the version goes up with any change. Bytes of anybody are an error at worst.
package enum ExecutionCoder {
    package static let version: UInt8 = 1

    // MARK: Writing

    /// All of it in one piece, frames by number: equal executions have equal bytes.
    package static func encode(_ execution: Execution) -> [UInt8] {
        var encoder = ByteEncoder()
        encoder.byte(version)
        encoder.raw(constants(execution))
        encoder.raw(header(execution))
        encoder.integer(execution.frames.count)
        for id in execution.frames.keys.sorted() {
            guard let frame = execution.frames[id] else { continue }
            encoder.integer(id)
            encoder.raw(head(frame))
            encoder.raw(body(frame))
        }
        return encoder.bytes
    }

    /// What no event changes.
    package static func constants(_ execution: Execution) -> [UInt8] {
        var encoder = ByteEncoder()
        let identity = execution.identity
        for text in [identity.id, identity.name, identity.machineID, identity.machineName] { encoder.text(text) }
        encoder.integer(identity.depth)
        encoder.integer(execution.startedAt)
        encoder.raw(execution.tokenKey)
        encoder.value(execution.input)
        return encoder.bytes
    }

    /// What nearly every event changes.
    package static func header(_ execution: Execution) -> [UInt8] {
        var encoder = ByteEncoder()
        encoder.byte(execution.status.rawValue)
        encoder.optional(execution.output) { $0.value($1) }
        encoder.optional(execution.error) { $0.error($1) }
        encoder.optional(execution.endedAt) { $0.integer($1) }
        encoder.integer(execution.transitionCount)
        encoder.integer(execution.serial)
        encoder.integer(execution.frameCount)
        encoder.integer(execution.visits.count)
        for visit in execution.visits { encoder.integer(visit) }
        encoder.optional(execution.timeout) { $0.mark($1) }
        encoder.integer(execution.ready.count)
        for id in execution.ready { encoder.integer(id) }
        encoder.integer(execution.historyByteCount)
        // Where there were none it is as earlier programs wrote it.
        if execution.redriveCount > 0 { encoder.integer(execution.redriveCount) }
        return encoder.bytes
    }

    /// Where a frame stands, of a size that its data does not move.
    package static func head(_ frame: Frame) -> [UInt8] {
        var encoder = ByteEncoder()
        encoder.optional(frame.parent) { $0.integer($1) }
        encoder.integer(frame.index)
        encoder.integer(frame.state)
        encoder.integer(frame.visit)
        encoder.integer(frame.enteredAt)
        encoder.integer(frame.transitionCount)
        encoder.integer(frame.retries.count)
        for retry in frame.retries { encoder.integer(retry) }
        encoder.phase(frame.phase)
        return encoder.bytes
    }

    /// A frame's data; written when it enters a state, and when its phase brings other data.
    package static func body(_ frame: Frame) -> [UInt8] {
        var encoder = ByteEncoder()
        encoder.value(frame.input)
        encoder.optional(frame.item) { $0.value($1) }
        switch frame.phase {
        case .done(let output): encoder.value(output)
        case .failed(let error, _): encoder.error(error)
        case .items(let progress):
            encoder.value(progress.data)
            encoder.optional(progress.batchInput) { $0.value($1) }
            encoder.integer(progress.items.count)
            for item in progress.items { encoder.value(item) }
            // Where there is none it is as earlier programs wrote it.
            if let place = progress.place { encoder.value(place) }
        case .branches(_, let rest?): encoder.value(rest)
        case .ready, .task, .waiting, .retrying, .branches, .stopped: break
        }
        return encoder.bytes
    }

    // MARK: Reading

    /// Of one piece, as `encode` makes it.
    ///
    /// - Throws: where the bytes are no execution of this machine.
    package static func decode(_ bytes: [UInt8], of machine: Machine) throws(CodingFault) -> Execution {
        var decoder = ByteDecoder(bytes)
        guard try decoder.byte() == version else { throw CodingFault(reason: "another version than \(version)") }
        let constants = try decoder.raw()
        let header = try decoder.raw()
        var frames: [(id: Int, head: [UInt8], body: [UInt8])] = []
        for _ in 0..<(try decoder.count("frames")) {
            frames.append((try decoder.integer(0...Int.max, "a frame's number"), try decoder.raw(), try decoder.raw()))
        }
        try decoder.finish()
        return try decode(constants: constants, header: header, frames: frames, of: machine)
    }

    /// An execution of its pieces.
    package static func decode(
        constants: [UInt8], header: [UInt8], frames: [(id: Int, head: [UInt8], body: [UInt8])], of machine: Machine
    ) throws(CodingFault) -> Execution {
        var decoder = ByteDecoder(constants)
        let texts = [try decoder.text(), try decoder.text(), try decoder.text(), try decoder.text()]
        let identity = Execution.Identity(
            id: texts[0], name: texts[1], machineID: texts[2], machineName: texts[3], depth: try decoder.integer(0...Execution.depthMax, "the depth"))
        let startedAt = try decoder.int64()
        let key = try decoder.raw()
        guard key.count == 32 else { throw CodingFault(reason: "a key of \(key.count) bytes") }
        var execution = Execution(identity: identity, input: try decoder.value(), startedAt: startedAt, tokenKey: key, stateCount: machine.states.count)
        try decoder.finish()
        try readHeader(header, &execution)
        for piece in frames {
            let frame = try frame(piece.id, piece.head, piece.body, of: machine)
            guard execution.frames.updateValue(frame, forKey: piece.id) == nil else { throw CodingFault(reason: "two frames of one number") }
            execution.held.set(frame)
        }
        try check(execution, of: machine)
        for id in execution.frames.keys.sorted() {
            guard let frame = execution.frames[id], let parent = frame.parent else { continue }
            execution.below[parent, default: []].append(id)
            guard execution.waitsAgain(frame) else { continue }
            execution.again[parent, default: []].append(id)
        }
        // Of each Map the last first, since they are taken from the end.
        for (id, waiting) in execution.again { execution.again[id] = waiting.reversed() }
        return execution
    }

    // MARK: A part of it, without its machine

    /// - Throws: where the bytes are no constants.
    package static func input(ofConstants bytes: [UInt8]) throws(CodingFault) -> JSONValue {
        var decoder = try beforeInput(bytes)
        return try decoder.value()
    }

    /// The input's JSON, and no value.
    ///
    /// - Throws: where the bytes are no constants.
    package static func inputText(ofConstants bytes: [UInt8]) throws(CodingFault) -> [UInt8] {
        var decoder = try beforeInput(bytes)
        return try decoder.valueText()
    }

    private static func beforeInput(_ bytes: [UInt8]) throws(CodingFault) -> ByteDecoder {
        var decoder = ByteDecoder(bytes)
        for _ in 0..<4 { _ = try decoder.text() }
        _ = try decoder.integer(0...Execution.depthMax, "the depth")
        _ = try decoder.int64()
        _ = try decoder.raw()
        return decoder
    }

    /// What an execution has come to, its output as a value or as JSON.
    package struct Ending<Output: Sendable & Equatable>: Sendable, Equatable {
        package let status: Execution.Status
        package let output: Output?
        package let error: StateError?
        package let endedAt: Int64?
    }

    /// - Throws: where the bytes do not begin as a header does; the rest of it is not looked at.
    package static func ending(ofHeader bytes: [UInt8]) throws(CodingFault) -> Ending<JSONValue> {
        var decoder = ByteDecoder(bytes)
        return try ending(&decoder) { (it) throws(CodingFault) in try it.value() }
    }

    /// The same with the output's JSON, and no value.
    ///
    /// - Throws: as `ending(ofHeader:)`.
    package static func shownEnding(ofHeader bytes: [UInt8]) throws(CodingFault) -> Ending<[UInt8]> {
        var decoder = ByteDecoder(bytes)
        return try ending(&decoder) { (it) throws(CodingFault) in try it.valueText() }
    }

    private static func ending<Output: Sendable & Equatable>(
        _ decoder: inout ByteDecoder, _ read: (inout ByteDecoder) throws(CodingFault) -> Output
    ) throws(CodingFault) -> Ending<Output> {
        guard let status = Execution.Status(rawValue: try decoder.byte()) else { throw CodingFault(reason: "an unknown status") }
        let output = try decoder.optional(read)
        let error = try decoder.optional { (it) throws(CodingFault) in try it.error() }
        return Ending(status: status, output: output, error: error, endedAt: try decoder.optional { (it) throws(CodingFault) in try it.int64() })
    }

    /// The header may end after `ready`, or after the history's bytes: older programs wrote no more.
    private static func readHeader(_ bytes: [UInt8], _ execution: inout Execution) throws(CodingFault) {
        var decoder = ByteDecoder(bytes)
        let ending = try ending(&decoder) { (it) throws(CodingFault) in try it.value() }
        (execution.status, execution.output, execution.error, execution.endedAt) = (ending.status, ending.output, ending.error, ending.endedAt)
        execution.transitionCount = try decoder.integer(0...Int(Int32.max), "the count of transitions")
        execution.serial = try decoder.integer(0...Int.max / 2, "the last number")
        execution.frameCount = try decoder.integer(0...Int.max / 2, "the count of frames")
        guard try decoder.count("visits") == execution.visits.count else { throw CodingFault(reason: "another number of states than the machine's") }
        for index in execution.visits.indices { execution.visits[index] = try decoder.integer(0...Int(Int32.max), "a visit") }
        execution.timeout = try decoder.optional { (it) throws(CodingFault) in try it.mark() }
        for _ in 0..<(try decoder.count("ready frames")) { execution.ready.append(try decoder.integer(0...Int.max / 2, "a frame's number")) }
        // Before it was counted there was no such number.
        if !decoder.isAtEnd { execution.historyByteCount = try decoder.integer(0...Int.max / 2, "the bytes of the history") }
        if !decoder.isAtEnd { execution.redriveCount = try decoder.integer(1...Int.max / 2, "the number of redrives") }
        try decoder.finish()
    }

    /// One frame of its two pieces, both read to their ends.
    private static func frame(_ id: Int, _ head: [UInt8], _ body: [UInt8], of machine: Machine) throws(CodingFault) -> Frame {
        var decoder = ByteDecoder(head)
        var rest = ByteDecoder(body)
        let parent = try decoder.optional { (it) throws(CodingFault) in try it.integer(0...Int.max / 2, "a frame's parent") }
        let index = try decoder.integer(0...Int.max / 2, "a branch")
        let state = try decoder.integer(0...machine.states.count - 1, "a state")
        let visit = try decoder.integer(0...Int(Int32.max), "a visit")
        let enteredAt = try decoder.int64()
        let transitionCount = try decoder.integer(0...Int(Int32.max), "the count of transitions")
        var retries: [Int64] = []
        for _ in 0..<(try decoder.count("retries")) { retries.append(Int64(try decoder.integer(0...99_999_999, "a retry"))) }
        let input = try rest.value()
        let item = try rest.optional { (it) throws(CodingFault) in try it.value() }
        var frame = Frame(id: id, parent: parent, index: index, item: item, state: state, input: input)
        (frame.visit, frame.enteredAt, frame.transitionCount, frame.retries) = (visit, enteredAt, transitionCount, retries)
        frame.phase = try decoder.phase(&rest)
        try decoder.finish()
        try rest.finish()
        // A state that was not entered yet stood there with the retries of the one before it, as earlier programs wrote it: they are none of its own.
        switch frame.phase {
        case .ready(isRetry: false), .stopped: if frame.retries.count != machine.states[state].handling?.retriers.count ?? 0 { frame.retries = [] }
        case .ready, .task, .waiting, .retrying, .branches, .items, .done, .failed: break
        }
        return frame
    }

    /// What the transitions rely on.
    /// 1. Frames have numbers below the next one, and parents with smaller numbers that are there: no frame is its own ancestor.
    /// 2. A phase is one that the kind of its state can be in, and retries are none or as many as its retriers.
    /// 3. Below a Parallel or Map stand frames of its own scopes alone; only frame 0 has no parent.
    private static func check(_ execution: Execution, of machine: Machine) throws(CodingFault) {
        for (id, frame) in execution.frames {
            guard id < execution.frameCount else { throw CodingFault(reason: "a frame past the last") }
            let state = machine.states[frame.state]
            let retrierCount = state.handling?.retriers.count ?? 0
            guard frame.retries.isEmpty || frame.retries.count == retrierCount else { throw CodingFault(reason: "other retriers than the state's") }
            let fits = switch (frame.phase, state.kind) {
            case (.task, .task), (.branches, .parallel), (.items, .map), (.waiting, .wait), (.retrying, .task), (.retrying, .parallel), (.retrying, .map): true
            case (.task, _), (.branches, _), (.items, _), (.waiting, _), (.retrying, _): false
            case (.ready, _), (.done, _), (.failed, _), (.stopped, _): true
            }
            guard fits else { throw CodingFault(reason: "a phase that its state has not") }
            if case .failed(_, let redrive) = frame.phase, redrive > execution.redriveCount { throw CodingFault(reason: "a failure after a redrive that was none") }
            guard let parent = frame.parent else {
                guard id == 0, state.scope == 0 else { throw CodingFault(reason: "a second top level") }
                continue
            }
            guard parent < id, let above = execution.frames[parent] else { throw CodingFault(reason: "a frame without its parent") }
            let isBelow = switch machine.states[above.state].kind {
            case .parallel(let branches, _, _): branches.indices.contains(frame.index) && branches[frame.index] == state.scope
            case .map(let map): map.scope == state.scope
            default: false
            }
            guard isBelow else { throw CodingFault(reason: "a frame below a state that has none such") }
        }
    }
}
