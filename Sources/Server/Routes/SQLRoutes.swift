internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// Questions in SQL.
enum SQLRoutes {
    static let all: [Route] = [
        Route(
            .post, "/v1/sql", access: .reader, place: .queries, body: .small,
            operation: Operation(
                "sql", "Answers a question in SQL: a page of JSON, or everything as NDJSON, CSV, Parquet or an Arrow stream.",
                parameters: [.compression, .staleRead],
                body: [.reference("Query")],
                answers: [
                    .init(200, "The answer.", [.reference("QueryPage")] + SQLForm.streamed.map { Operation.Content($0.rawValue, isBinary: $0.isBinary) })
                ],
                problems: [
                    .badCursor, .badSQL, .unsupportedSQL, .notAcceptable, .numericOverflow, .dataError, .spillFull, .queryCancelled,
                ], changesNothing: true).promising(.cold),
            // What has no form is refused at once.
            isLong: { call in (try? form(of: call)).map { $0 != .page } ?? false },
            uses: { ($0.queries, $0.log) }, handle: answer)
    ]

    private static func form(of call: Call) throws -> SQLForm {
        guard let form = SQLForm(rawValue: try call.choose(SQLForm.allCases.map(\.rawValue))) else {
            throw Problem(.internalError, "a form that is none")
        }
        return form
    }

    private static func answer(_ call: Call, _ parts: (queries: QueryService, log: Log)) throws -> Response? {
        let form = try form(of: call)
        let request = try SQLRequest(body: try call.object(members: ["query", "params", "limit", "cursor", "time_zone", "query_id", "rollups"], hasTexts: true))
        let compression = try call.compression(isOfArrow: form == .arrow)
        if form == .page { return try page(request, call, parts.queries) }
        guard request.cursor == nil else { throw Problem.parameter("cursor", "\(form.rawValue) streams the whole answer") }
        return try stream(request, form, compression, call, parts.queries, parts.log)
    }

    // MARK: Pages

    private static func page(_ request: SQLRequest, _ call: Call, _ queries: QueryService) throws -> Response {
        let watch = try watch(request, call, queries)
        defer { watch.end() }
        let bytes: [UInt8]
        do {
            let exchange = call.exchange
            bytes = try queries.page(request, as: call.principal, watch, heldByteCountMax: exchange.answerByteCountMax) { byteCount in
                try exchange.holdWhole(byteCount, orElse: "ask for fewer rows (limit) or columns, or for a form that is a stream")
            }
        } catch {
            throw watch.explained(error)
        }
        return Response(status: 200, contentType: SQLForm.page.contentType, bytes: bytes).adding("Vary", "Accept")
    }

    private static func watch(_ request: SQLRequest, _ call: Call, _ queries: QueryService) throws -> QueryWatch {
        let query = try RunningQuery(id: request.queryID, asker: call.principal, text: request.query)
        return try QueryWatch(queries, query, whenGone: call.exchange.whenGone)
    }

    // MARK: Streams

    /// Sends the answer from this thread, as its rows come and the client takes them.
    private static func stream(_ request: SQLRequest, _ form: SQLForm, _ compression: ArrowCompression?, _ call: Call, _ queries: QueryService, _ log: Log) throws -> Response? {
        let exchange = call.exchange
        // Header fields may not be read once the answer has begun.
        let (rights, beginning) = (try call.rightsOfStream(), call.principal)
        let coding = form.isBinary ? nil : ContentCoding.choose(call.request.header("Accept-Encoding"))
        let watch = try watch(request, call, queries)
        defer { watch.end() }
        var patience = ResponseStream.Patience()
        patience.deadline = SteadyClock.seconds() + queries.limits.streamTime
        patience.isCrowded = { queries.hasWaiting }
        try exchange.holdAnswer(ResponseStream.heldByteCount)
        // What the exchange holds, and what names it, is its connection's thread's once the answer has begun.
        let (hold, requestID) = (try call.memoryOfPieces(), call.requestID)
        let answer: SQLRunner.Started
        do {
            answer = try queries.start(request, as: call.principal, watch)
        } catch {
            throw watch.explained(error)
        }
        let output = ResponseStream(patience)
        var response = Response(status: 200, contentType: form.contentType, stream: output).adding("Vary", "Accept, Accept-Encoding")
        if let coding { response.headers.append(.init("Content-Encoding", coding.rawValue)) }
        let begun = response
        // A connection that is lost before it takes the answer never hears of the stream.
        exchange.whenGone { output.close() }
        let writer = StreamWriter(output, coding: coding)
        // The status is sent with the first bytes: what has no place in the form is often in the first rows, and then still an error of its own.
        // On this thread alone, so that an error is either an answer or, after the first bytes, the end of one.
        var hasBegun = false
        func begin() {
            if hasBegun { return }
            hasBegun = true
            exchange.complete { begun }
        }
        do {
            let runner = SQLRunner(engine: queries.engine)
            try runner.write(answer, as: form, compression: compression, hold: hold) { bytes in
                // Nobody hears more than they may have by now, however long it takes.
                do { try Authorizer.check(rights(), keeps: beginning) } catch let denial as Denial { throw denial.problem }
                if !bytes.isEmpty { begin() }
                try writer.write(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
            begin()
            try writer.finish()
        } catch is ResponseStream.Closed {
            answer.stream.cancel()
        } catch is ResponseStream.TooSlow {
            answer.stream.cancel()
            log.warning(
                "a stream was cut off",
                ["reason": "the client took too little of it for too long", "request_id": .text(requestID)])
            exchange.cut()
        } catch where !hasBegun {
            answer.stream.cancel()
            throw watch.explained(error)
        } catch {
            // The client may have gone as well: then nobody is left to tell.
            do { try abort(watch.explained(error), form, writer, output, requestID, log) } catch { output.fail() }
        }
        return nil
    }

    /// The status is sent already: NDJSON says what happened in a last line, and the connection closes without a last chunk.
    private static func abort(
        _ error: any Error, _ form: SQLForm, _ writer: StreamWriter, _ output: ResponseStream, _ requestID: String, _ log: Log
    ) throws {
        defer { output.fail() }
        let problem = ProblemMapping.problem(for: error)
        log.warning(
            "a stream was cut off",
            ["reason": .text(problem.slug.rawValue), "error": problem.slug == .internalError ? "\(error)" : "", "request_id": .text(requestID)])
        guard form == .lines else { return }
        var line = JSONWriter()
        line.beginObject()
        line.key("error")
        ProblemBody(problem, requestID: requestID).write(to: &line)
        line.endObject()
        try writer.write(line.bytes + [0x0A])
        try writer.flush()
    }
}
