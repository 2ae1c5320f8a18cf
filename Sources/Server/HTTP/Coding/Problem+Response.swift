internal import ColumnStore
internal import Documents
import Ingest

/// How each problem looks over HTTP: the one table of slug and status, and what each means.
extension Problem.Slug {
    package var status: Int {
        switch self {
        case .badJSON, .badXML, .badEncoding, .unknownParameter, .badParameter, .badCursor, .badSQL, .unsupportedSQL,
            .badRequest:
            400
        case .unauthenticated, .badSignature: 401
        case .readOnly, .wrongClient, .adminOnly, .contractNotValid, .typeNotAllowed, .roleNotAllowed, .sensitive, .csrf: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .requestTimeout: 408
        case .differentDocument, .versionConflict, .contradictingOutcome, .immutableTable, .queryCancelled, .uploadClosed, .lockLost, .taskEnded,
            .alreadyExists, .wrongState, .viewInUse:
            409
        case .gone: 410
        case .tooLarge: 413
        case .uriTooLong: 414
        case .unsupportedMediaType: 415
        case .unknownType, .ambiguousType, .invalidDocument, .invalidType, .invalidContract, .invalidRollup, .callbackHostNotAllowed,
            .numericOverflow, .dataError, .uploadMismatch, .invalidQueue, .invalidProcess, .invalidView:
            422
        case .rateLimited, .tooManyQueries: 429
        case .headTooLarge: 431
        case .internalError: 500
        case .unsupportedTransferEncoding: 501
        case .overloaded, .diskFull, .storageUnavailable, .notLeader: 503
        case .queryTimeout: 504
        case .unsupportedVersion: 505
        case .spillFull, .queueFull: 507
        }
    }

    package var title: String { pageOfProblem.title }

    /// What the error means and what to do about it; `/problems/{slug}` serves it.
    package var meaning: String { pageOfProblem.meaning }

    private var pageOfProblem: (title: String, meaning: String) {
        switch self {
        case .badJSON: ("The body is not JSON", "The text breaks RFC 8259, or has a duplicate member name, a lone surrogate or a byte that is not UTF-8. `detail` says where.")
        case .badXML: ("The body is not well-formed XML", "The text is not well-formed, or has a DOCTYPE, which is refused. `detail` says where.")
        case .badEncoding: ("The text is not in its encoding", "Bytes do not fit the declared encoding, a byte order mark contradicts it, or a Content-Encoding could not be undone.")
        case .unknownParameter: ("Unknown query parameter", "The call does not take a parameter of that name. The description of the call in /openapi.json names those that it takes.")
        case .badParameter: ("Bad parameter", "A parameter, a header or a member of the body is missing, or its value is out of range. `errors` names each.")
        case .badCursor: ("Bad cursor", "The cursor was altered, or belongs to another query, other parameters or another contract. Start again without one.")
        case .badSQL: ("The query is wrong", "The text is not SQL, or names something that is not there. `position` counts Unicode scalars from 1.")
        case .unsupportedSQL: ("The query is not supported", "The text is SQL that Till does not do. `position` says where it starts.")
        case .unauthenticated: ("Who is asking?", "No credential came, or it is unknown or revoked. Send `Authorization: Bearer <key>`.")
        case .badSignature: ("The signature is wrong", "A signed call did not bear a signature made with the shared secret within five minutes.")
        case .readOnly: ("The contract reads only", "The contract's access is `read`; this call writes.")
        case .wrongClient: ("Another client's", "The request names a client that this credential does not write or read for.")
        case .adminOnly: ("For the administrator", "Only the admin key may make this call.")
        case .roleNotAllowed: ("Not for this key's role", "The key has a role that this call is not for. `detail` names those that it is for.")
        case .contractNotValid: ("The contract is not valid now", "The present instant is outside the contract's `valid_from` and `valid_to`.")
        case .typeNotAllowed: ("The type is not in the contract", "The contract lists the document types that it takes; this one is not among them.")
        case .sensitive: ("The document may hold sensitive values", "The document's type has sensitive columns, and the contract may not see their values: of the document it sees the other columns.")
        case .csrf: ("The session's token is missing", "A call that changes something, made with a session's cookie, must bear `Till-CSRF` with the value that `GET /v1/session` answers.")
        case .queryCancelled: ("The query was ended", "Somebody ended it: who asked, or the administrator.")
        case .notFound: ("Not found", "There is nothing at this path, or nothing that this credential may see.")
        case .methodNotAllowed: ("Method not allowed", "The path exists, but not with this method. `Allow` lists those that it has.")
        case .notAcceptable: ("Not acceptable", "The answer has no form that the `Accept` header takes.")
        case .differentDocument: ("Another document has this identity", "A receipt with the same client, day and id is stored with other bytes. Nothing was changed.")
        case .versionConflict: ("Version conflict", "A new version of a type must be the present one plus 1.")
        case .immutableTable: ("Immutable table", "The table is a ledger: what it has stays as it is.")
        case .contradictingOutcome: ("Contradicting outcome", "The step has already ended otherwise.")
        case .invalidProcess: ("The definition is wrong", "The state machine breaks the Amazon States Language, or uses what is not taken; `errors` has every reason with its place.")
        case .taskEnded: ("The task has ended", "It was answered before, took longer than it may, or its execution has ended. What was done for it counts no more.")
        case .alreadyExists: ("Something else has this name", "There is an execution of this process and name, with other input, and nothing was started. Or a client has a contract, and `If-None-Match: *` wanted none to be replaced (412); nothing was changed.")
        case .wrongState: ("Not in this state", "The execution has ended already, or has not failed: `GET /v1/executions/{id}` says how it stands. Or a node of a cluster stands otherwise than the call wants, as `detail` says.")
        case .lockLost: ("The lock is lost", "The message's lock has ended or was given to another, or the message is complete, dead or gone. What was done for it may be done again by whoever has it now.")
        case .invalidView: ("The view is wrong", "Its query cannot be bound, or its name is taken; `errors` has the reason, `position` the place in the query.")
        case .viewInUse: ("Another view reads it", "Delete the view that `detail` names first, or put it without this one.")
        case .invalidQueue: ("The queue or topic is wrong", "The settings of a queue, a topic or a subscription, or a message or event for one, are not as they must be; `errors` has every reason.")
        case .queueFull: ("The queue is full", "Its messages have as many bytes as `max_bytes` allows, or twice as many with its dead letters: complete some, put dead letters back or delete them, or raise it.")
        case .tooLarge: ("Too large", "A document, a body or a batch is over its limit, or an answer over what requests of one credential may hold. `detail` names the limit.")
        case .unsupportedMediaType: ("Unsupported media type", "The call does not take this Content-Type or Content-Encoding.")
        case .unknownType: ("Unknown document type", "No document type matches the document, or none has the given name.")
        case .ambiguousType: ("More than one document type matches", "Several types of the same priority match. Name one with `?type=`.")
        case .invalidDocument: ("The document is invalid", "The document breaks its type's schema, mapping or rules; `errors` has every reason. It is kept in quarantine under `ticket_id`.")
        case .invalidType: ("The type file is wrong", "`errors` has every reason.")
        case .invalidContract: ("The contract is wrong", "`errors` has every reason.")
        case .invalidRollup: ("The rollup is wrong", "`errors` has every reason, each with its place.")
        case .callbackHostNotAllowed: ("Callback host not allowed", "The contract does not list the callback URL's host.")
        case .numericOverflow: ("Numeric overflow", "A result needs more than 38 digits.")
        case .dataError: ("The data do not allow it", "A division by zero, a failed cast, or a date out of range.")
        case .rateLimited: ("Too many requests", "The contract's rate is used up. Try again after `Retry-After` seconds.")
        case .tooManyQueries: ("Too many queries", "All query places and the queue behind them are taken. Try again after `Retry-After` seconds.")
        case .internalError: ("Internal error", "A fault of the server. The log has it under the request's id.")
        case .overloaded: ("Overloaded", "The server refuses work rather than die of it. Try again after `Retry-After` seconds.")
        case .diskFull: ("The disk is full", "There is no room to make anything durable. Reading goes on. Try again after `Retry-After` seconds.")
        case .storageUnavailable: ("The bucket gives no answer", "This needs receipts that lie in the bucket, which cannot be read now. No part of an answer is given in place of the whole. Try again after `Retry-After` seconds.")
        case .notLeader: ("Another machine leads", "Two machines keep this store, and this one does not answer for it now. `Till-Leader` says where the other is, if that is known. Ask there, or try again after `Retry-After` seconds.")
        case .queryTimeout: ("The query took too long", "It was ended at the time limit.")
        case .badRequest: ("Not a request", "The request line, a header field or the framing of the body breaks RFC 9112. The connection is closed: where the next request would begin is not known.")
        case .requestTimeout: ("The request did not end", "Nothing more of the request came for a minute. The connection is closed.")
        case .uriTooLong: ("The request line is too long", "The request line does not fit in the memory of a connection, 32 KiB with all header fields.")
        case .headTooLarge: ("The head is too large", "The header fields, or the fields behind a chunked body, do not fit in the memory of a connection, 32 KiB.")
        case .unsupportedTransferEncoding: ("Unsupported transfer encoding", "A body comes with a Content-Length, or with the transfer encoding `chunked` alone.")
        case .unsupportedVersion: ("Unsupported HTTP version", "The server speaks HTTP/1.1, and HTTP/1.0.")
        case .uploadClosed: ("The upload takes no file", "Its file is here already, or on its way, or the upload was ended; or it cannot be taken back any more.")
        case .uploadMismatch: ("Another file than announced", "The file's size or SHA-256 is another than the upload announced. Nothing was taken; put the right one.")
        case .gone: ("It is gone", "The link was good, but its time is over, or the file behind it was removed. Ask for it again.")
        case .spillFull: ("No room to spill", "The query needs more memory and scratch space than it may have.")
        }
    }
}

extension Problem {
    package var status: Int {
        get { ownStatus ?? slug.status }
        set { ownStatus = newValue }
    }

    /// A fault of one parameter, which the error names.
    package static func parameter(_ name: String, _ message: String, code: String = "invalid") -> Problem {
        Problem(.badParameter, "\(name): \(message)", errors: [Violation(pointer: "/\(name)", code: code, message: message)])
    }

    /// - Parameter requestID: what the log's lines have too.
    package func response(requestID: String) -> Response {
        var writer = JSONWriter(reserving: 320 + 128 * errors.count)
        ProblemBody(self, requestID: requestID).write(to: &writer)
        var response = Response(status: status, contentType: "application/problem+json", bytes: writer.bytes)
        switch slug {
        case .unauthenticated: response.headers.append(.init("WWW-Authenticate", "Bearer realm=\"till\""))
        case .badSignature where status == 401: response.headers.append(.init("WWW-Authenticate", "Signature realm=\"till\""))
        case .overloaded, .diskFull, .storageUnavailable, .notLeader, .rateLimited, .tooManyQueries: response.headers.append(.init("Retry-After", "1"))
        default: break
        }
        return response
    }
}

/// A problem with header fields of its own: `Allow`, the rate that is left.
package struct Refusal: Error {
    package let problem: Problem
    package let headers: [Response.Header]

    package init(problem: Problem, headers: [Response.Header]) { (self.problem, self.headers) = (problem, headers) }

    /// How HTTP says it: with the contract's rate, and when there will be room again.
    package init(_ denial: Denial) {
        problem = denial.problem
        headers = (denial.standing?.headers ?? []) + (denial.standing?.wait.map { [.init("Retry-After", String($0))] } ?? [])
    }

    package func response(requestID: String) -> Response {
        var response = problem.response(requestID: requestID)
        // Its own wait stands in place of the usual one.
        response.headers.removeAll { usual in headers.contains { $0.hasName(of: usual) } }
        response.headers += headers
        return response
    }
}

extension RateLimiter.Standing {
    /// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10): the quota for each window of a second; what is left
    /// of it and in how many seconds there will be more.
    package var headers: [Response.Header] {
        [
            .init("RateLimit-Policy", "\"contract\";q=\(capacity);w=1"),
            .init("RateLimit", "\"contract\";r=\(remaining);t=\(wait ?? (remaining < capacity ? 1 : 0))"),
        ]
    }
}

extension RequestTarget {
    /// Of the REST catalog, whose readers know errors of one form.
    package var isOfIceberg: Bool { segments.first == Array("iceberg".utf8) || segments.first == Array("oauth2".utf8) }
}

extension Problem {
    /// `response` with the error as the REST catalog's specification has it (`IcebergErrorResponse`).
    /// Header fields stay, for `Retry-After` and `WWW-Authenticate` mean there what they mean here.
    ///
    /// - Parameter response: what HTTP would say; of it the status and the fields are taken.
    package func saidToIceberg(_ response: Response) -> Response {
        let named = errors.first { $0.code.hasSuffix("Exception") }?.code
        let type: String =
            switch response.status {
            case 401: "NotAuthorizedException"
            case 403: "ForbiddenException"
            case 404: "NotFoundException"
            case 429, 503: "ServiceUnavailableException"
            case 500...: "InternalServerError"
            default: "BadRequestException"
            }
        var json = JSONWriter()
        json.beginObject()
        json.key("error")
        json.beginObject()
        json.member("message", detail)
        json.member("type", named ?? type)
        json.key("code")
        json.integer(response.status)
        json.endObject()
        json.endObject()
        var said = Response(status: response.status, contentType: "application/json", bytes: json.bytes)
        said.headers += response.headers.filter { "\($0.name)" != "Content-Type" }
        return said
    }
}
