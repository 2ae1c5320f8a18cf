internal import ColumnStore

/// A frame's phase as bytes. What may be large stands in the frame's body and not here, so that an event which only counts on writes a few bytes:
///
///     phase    = 0 isRetry | 1 serial timeout? heartbeat? seconds? | 2 timer | 3 timer | 4 left | 5 progress | 6 | 7 | 8 | 9 left | 10 redrive
///                ready       task                                    waiting   retrying  branches           done failed stopped
///     timer    = serial at
///     progress = concurrency tolerated-count? tolerated-percentage? batch-items? batch-bytes? items-max? items-start next begun running succeeded failed
///                is-whole reading?
///
/// 9 is `branches` some of which have not begun: what they get stands in the body. 10 is `failed` after redrives; 7 says the same of none.
extension ByteEncoder {
    /// Number and instant (microseconds since 1970).
    mutating func mark(_ mark: TimerMark) {
        integer(mark.serial)
        integer(mark.at)
    }

    /// Name and cause, either of which may be absent.
    mutating func error(_ error: StateError) {
        optional(error.name) { $0.text($1) }
        optional(error.cause) { $0.text($1) }
    }

    /// On disk: do not renumber.
    mutating func phase(_ phase: Frame.Phase) {
        switch phase {
        case .ready(let isRetry):
            byte(0)
            flag(isRetry)
        case .task(let serial, let timeout, let heartbeat, let seconds):
            byte(1)
            integer(serial)
            optional(timeout) { $0.mark($1) }
            optional(heartbeat) { $0.mark($1) }
            optional(seconds) { $0.integer($1) }
        case .waiting(let mark):
            byte(2)
            self.mark(mark)
        case .retrying(let mark):
            byte(3)
            self.mark(mark)
        case .branches(let left, let rest):
            byte(rest == nil ? 4 : 9)
            integer(left)
        case .items(let progress):
            byte(5)
            self.progress(progress)
        case .done: byte(6)
        case .failed(_, let redrive):
            byte(redrive == 0 ? 7 : 10)
            if redrive > 0 { integer(redrive) }
        case .stopped: byte(8)
        }
    }

    private mutating func progress(_ progress: MapProgress) {
        integer(progress.concurrency)
        optional(progress.toleratedCount) { $0.integer($1) }
        optional(progress.toleratedPercentage) { $0.double($1) }
        for count in [progress.batchItemCount, progress.batchByteCount, progress.itemCountMax] { optional(count) { $0.integer($1) } }
        for count in [progress.itemsStart, progress.next, progress.begun, progress.running, progress.succeeded, progress.failed] { integer(count) }
        flag(progress.isWhole)
        optional(progress.reading) { $0.integer($1) }
    }
}

/// The opposite, of bytes of anybody: every number has its range, and none of the counts can overflow by being counted on.
extension ByteDecoder {
    mutating func mark() throws(CodingFault) -> TimerMark {
        TimerMark(serial: try integer(0...Int.max / 2, "a timer's number"), at: try int64())
    }

    mutating func error() throws(CodingFault) -> StateError {
        let name = try optional { (it) throws(CodingFault) in try it.text() }
        return StateError(name: name, cause: try optional { (it) throws(CodingFault) in try it.text() })
    }

    /// Head and body are read side by side: the phase's first byte, which stands in the head, says what follows in the body.
    ///
    /// - Parameter body: the frame's other piece, at the part that goes by the phase.
    /// - Throws: `CodingFault` for an unknown phase, and for numbers that no execution comes to.
    mutating func phase(_ body: inout ByteDecoder) throws(CodingFault) -> Frame.Phase {
        switch try byte() {
        case 0: return .ready(isRetry: try flag())
        case 1:
            return .task(
                serial: try integer(0...Int.max / 2, "a token's number"), timeout: try optional { (it) throws(CodingFault) in try it.mark() },
                heartbeat: try optional { (it) throws(CodingFault) in try it.mark() },
                heartbeatSeconds: try optional { (it) throws(CodingFault) in Int64(try it.integer(1...99_999_999, "HeartbeatSeconds")) })
        case 2: return .waiting(try mark())
        case 3: return .retrying(try mark())
        case 4: return .branches(left: try integer(0...Machine.stateCountMax, "the number of branches"), rest: nil)
        case 5: return .items(try progress(&body))
        case 6: return .done(try body.value())
        // Earlier programs wrote the whole cause.
        case 7: return .failed(try body.error().brief, redrive: 0)
        case 8: return .stopped
        case 9: return .branches(left: try integer(0...Machine.stateCountMax, "the number of branches"), rest: try body.value())
        case 10: return .failed(try body.error().brief, redrive: try integer(1...Int.max / 2, "the number of redrives"))
        default: throw CodingFault(reason: "an unknown phase")
        }
    }

    private mutating func progress(_ body: inout ByteDecoder) throws(CodingFault) -> MapProgress {
        // Far below where counting on would overflow.
        let counts = 0...Int.max / 4
        let concurrency = try integer(1...MapProgress.concurrencyMax, "the concurrency")
        let toleratedCount = try optional { (it) throws(CodingFault) in Int64(try it.integer(counts, "the tolerated failures")) }
        let percentage = try optional { (it) throws(CodingFault) in try it.double() }
        var limits: [Int?] = []
        for _ in 0..<3 { limits.append(try optional { (it) throws(CodingFault) in try it.integer(1...Int.max / 4, "a limit of items") }) }
        var numbers: [Int] = []
        for _ in 0..<6 { numbers.append(try integer(counts, "a number of items")) }
        let isWhole = try flag()
        let reading = try optional { (it) throws(CodingFault) in try it.integer(counts, "a token's number") }
        let data = try body.value()
        let batchInput = try body.optional { (it) throws(CodingFault) in try it.value() }
        var items: [JSONValue] = []
        for _ in 0..<(try body.count("items")) { items.append(try body.value()) }
        var progress = MapProgress(
            data: data, concurrency: concurrency, toleratedCount: toleratedCount, toleratedPercentage: percentage, batchItemCount: limits[0],
            batchByteCount: limits[1], batchInput: batchInput, itemCountMax: limits[2], items: items, isWhole: isWhole)
        (progress.itemsStart, progress.next, progress.begun) = (numbers[0], numbers[1], numbers[2])
        (progress.running, progress.succeeded, progress.failed, progress.reading) = (numbers[3], numbers[4], numbers[5], reading)
        if !body.isAtEnd { progress.place = try body.value() }
        // Places in `items` are reckoned from these: a Map that lied about them would reach beyond its list.
        guard progress.itemsStart <= progress.next, progress.next <= progress.itemsEnd, progress.itemsEnd <= progress.itemCountMax ?? .max, percentage.map({ (0...100).contains($0) }) ?? true else {
            throw CodingFault(reason: "a Map that has begun with items it has not")
        }
        return progress
    }
}
