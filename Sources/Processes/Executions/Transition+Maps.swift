internal import ColumnStore

extension Transition {
    /// Works out what a Map goes over, and how.
    ///
    /// `MaxConcurrency` of 0 is as many as there is room for, at most `MapProgress.concurrencyMax`.
    ///
    /// - Throws: what the Map fails with before an iteration has begun.
    mutating func begin(_ map: MapDefinition, _ id: Int, _ state: StateDefinition) throws(StateError) {
        let data = try input(of: id, state, nil)
        let concurrency = try amount(map.maxConcurrency, "MaxConcurrency", 0...1_000_000, id, data)
        let toleratedCount = try map.toleratedCount.map { (it) throws(StateError) in try amount(it, "ToleratedFailureCount", 0...1_000_000_000, id, data) }
        let batchItems = try map.batcher?.maxItems.map { (it) throws(StateError) in try amount(it, "MaxItemsPerBatch", 1...100_000_000, id, data) }
        let batchBytes = try map.batcher?.maxBytes.map { (it) throws(StateError) in
            try amount(it, "MaxInputBytesPerBatch", 1...Int64(ValueLimits.byteCountMax), id, data)
        }
        let batchInput = try map.batcher?.input.map { (it) throws(StateError) in
            try evaluate(id, data: data) { (evaluation) throws(StateError) in try it.value(&evaluation) }
        }
        // Worked out once, and given to each batch.
        if let batchInput { try ValueLimits.check(batchInput, "BatchInput") }
        let itemsMax = try map.reader?.maxItems.map { (it) throws(StateError) in try amount(it, "MaxItems", 1...100_000_000, id, data) }
        var items: [JSONValue] = []
        if map.reader == nil {
            let found = try evaluate(id, data: data) { (evaluation) throws(StateError) in try evaluation.value(of: map.itemsPath) }
            guard case .array(let elements) = found else { throw StateError(.runtime, "a Map goes over a list; \(map.itemsPath.text) gives \(found.kind)") }
            // A path may find one part many times, in what is above it and by itself.
            try ValueLimits.check(found, "what ItemsPath gives")
            items = elements
        }
        let progress = MapProgress(
            data: data, concurrency: concurrency == 0 ? MapProgress.concurrencyMax : Int(min(concurrency, Int64(MapProgress.concurrencyMax))),
            toleratedCount: toleratedCount, toleratedPercentage: try percentage(map.toleratedPercentage, id, data), batchItemCount: batchItems.map { Int($0) },
            batchByteCount: batchBytes.map { Int($0) }, batchInput: batchInput, itemCountMax: itemsMax.map { Int($0) }, items: items, isWhole: map.reader == nil)
        update(id, body: true) { $0.phase = .items(progress) }
        fill(id, isTurn: true)
    }

    private mutating func percentage(_ percentage: MapDefinition.Percentage?, _ id: Int, _ data: JSONValue) throws(StateError) -> Double? {
        switch percentage {
        case nil: return nil
        case .number(let number)?: return number
        case .path(let path)?:
            let value = try evaluate(id, data: data) { (evaluation) throws(StateError) in try evaluation.value(of: path) }
            guard case .number(let digits) = value, let number = Double(digits), (0...100).contains(number) else {
                throw StateError(.runtime, "ToleratedFailurePercentage is a number from 0 to 100, which \(path.text) does not give")
            }
            return number
        }
    }

    /// Begins as many iterations as there is room for, asks for more items, or ends the Map.
    ///
    /// Called as the Map begins, when its turn comes, when one of its iterations ends, when a page of items has come, and by a redrive. In this order: those
    /// that a redrive has to enter again, then the items at hand, then more items.
    ///
    /// - Parameter isTurn: it was ready: one iteration begins however many others are.
    mutating func fill(_ id: Int, isTurn: Bool = false) {
        guard execution.status == .running, let frame = execution.frames[id], case .items(var progress) = frame.phase, case .map(let map) = state(of: frame).kind
        else { return }
        if progress.hasFailedTooOften {
            return fail(id, StateError(.exceedToleratedFailureThreshold, "\(progress.failed) iterations failed, more than are tolerated"))
        }
        var mayBegin = isTurn || isOpen
        // No item is at hand for the next one.
        var isShort = false
        do throws(StateError) {
            while mayBegin, hasRoom(progress) {
                // Those that ran before a redrive come first.
                if let other = execution.again[id]?.popLast() {
                    if execution.again[id]?.isEmpty == true { execution.again[id] = nil }
                    enterAgain(other)
                } else {
                    // On a copy: items whose iteration does not come to be are still to be begun with, as a redrive does.
                    var ahead = progress
                    guard let (input, item) = try nextIteration(id, map, &ahead) else {
                        isShort = true
                        break
                    }
                    try checkRoom(1)
                    progress = ahead
                    begin(parent: id, index: progress.begun, scope: map.scope, input: input, item: item)
                    progress.begun += 1
                }
                progress.running += 1
                // After the first one of a turn this event's share decides.
                mayBegin = isOpen
            }
            // One page at a time is asked for, when nothing is left to begin with.
            if isShort, !progress.isWhole, progress.reading == nil { try read(id, map, &progress) }
        } catch {
            update(id) { $0.phase = .items(progress) }
            return fail(id, error)
        }
        update(id) { $0.phase = .items(progress) }
        let hasMore = execution.again[id] != nil || progress.next < progress.itemsEnd
        if progress.running == 0, progress.isWhole, !hasMore {
            execution.ready.remove([id])
            return finishItems(id, map)
        }
        // There is room for more, and another turn to begin with them.
        if !isShort, hasRoom(progress), hasMore || !progress.isWhole && progress.reading == nil { execution.ready.append(id) }
    }

    /// An iteration that was given up or stopped before a redrive.
    private mutating func enterAgain(_ id: Int) {
        guard let frame = execution.frames[id] else { return }
        beginAnew(id)
        // What failed has its error there.
        guard case .failed = frame.phase else { return makeReady(id) }
        charge(frame.input)
        charge(frame.item)
        makeReady(id, body: true)
    }

    /// Whether one more iteration may begin: one at least always does, further ones not beside many bytes.
    private func hasRoom(_ progress: MapProgress) -> Bool {
        progress.running == 0 || progress.running < progress.concurrency && execution.held.total < Execution.crowdByteCount
    }

    /// What the next iteration gets; nil where no item is left, or more have to be read for it first.
    ///
    /// A batch takes items while they fit `batchByteCount` and `batchItemCount`. One that is not full and ends with the items at hand is put back, as long as
    /// more are to be read: batches do not depend on how long the pages are.
    private mutating func nextIteration(_ id: Int, _ map: MapDefinition, _ progress: inout MapProgress) throws(StateError) -> (input: JSONValue, item: JSONValue)? {
        guard progress.next < progress.itemsEnd else { return nil }
        guard map.batcher != nil else {
            let item = progress.items[progress.next - progress.itemsStart]
            let input = try selected(id, map, progress, item)
            progress.next += 1
            return (input, item)
        }
        var batch: [JSONValue] = []
        var byteCount = 0
        var next = progress.next
        var isFull = false
        while next < progress.itemsEnd, !isFull {
            let item = progress.items[next - progress.itemsStart]
            progress.next = next
            let input = try selected(id, map, progress, item)
            byteCount += (ValueLimits.byteCount(input) ?? ValueLimits.byteCountMax) + 1
            // One item at least, however big.
            if !batch.isEmpty, let most = progress.batchByteCount, byteCount > most { break }
            // What follows makes it no shorter: further pages would be read for nothing, and all of it looked at again with each.
            guard batch.isEmpty || byteCount <= ValueLimits.byteCountMax else {
                throw StateError(.dataLimitExceeded, "a batch of items is longer than \(ValueLimits.byteCountMax) bytes")
            }
            batch.append(input)
            next += 1
            isFull = progress.batchItemCount.map { batch.count >= $0 } ?? false
        }
        // The last item at hand, and not of all.
        let isLast = next >= progress.itemsEnd
        if isLast, !isFull, !progress.isWhole {
            // Put back: the same items come first again once there are more.
            progress.next = next - batch.count
            return nil
        }
        progress.next = next
        var members: [JSONValue.Member] = []
        if let input = progress.batchInput { members.append(.init("BatchInput", input)) }
        members.append(.init("Items", .array(batch)))
        let input = JSONValue.object(members)
        try ValueLimits.check(input, "a batch of items")
        return (input, .array(batch))
    }

    /// What an item becomes by `ItemSelector`, which sees it as `$$.Map.Item`; without one it stays as it is.
    private mutating func selected(_ id: Int, _ map: MapDefinition, _ progress: MapProgress, _ item: JSONValue) throws(StateError) -> JSONValue {
        guard let selector = map.itemSelector else { return item }
        let input = try evaluate(id, data: progress.data, item: (progress.next, item)) { (evaluation) throws(StateError) in try selector.value(&evaluation) }
        try ValueLimits.check(input, "what ItemSelector gives")
        return input
    }

    /// Asks for the items after those at hand.
    /// The answer is `taskSucceeded` with the token of the effect; until then nothing more is asked for. The key names the first item, so that a page is known
    /// when it is asked for again.
    private mutating func read(_ id: Int, _ map: MapDefinition, _ progress: inout MapProgress) throws(StateError) {
        guard let reader = map.reader, let frame = execution.frames[id] else { return }
        let serial = nextSerial()
        let token = TaskToken(execution, frame: id, serial: serial).text
        var input = JSONValue.object([])
        if let parameters = reader.parameters {
            input = try evaluate(id, data: progress.data, token: token) { (evaluation) throws(StateError) in try parameters.value(&evaluation) }
            try ValueLimits.check(input, "the effective input of ItemReader")
        }
        let name = state(of: frame).name
        effects.append(
            .runTask(
                TaskCall(
                    token: token, key: "\(execution.identity.id):\(name):\(frame.visit):items:\(progress.itemsEnd)", resource: reader.resource, state: name, visit: frame.visit,
                    attempt: frame.retryCount + 1, input: input, firstItem: progress.itemsEnd, place: progress.place,
                    depth: execution.identity.depth)))
        progress.reading = serial
    }

    /// A page of items: `{"items": […], "last": true|false, "place": …}`.
    mutating func takeItems(_ id: Int, _ result: Result<JSONValue, StateError>) {
        guard let frame = execution.frames[id], case .items(var progress) = frame.phase else { return }
        progress.reading = nil
        update(id) { $0.phase = .items(progress) }
        switch result {
        case .failure(let error):
            fail(id, StateError(name: StateError.Name.itemReaderFailed.rawValue, cause: [error.name, error.cause].compactMap { $0 }.joined(separator: ": ")))
        case .success(let page):
            guard case .array(let items)? = page["items"], case .boolean(let isLast)? = page["last"], isLast || !items.isEmpty, ValueLimits.measure(page) == .fits else {
                return fail(id, StateError(.itemReaderFailed, "a page of items is {\"items\": […], \"last\": true|false} of at most \(ValueLimits.byteCountMax) bytes"))
            }
            // What an item is would depend on who reads it.
            guard !ValueLimits.hasRepeats(page) else { return fail(id, StateError(.itemReaderFailed, "an item, or a value within one, names a member twice")) }
            // What was begun with is let go.
            progress.items = Array(progress.items[(progress.next - progress.itemsStart)...]) + items
            progress.itemsStart = progress.next
            progress.isWhole = isLast
            progress.place = page[present: "place"]
            if let most = progress.itemCountMax, progress.itemsEnd >= most {
                progress.items.removeLast(progress.itemsEnd - most)
                progress.isWhole = true
            }
            update(id, body: true) { $0.phase = .items(progress) }
            fill(id)
        }
    }

    /// The Map's result, in the order of the items.
    private mutating func finishItems(_ id: Int, _ map: MapDefinition) {
        var outputs: [JSONValue] = []
        if map.keepsOutputs {
            for child in children(of: id) {
                switch child.phase {
                case .done(let output): outputs.append(output)
                // Tolerated: its place is kept.
                case .failed: outputs.append(.null)
                default: break
                }
            }
        }
        do throws(StateError) {
            try ValueLimits.check(.array(outputs), "the result of a Map")
            try finish(id, result: .array(outputs), map.handling.resultPath, selector: map.handling.resultSelector)
            removeBelow(id)
        } catch {
            fail(id, error)
        }
    }
}

extension MapProgress {
    /// Past what is tolerated; of a percentage, once it is known how many there are.
    /// Of batches the iterations are counted, and only once the last has begun is their number known.
    var hasFailedTooOften: Bool {
        if let most = toleratedCount, Int64(failed) > most { return true }
        guard let most = toleratedPercentage, isCounted else { return false }
        return Double(failed) * 100 > most * Double(isBatched ? begun : itemsEnd)
    }

    /// Whether what failed by now is tolerated for certain, as long as `hasFailedTooOften` is false: not while nobody knows of how many iterations a percentage is.
    var isToleranceKnown: Bool { isCounted || toleratedPercentage.map { $0 >= 100 } ?? true }

    private var isBatched: Bool { batchItemCount != nil || batchByteCount != nil }
    /// How many iterations there are is known.
    private var isCounted: Bool { isWhole && (!isBatched || next >= itemsEnd) }
}
