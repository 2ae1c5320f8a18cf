internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// Receipts in, and out again one by one or page by page.
enum ReceiptRoutes {
    private static let stringSchema = #"{"type":"string"}"#
    private static let daySchema = #"{"type":"string","format":"date"}"#

    /// Said of a receipt that is never had whole.
    private static let singleColumns = "GET /v1/receipts with fields= has single columns"

    private static let asOf = Operation.Parameter.query(
        "as_of", "Of versioned tables: as it was at this instant.", schema: #"{"type":"string","format":"date-time"}"#)

    static let all: [Route] = [
        Route(
            .post, "/v1/receipts", access: .writer, place: .connection, body: .receipts,
            operation: Operation(
                "takeReceipts", "Takes a document, several in an array or an envelope, or one for each line of NDJSON.",
                parameters: [
                    .query("type", "The document type, instead of recognising it."), .client,
                    .query("callback_url", "Where the outcome of these documents goes."),
                    .header("Till-Callback-URL", "As callback_url."),
                    .header("Prefer", "`wait=5`: answer when the outcome is final, at most that many seconds later."),
                ],
                body: [
                    .json(#"{"description":"A document, or up to a hundred in an array.","anyOf":[{"type":"object","additionalProperties":true},{"type":"array","items":{"type":"object","additionalProperties":true}}]}"#), .init("application/xml", stringSchema),
                    .init("application/x-ndjson", stringSchema), .init("text/csv", stringSchema),
                ],
                answers: [
                    .init(200, "A repeat; a batch; or a result for each line.", [
                        .json(##"{"anyOf":[{"$ref":"#/components/schemas/Taken"},{"$ref":"#/components/schemas/TakenBatch"}]}"##),
                        .init("application/x-ndjson", stringSchema),
                    ]),
                    .init(201, "Durable and complete.", [.of(AcceptedBody.self)]),
                    .init(202, "Durable; registration goes on.", [.of(AcceptedBody.self)]),
                ],
                problems: [
                    .badXML, .wrongClient, .typeNotAllowed, .notFound, .differentDocument, .unknownType, .ambiguousType,
                    .invalidDocument, .callbackHostNotAllowed, .diskFull,
                ]).promising(.post),
            uses: { ($0.store.intake, $0.store.rows, $0.store.changes) }, handle: take),
        Route(
            .get, "/v1/receipts/{receipt_id}", access: .reader, place: .reads,
            operation: Operation(
                "receipt", "A receipt with its document.",
                parameters: [
                    .path("receipt_id", "The receipt's id."), .receiptID, .client, .query("table", "The table, if not `receipts`."),
                    .query("day", "Its business day.", schema: daySchema), asOf,
                    .query("raw", "1: the document's exact bytes; empty means 1.", schema: #"{"enum":["0","1","true","false",""]}"#), .staleRead,
                ],
                answers: [
                    .init(200, "The receipt; with `raw` its document.", [
                        .init("application/json", ##"{"anyOf":[{"$ref":"#/components/schemas/Receipt"},{"description":"With raw=1: the document as it was posted."}]}"##),
                        .init("application/xml", stringSchema), .init("*/*", "{}"),
                    ]),
                    .init(300, "Several days have this id.", [.of(ChoicesBody.self)]),
                ],
                problems: [.wrongClient, .sensitive, .notFound, .notAcceptable]).promising(.hot),
            uses: { $0.store.rows }, handle: receipt),
        Route(
            .get, "/v1/receipts", access: .reader, place: .reads,
            operation: Operation(
                "receipts", "Receipts in order, a page at a time.",
                parameters: [
                    .client, .query("from", "From this day or instant on."), .query("to", "Up to, without, this day or instant."),
                    .query("type", "The document type."), .query("table", "The table, if not `receipts`."),
                    .query("state", "The state.", schema: #"{"enum":["PROCESSING","COMPLETE","FAILED"]}"#),
                    .query("fields", "Columns, with commas between; `*` for all."), asOf, .limit(10_000, 1_000), .cursor, .compression, .staleRead,
                ],
                answers: [
                    .init(200, "A page.", PageForm.allCases.map(\.content))
                ],
                problems: [.badCursor, .wrongClient, .notFound, .notAcceptable, .dataError]),
            uses: { $0.store.rows }, handle: page),
    ]

    // MARK: In

    private static func take(
        _ call: Call, _ store: (intake: any DocumentIntake, rows: any RowReading, changes: any ChangeFeed)
    ) throws -> Response? {
        let exchange = call.exchange
        let request = try intakeRequest(call)
        let wait = try Prefer.waitSeconds(call.request.header("Prefer")).map { (seconds: $0, rights: try call.rights()) }
        return exchange.answer {
            store.intake.accept(request) { outcome in
                if let wait, case .one(let taken) = outcome, taken.summary.state == .processing {
                    FinalWait.start(taken, seconds: wait.seconds, call, wait.rights, store.rows, store.changes)
                } else {
                    exchange.complete { IntakeAnswer.response(to: outcome, of: call) }
                }
            }
        }
    }

    private static func intakeRequest(_ call: Call) throws -> IntakeRequest {
        let header = call.request.header("Content-Type") ?? ""
        let form: IntakeRequest.Form
        switch MediaType(header)?.essence {
        case "application/json": form = .json
        case "application/xml", "text/xml": form = .xml
        case "application/x-ndjson", "application/ndjson", "application/jsonl": form = .ndjson
        case "text/csv": form = .csv
        case let other? where other.hasSuffix("+json"): form = .json
        case let other? where other.hasSuffix("+xml"): form = .xml
        default:
            throw Problem(
                .unsupportedMediaType,
                "receipts come as application/json, application/xml, application/x-ndjson or text/csv, each also in Content-Encoding gzip or zstd, not \(MemberReader.shown(contentType: call.request.header("Content-Type")))")
        }
        let client = try call.client()
        let callback = call.parameter("callback_url")
        let callbackHeader = call.request.header("Till-Callback-URL")
        if let callback, let callbackHeader, callback != callbackHeader {
            throw Problem.parameter("callback_url", "the parameter and the header Till-Callback-URL differ")
        }
        var request = IntakeRequest(
            form: form, body: call.request.body, contentType: header, principal: call.principal, type: try type(call),
            client: client, callbackURL: callback ?? callbackHeader, trace: call.request.trace)
        request.isAlone = call.exchange.isAlone
        request.refusal = call.codingFault.map { Fault(.badEncoding, $0.detail) }
        return request
    }

    /// `?type=`: nil when it is not there.
    private static func type(_ call: Call) throws -> String? {
        let type = call.parameter("type")
        if type?.isEmpty ?? false { throw Problem.parameter("type", "a type's name is wanted") }
        return type
    }

    // MARK: Out, one

    private static func receipt(_ call: Call, _ rows: any RowReading) throws -> Response { try found(call, rows).adding("Vary", "Accept") }

    private static func found(_ call: Call, _ rows: any RowReading) throws -> Response {
        let id = try call.receiptID()
        let raw = try flag("raw", call)
        let lookup = ReceiptLookup(
            receiptID: id, client: try call.client(), table: call.parameter("table") ?? "receipts", day: try call.day("day"),
            asOf: try call.instant("as_of"))
        let exchange = call.exchange
        // Of a document as long as any: before it is read, and with its text before that is made.
        switch try rows.receipt(lookup, as: call.principal, hold: { byteCount in try exchange.holdReading(byteCount) }) {
        case .choices(let choices):
            try exchange.holdAnswer(choices.count.multipliedSaturating(by: choiceByteCount))
            return choicesResponse(choices, call)
        case .found(let schema, let row):
            let receipt = ReceiptRow(schema: schema, batch: row)
            let accept = call.request.header("Accept")
            func json() throws -> Response {
                let byteCount = receipt.textByteCountMax
                let exact = receipt.document == nil ? "" : "with raw=1 it is the document's bytes, and "
                try exchange.holdWhole(receipt.heldByteCount.addingSaturating(byteCount), orElse: "\(exact)\(singleColumns)")
                return .json(receipt, reserving: byteCount)
            }
            guard let document = receipt.document else {
                guard !call.principal.seesSensitive else { throw Problem(.internalError, "the receipt has no document") }
                try checkWithoutDocument(receipt, isRaw: raw, accept)
                return try json()
            }
            func exactly() throws -> Response {
                try exchange.holdWhole(receipt.heldByteCount.addingSaturating(document.bytes.count), orElse: singleColumns)
                var response = Response(status: 200, contentType: document.contentType, bytes: Array(document.bytes))
                response.headers += DocumentPolicy.exactBytes
                return response
            }
            let essence = MediaType(document.contentType)?.essence
            let accepted = Accept(accept)
            let isExactlyAccepted = accepted.isFor(essence)
            if raw || isExactlyAccepted { return try exactly() }
            let choice = try accepted.choose(["application/json"] + (essence.map { $0 == "application/json" ? [] : [$0] } ?? []))
            return try choice == "application/json" ? json() : exactly()
        }
    }

    /// Of a receipt whose document may hold sensitive values, for who may not see those.
    ///
    /// - Throws: `sensitive` where the document itself is asked for.
    private static func checkWithoutDocument(_ receipt: ReceiptRow, isRaw: Bool, _ accept: String?) throws {
        let essence = receipt.contentType.flatMap { MediaType($0)?.essence }
        let accepted = Accept(accept)
        let isAsked = accepted.isFor(essence)
        let choice = try accepted.choose(["application/json"] + (essence.map { $0 == "application/json" ? [] : [$0] } ?? []))
        guard !isRaw, !isAsked, choice == "application/json" else {
            throw Problem(.sensitive, "the document's type has sensitive columns, and this contract may not see those; its other columns come as JSON, without raw and to an Accept of */*")
        }
    }

    private static func flag(_ name: String, _ call: Call) throws -> Bool {
        switch call.parameter(name) {
        case nil, "0", "false": false
        case "1", "true", "": true
        case let other?: throw Problem.parameter(name, "0 or 1 is wanted, not \(MemberReader.shown(other))")
        }
    }

    /// Of a choice with its text: a client's id stands in it twice, once escaped.
    private static let choiceByteCount = 1_024

    private static func choicesResponse(_ choices: [(businessDay: Int32, clientID: String)], _ call: Call) -> Response {
        .json(300, ChoicesBody(choices: choices.map { choice in
            let day = CalendarText.text(day: choice.businessDay)
            var url = call.request.target.path + "?day=\(day)&client=\(RequestTarget.encode(choice.clientID))"
            // What else was asked for is asked for there, too: the instant above all.
            for parameter in call.parameters where !["day", "client"].contains(parameter.name) {
                url += "&\(RequestTarget.encode(parameter.name))=\(RequestTarget.encode(parameter.value))"
            }
            return .init(businessDay: choice.businessDay, clientID: choice.clientID, url: url)
        }))
    }

    // MARK: Out, pages

    /// What a page can be, in the order in which they are offered: of the forms that answers to SQL have.
    private enum PageForm: CaseIterable {
        case json, lines, csv, arrow

        var sql: SQLForm {
            switch self {
            case .json: .page
            case .lines: .lines
            case .csv: .csv
            case .arrow: .arrow
            }
        }

        var content: Operation.Content {
            switch self {
            case .json: .reference("ReceiptPage")
            case .lines, .csv, .arrow: .init(sql.rawValue, isBinary: sql.isBinary)
            }
        }

        /// What is made of a page.
        ///
        /// - Parameter hold: asked for the page's bytes with those of what is made of it, at most, before it is made.
        func bytes(_ page: Page, _ compression: ArrowCompression?, hold: (Int) throws -> Void) throws -> [UInt8] {
            let held = ReceiptPage.heldByteCount(page)
            let batch = page.batches.map(\.rowsByteCount).max() ?? 0
            let byteCount = self == .arrow ? held.addingSaturating(batch) : ReceiptPage.textByteCountMax(page)
            switch self {
            case .json, .lines: try hold(held.addingSaturating(byteCount))
            // A cell is made by itself before it is known whether it needs quotes, and a batch's columns are laid out side by side before they go to the others.
            case .csv, .arrow: try hold(held.addingSaturating(batch).addingSaturating(byteCount))
            }
            return switch self {
            case .json: ReceiptPage.json(page, reserving: byteCount)
            case .lines: ReceiptPage.lines(page, reserving: byteCount)
            case .csv: try ReceiptPage.csv(page, reserving: byteCount)
            case .arrow: try ReceiptPage.arrow(page, compression, reserving: byteCount)
            }
        }

        /// - Throws: not-acceptable where the caller takes none of them.
        static func chosen(_ call: Call) throws -> PageForm {
            let chosen = try call.choose(allCases.map(\.sql.rawValue))
            guard let form = allCases.first(where: { $0.sql.rawValue == chosen }) else { throw Problem(.internalError, "a form that is none") }
            return form
        }
    }

    private static func page(_ call: Call, _ rows: any RowReading) throws -> Response {
        let form = try PageForm.chosen(call)
        let compression = try call.compression(isOfArrow: form == .arrow)
        let request = try pageRequest(call)
        let (page, bytes) = try made(request, form, compression, call, rows)
        var response = Response(status: 200, contentType: form.sql.contentType, bytes: bytes)
        if let cursor = page.nextCursor {
            response.headers.append(nextLink(cursor, call))
        }
        response.headers.append(.init("Vary", "Accept"))
        return response
    }

    private static func nextLink(_ cursor: String, _ call: Call) -> Response.Header {
        .init("Link", "<\(call.link(with: "cursor", cursor))>; rel=\"next\"")
    }

    /// A page and what is made of it. Of one that may never be had as this form there are fewer rows.
    ///
    /// - Throws: `too-large` with the next page's URL where one row may never be had: whoever walks gets past it.
    private static func made(
        _ request: PageRequest, _ form: PageForm, _ compression: ArrowCompression?, _ call: Call, _ rows: any RowReading
    ) throws -> (page: Page, bytes: [UInt8]) {
        let advice = "GET /v1/receipts/{receipt_id}?raw=1 has the document's bytes, fields= fewer columns, and Link the next page"
        var last: Page?
        do {
            return try call.exchange.asManyAsFit(request.limit, orElse: advice) { limit, room in
                var fewer = request
                fewer.limit = limit
                let page = try read(fewer, call, rows)
                last = page
                // They were read as one.
                room.memberCount = page.batches.map(\.rowCount).reduce(0, +)
                return (page, try form.bytes(page, compression, hold: room.holdWhole))
            }
        } catch let problem as Problem where problem.slug == .tooLarge {
            guard let cursor = last?.nextCursor else { throw problem }
            throw Refusal(problem: problem, headers: [nextLink(cursor, call)])
        }
    }

    /// Charged while it is read, as far as it goes; what it takes with its text is known then. A page that may never be had is one of its first row: whoever walks gets past it.
    private static func read(_ request: PageRequest, _ call: Call, _ rows: any RowReading) throws -> Page {
        let exchange = call.exchange
        var isTooLong = false
        do {
            return try rows.page(request, as: call.principal) { byteCount in
                isTooLong = exchange.isNeverHeld(byteCount)
                try exchange.holdAnswer(byteCount)
            }
        } catch {
            guard isTooLong else { throw error }
        }
        var one = request
        one.limit = 1
        return try rows.page(one, as: call.principal) { byteCount in try exchange.holdReading(byteCount) }
    }

    private static func pageRequest(_ call: Call) throws -> PageRequest {
        try PageParameters(call).request(
            as: call.principal, limit: try call.integer("limit", in: 1...10_000, default: 1_000), cursor: call.parameter("cursor"))
    }
}
