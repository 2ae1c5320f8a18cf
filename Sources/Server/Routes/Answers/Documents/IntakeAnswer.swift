internal import ColumnStore
internal import Documents
internal import Ingest
internal import Synchronization

/// The answers to POST /v1/receipts.
///
///     one receipt            201, 202 or 200 with Location       `AcceptedBody`
///     several as one         200                                 `AcceptedBatchBody`
///     each by itself         200, a line for each of them        `{"line":3,"status":201,…}`
///     refused as a whole     the problem's status
///
/// Several are charged with their text before that is made, as far as one may ever have so much: who is refused sends them again, and they are repeats.
enum IntakeAnswer {
    static func response(to outcome: IntakeOutcome, of call: Call) -> Response {
        switch outcome {
        case .one(let taken):
            return Response.json(status(of: taken), AcceptedBody(taken.summary), reserving: 320)
                .adding("Location", "/v1/tickets/\(taken.summary.ticketID)")
        case .batch(let results):
            return held(results.map { .success($0) }, of: call) { .json(AcceptedBatchBody(results: results), reserving: resultByteCount * results.count) }
        case .each(let results): return held(results, of: call) { lines(results, beyondCount: 0, nil, of: call) }
        case .eachOfMore(let results, let beyondCount, let numbers):
            return held(results, of: call) { lines(results, beyondCount: beyondCount, numbers, of: call) }
        case .refused(let problem): return call.response(to: problem)
        }
    }

    /// Of a result, and of its text, about.
    private static let resultByteCount = 320

    private static func held(_ results: [Result<Accepted, Fault>], of call: Call, _ make: () -> Response) -> Response {
        do {
            let byteCount = results.reduce(0) { sum, result in
                guard case .failure(let fault) = result else { return sum + resultByteCount }
                return fault.errors.reduce(sum + resultByteCount + fault.detail.utf8.count) { $0 + $1.pointer.utf8.count + $1.message.utf8.count + 64 }
            }
            // The results, and the text of each.
            try call.exchange.holdReading(2 * byteCount)
        } catch {
            return call.response(to: error)
        }
        return make()
    }

    private static func lines(_ results: [Result<Accepted, Fault>], beyondCount: Int, _ numbers: AcceptedLines?, of call: Call) -> Response {
        for case .failure(let fault) in results where fault.code == .internalError {
            call.logFailure(fault.cause ?? fault.detail)
            break
        }
        let lines = lines(results, numbers?.results)
        if beyondCount == 0 { return Response(status: 200, contentType: "application/x-ndjson", bytes: lines) }
        return Response(status: 200, contentType: "application/x-ndjson", stream: beyond(lines, from: results.count + 1, count: beyondCount, numbers?.beyond))
    }

    /// 201 complete at once, 202 not yet, 200 a repeat or an end that is no success.
    static func status(of taken: Accepted) -> Int {
        if taken.isRepeat { return 200 }
        switch taken.summary.state {
        case .complete: return 201
        case .processing: return 202
        case .failed: return 200
        }
    }

    /// - Parameter numbers: of the lines in the body; nil: the results are of the first line on.
    private static func lines(_ results: [Result<Accepted, Fault>], _ numbers: [Int]?) -> [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(resultByteCount * results.count)
        for (index, result) in results.enumerated() {
            let (status, outcome): (Int, Result<Accepted, Problem>) =
                switch result {
                case .success(let taken): (status(of: taken), .success(taken))
                case .failure(let fault): (Problem.Slug(fault.code).status, .failure(Problem(fault)))
                }
            lines.append(contentsOf: AcceptedLine(line: numbers?[index] ?? index + 1, status: status, result: outcome).json(reserving: resultByteCount))
            lines.append(0x0A)
        }
        return lines
    }

    /// The lines past the limit, which are all alike, and may be millions: made as they are sent.
    private static func beyond(_ lines: [UInt8], from first: Int, count: Int, _ numbers: LineNumbers?) -> ResponseStream {
        let problem = Problem(.tooLarge, "a body has at most \(Engine.acceptedCountMax) lines; send this one again")
        var writer = JSONWriter(reserving: 256)
        writer.beginObject()
        writer.member("status", problem.slug.status)
        writer.key("problem")
        ProblemBody(problem).write(to: &writer)
        writer.endObject()
        // The same object with `line` before its other members.
        let rest = [UInt8](",".utf8) + writer.bytes.dropFirst() + [0x0A]
        let progress = Mutex((line: first, number: 0, isBegun: false))
        return ResponseStream { () -> [UInt8]? in
            progress.withLock { progress in
                guard progress.isBegun else {
                    progress.isBegun = true
                    return lines.isEmpty ? nil : lines
                }
                let end = min(progress.line + Self.beyondLineCount, first + count)
                guard progress.line < end else { return nil }
                var piece: [UInt8] = []
                piece.reserveCapacity((end - progress.line) * (rest.count + 20))
                for line in progress.line..<end {
                    progress.number = numbers?.next(after: progress.number) ?? line
                    piece += "{\"line\":\(progress.number)".utf8
                    piece += rest
                }
                progress.line = end
                return piece
            }
        }
    }

    /// Made at a time.
    private static let beyondLineCount = 256
}

/// The `Prefer` header (RFC 7240), of which Till knows `wait`.
enum Prefer {
    private static let waitMax = 60.0

    /// - Returns: seconds, at most 60; nil where nothing is preferred, or what is no whole number above 0.
    static func waitSeconds(_ header: String?) -> Double? {
        guard let header else { return nil }
        for preference in header.split(whereSeparator: { $0 == "," || $0 == ";" }) {
            let pair = preference.split(separator: "=", maxSplits: 1)
            if pair.count == 2, pair[0].trimmingBlanks.lowercased() == "wait", let seconds = Int(pair[1].trimmingBlanks), seconds > 0 {
                return min(Double(seconds), waitMax)
            }
        }
        return nil
    }
}

/// Holds an answer back until its receipt is final, or the client's patience ends.
enum FinalWait {
    /// - Parameter rights: of whoever calls, as they are then.
    static func start(
        _ taken: Accepted, seconds: Double, _ call: Call, _ rights: @escaping @Sendable () throws -> Principal, _ rows: any RowReading, _ changes: any ChangeFeed
    ) {
        let deadline = SteadyClock.seconds() + seconds
        // Not suspended here: `answer` of the exchange does so where the answer does not come at once.
        call.exchange.watch()
        let present = { @Sendable in IntakeAnswer.response(to: .one(taken), of: call) }
        LongPoll.run(call, changes, beyond: taken.summary.sequence, deadline: deadline, fallback: present) { isLast in
            let principal: Principal
            // That it was taken was theirs to know; what became of it is not any more.
            do { principal = try rights() } catch is Denial { return .answer(present()) }
            // What is held is a refused document's reasons, and this one was taken.
            let ticket = try rows.ticket(taken.summary.ticketID, as: principal) { _ in }
            guard var summary = ticket.summary, summary.state != .processing || isLast else { return .notYet(nil) }
            (summary.version, summary.changed) = (taken.summary.version, taken.summary.changed)
            let final = Accepted(summary: summary, isRepeat: taken.isRepeat)
            return .answer(IntakeAnswer.response(to: .one(final), of: call))
        }
    }
}
