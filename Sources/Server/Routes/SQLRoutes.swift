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
                "sql", "Answers a question in SQL: a page of JSON, or everything as NDJSON, CSV or Parquet.",
                body: [.reference("Query")],
                answers: [
                    .init(200, "The answer.", [
                        .reference("QueryPage"), .init(SQLForm.lines.rawValue, #"{"type":"string"}"#),
                        .init(SQLForm.csv.rawValue, #"{"type":"string"}"#),
                        .init(SQLForm.parquet.rawValue, #"{"type":"string","contentEncoding":"binary"}"#),
                    ])
                ],
                problems: [
                    .badCursor, .badSQL, .unsupportedSQL, .notAcceptable, .numericOverflow, .dataError, .tooManyQueries, .queryTimeout,
                    .spillFull,
                ]),
            handle: answer)
    ]

    private static func answer(_ call: Call) throws -> Response? {
        guard let form = SQLForm(rawValue: try call.choose(SQLForm.allCases.map(\.rawValue))) else {
            throw Problem(.internalError, "a form that is none")
        }
        let request = try SQLRequest(body: try call.object(members: ["query", "params", "limit", "cursor", "time_zone"]))
        if form == .page { return try page(request, call) }
        guard request.cursor == nil else { throw Problem.parameter("cursor", "\(form.rawValue) streams the whole answer") }
        return try stream(request, form, call)
    }

    // MARK: Pages

    private static func page(_ request: SQLRequest, _ call: Call) throws -> Response {
        let service = call.service
        let binding = binding(request, call.principal)
        var position: WalkPosition?
        var sequence: Int64?
        var now = CalendarText.now
        if let cursor = request.cursor {
            guard let fields = service.store.unseal(cursor, binding: binding), fields.count >= 4, let bound = integer(fields[0]),
                let instant = integer(fields[1]), let place = WalkPosition(fields: fields.dropFirst(2))
            else { throw Problem(.badCursor, "this is no cursor of this query with these parameters and this key") }
            (sequence, now, position) = (bound, instant, place)
        }
        let (catalog, bound) = try service.store.catalog(as: call.principal, upTo: sequence)
        let context = QueryContext(catalog: catalog, parameters: request.parameters, timeZone: request.timeZone, now: now)
        let exchange = call.exchange
        let deadline = SteadyClock.seconds() + service.limits.queryTime
        let watch = StreamWatch(exchange, service)
        defer { watch.end() }
        let page = try SQLRunner(engine: service.queryEngine).page(
            request, in: context, after: position,
            cancellation: { Cancellation(timeLimitSeconds: max(0.001, deadline - SteadyClock.seconds())) },
            started: watch.begin, hold: exchange.holdAnswer,
            seal: { service.store.seal([bytes(bound), bytes(now)] + $0.fields, binding: binding) })
        return Response(status: 200, contentType: SQLForm.page.contentType, bytes: page.bytes).adding("Vary", "Accept")
    }

    /// What a cursor belongs to: not its `limit`, which may change.
    private static func binding(_ request: SQLRequest, _ principal: Principal) -> [String] {
        let parameters = request.parameters.map { "\($0)" }
        return ["sql", request.query, request.timeZone, principal.isAdmin ? "admin" : "contract", principal.clientID ?? ""] + parameters
    }

    private static func bytes(_ number: Int64) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }

    private static func integer(_ bytes: [UInt8]) -> Int64? {
        bytes.count == 8 ? Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) }) : nil
    }

    // MARK: Streams

    /// Sends the answer from this thread, as its rows come and the client takes them.
    private static func stream(_ request: SQLRequest, _ form: SQLForm, _ call: Call) throws -> Response? {
        let service = call.service
        let exchange = call.exchange
        // Header fields may not be read once the answer has begun.
        let coding = form == .parquet ? nil : ContentCoding.choose(call.request.header("Accept-Encoding"))
        let (catalog, _) = try service.store.catalog(as: call.principal, upTo: nil)
        let context = QueryContext(
            catalog: catalog, parameters: request.parameters, timeZone: request.timeZone, now: CalendarText.now)
        let runner = SQLRunner(engine: service.queryEngine)
        let watch = StreamWatch(exchange, service)
        defer { watch.end() }
        let deadline = SteadyClock.seconds() + service.limits.streamTime
        try exchange.holdAnswer(ResponseStream.heldByteCount)
        let answer = try runner.start(
            request, in: context, cancellation: Cancellation(timeLimitSeconds: service.limits.streamTime),
            started: watch.begin)
        var patience = ResponseStream.Patience()
        patience.deadline = deadline
        patience.isCrowded = { service.hasWaitingQueries }
        let output = ResponseStream(patience)
        var response = Response(status: 200, contentType: form.contentType, stream: output).adding("Vary", "Accept, Accept-Encoding")
        if let coding { response.headers.append(.init("Content-Encoding", coding.rawValue)) }
        let begun = response
        // A connection that is lost before it takes the answer never hears of the stream.
        exchange.whenGone { output.close() }
        exchange.complete { begun }
        let writer = StreamWriter(output, coding: coding)
        do {
            try runner.write(answer, as: form, hold: { try exchange.holdAnswer(ResponseStream.heldByteCount + $0) }) { bytes in
                try writer.write(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
            try writer.finish()
        } catch is ResponseStream.Closed {
            answer.stream.cancel()
        } catch is ResponseStream.TooSlow {
            answer.stream.cancel()
            service.log.warning("a stream was cut off", ["reason": "the client took too little of it for too long", "request_id": .text(service.requestID(exchange))])
            exchange.cut()
        } catch {
            // The client may have gone as well: then nobody is left to tell.
            do { try abort(error, form, writer, output, call) } catch { output.fail() }
        }
        return nil
    }

    /// The status is sent already: NDJSON says what happened in a last line, and the connection closes without a last chunk.
    private static func abort(
        _ error: any Error, _ form: SQLForm, _ writer: StreamWriter, _ output: ResponseStream, _ call: Call
    ) throws {
        defer { output.fail() }
        let problem = ProblemMapping.problem(for: error)
        let requestID = call.service.requestID(call.exchange)
        call.service.log.warning(
            "a stream was cut off",
            ["reason": .text(problem.slug.rawValue), "error": problem.slug == .internalError ? "\(error)" : "", "request_id": .text(requestID)])
        guard form == .lines else { return }
        var line = JSONWriter()
        line.beginObject()
        line.key("error")
        problem.write(to: &line, requestID: requestID)
        line.endObject()
        try writer.write(line.bytes + [0x0A])
        try writer.flush()
    }
}

/// Ends a query with its client, or with the server.
private final class StreamWatch {
    private let exchange: Exchange
    private let service: Service
    private var streams: [ResultStream] = []

    init(_ exchange: Exchange, _ service: Service) { (self.exchange, self.service) = (exchange, service) }

    func begin(_ stream: ResultStream) {
        streams.append(stream)
        service.started(stream)
        exchange.whenGone { stream.cancel() }
    }

    func end() { for stream in streams { service.finished(stream) } }
}
