internal import ColumnStore
internal import Ingest

/// Sends the file of an export from where the settings have it, as the client takes it. It waits for a network, and for the client: so on a query's
/// thread and by a query's patience, as an answer that streams. Whoever has a link needs no key: half of those threads are never theirs.
struct ExportDownload: Sendable {
    /// The answer before its body.
    struct Head: Sendable {
        let status: Int
        let contentType: String
        let fields: [Response.Header]
    }

    /// Where the file lies by now: an object of the place that `exports.url` names.
    let object: ExportObject
    /// Bytes of the file.
    /// Of the whole, or what `Range` asked for; empty for a file without a byte.
    let range: Range<Int64>
    let call: Call
    let queries: QueryService
    let exports: ExportQueue
    let log: Log

    /// What is asked for at a time.
    /// One request to the bucket for each. Larger ones would hold more memory for a client that reads slowly, smaller ones pay a round trip more often.
    private static let pieceByteCount: Int64 = 1 << 20

    /// - Returns: nil: the answer comes from another thread.
    /// - Throws: `too-many-queries` where as many files are sent as may be; what the place says to the first piece.
    func response(_ head: Head) throws -> Response? {
        // No object is asked for where no byte of it goes out; the length alone says what a GET would have.
        guard call.request.method != .head, !range.isEmpty else { return answer(head, ResponseStream(byteCount: Int64(range.count))) }
        // Charged before anything is read: what waits in the stream, and the piece that the thread has in hand.
        try call.exchange.holdAnswer(ResponseStream.heldByteCount + Int(Self.pieceByteCount))
        guard exports.beginSending(countMax: max(1, queries.limits.count / 2)) else { throw Self.crowded }
        do { return try begin(head) } catch {
            exports.endSending()
            throw error
        }
    }

    private static var crowded: Problem { Problem(.tooManyQueries, "as many files as may be are being sent already; try again later") }

    /// Ends the sending that was begun, if it does not throw.
    private func begin(_ head: Head) throws -> Response? {
        // While there is still a status to say so with.
        let first = try object.read(piece(from: range.lowerBound))
        var patience = ResponseStream.Patience()
        patience.deadline = SteadyClock.seconds() + queries.limits.streamTime
        // A reader who stands still loses the thread once questions wait for one, and not before.
        patience.isCrowded = { [queries] in queries.hasWaiting }
        let output = ResponseStream(patience, byteCount: Int64(range.count))
        let response = answer(head, output)
        // What names the request is the connection's thread's once the answer has begun.
        let (exchange, requestID) = (call.exchange, call.requestID)
        exchange.whenGone { output.close() }
        // All who fetch files take turns as one.
        let ticket = queries.pool.submit(for: queries, isLong: true) {
            defer { exports.endSending() }
            exchange.complete { response }
            send(first, output, requestID)
        } late: {
            exports.endSending()
            let refusal = call.response(to: QueryService.turnTooLate)
            exchange.complete { refusal }
        }
        guard let ticket else { throw Self.crowded }
        exchange.whenGone { [call, queries, exports] in
            // One that has begun ends by itself, and gives its place back in its own `defer`: given twice, more files than may be would be sent.
            guard queries.pool.drop(ticket) else { return }
            exports.endSending()
            exchange.complete { call.response(to: Dispatch.unheard) }
        }
        return nil
    }

    private func piece(from place: Int64) -> Range<Int64> { place..<min(place + Self.pieceByteCount, range.upperBound) }

    private func answer(_ head: Head, _ output: ResponseStream) -> Response {
        var response = Response(status: head.status, contentType: head.contentType, stream: output)
        response.headers += head.fields
        return response
    }

    /// Runs on a query's thread until the last byte is taken, or the client, its patience or the place ends it.
    private func send(_ first: [UInt8], _ output: ResponseStream, _ requestID: String) {
        do {
            try output.write(first)
            var place = range.lowerBound + Int64(first.count)
            while place < range.upperBound {
                let bytes = try object.read(piece(from: place))
                place += Int64(bytes.count)
                try output.write(bytes)
            }
            output.finish()
        // Who has gone wants no word of it.
        } catch is ResponseStream.Closed {
        } catch {
            // The status has gone out: the connection closes before the length that was announced.
            log.warning("a file was cut off", ["export": .text(object.name), "reason": .error(error), "request_id": .text(requestID)])
            output.fail()
            if error is ResponseStream.TooSlow { call.exchange.cut() }
        }
    }
}
