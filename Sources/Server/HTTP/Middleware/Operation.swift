internal import Documents
import Ingest

/// What a call takes and answers, for people and machines: `/openapi.json` is made of these, and unknown parameters are found by them.
package struct Operation: Sendable {
    package struct Parameter: Sendable {
        package enum Place: String, Sendable { case query, path, header }
        package let name: String
        package let place: Place
        /// JSON Schema.
        package let schema: String
        package let description: String

        package static func query(_ name: String, _ description: String, schema: String = #"{"type":"string","minLength":1}"#) -> Parameter {
            Parameter(name: name, place: .query, schema: schema, description: description)
        }
        package static func path(_ name: String, _ description: String, schema: String = #"{"type":"string","minLength":1}"#) -> Parameter {
            Parameter(name: name, place: .path, schema: schema, description: description)
        }
        package static func header(_ name: String, _ description: String, schema: String = #"{"type":"string"}"#) -> Parameter {
            Parameter(name: name, place: .header, schema: schema, description: description)
        }

        static let client = query("client", "The client's id.", schema: #"{"type":"string","minLength":1,"maxLength":200}"#)
        /// Beside the name in the path of the same name; `Call.receiptID` reads both.
        static let receiptID = query(
            "receipt_id", "The id of `.` or `..`, where the path has `-`: browsers and many libraries take those segments out of a path, however they are escaped.",
            schema: #"{"type":"string","minLength":1,"maxLength":200}"#)
        static let staleReadHeader: StaticString = "Till-Read"
        /// Where two machines keep the store: only of calls that a standby can answer by itself.
        static let staleRead = header("\(staleReadHeader)", "`stale`: a standby may answer from its own copy, and then says how old it is. Anything else counts as none.")
        static let cursor = query("cursor", "`next_cursor` of the page before.")
        static func limit(_ most: Int, _ usual: Int) -> Parameter {
            query("limit", "How many at most.", schema: #"{"type":"integer","minimum":1,"maximum":\#(most),"default":\#(usual)}"#)
        }
    }

    package struct Content: Sendable {
        package let mediaType: String
        /// JSON Schema.
        package let schema: String
        package init(_ mediaType: String, _ schema: String) { (self.mediaType, self.schema) = (mediaType, schema) }

        /// What is no JSON.
        package init(_ mediaType: String, isBinary: Bool) {
            self.init(mediaType, isBinary ? #"{"type":"string","contentEncoding":"binary"}"# : #"{"type":"string"}"#)
        }

        package static func json(_ schema: String) -> Content { Content("application/json", schema) }
        package static func of(_ body: (some BodyForm).Type) -> Content { json(body.schema.text) }
        package static func reference(_ name: String) -> Content { json(##"{"$ref":"#/components/schemas/\##(name)"}"##) }
    }

    package struct Answer: Sendable {
        package let status: Int
        package let description: String
        package let contents: [Content]
        package init(_ status: Int, _ description: String, _ contents: [Content] = []) {
            (self.status, self.description, self.contents) = (status, description, contents)
        }
    }

    package let id: String
    package let summary: String
    package let parameters: [Parameter]
    package let body: [Content]
    package let answers: [Answer]
    /// Beyond those that every call of its access and body has.
    package let problems: [Problem.Slug]
    /// Written to the audit trail though others than the administrator may do it.
    package let isAudited: Bool
    /// Not written to the audit trail though it is the administrator's and no GET: it asks, and needs a body to ask with.
    package let changesNothing: Bool
    /// Whether a request without a body is refused.
    package let needsBody: Bool
    /// What is promised of how long it takes; none of most.
    package private(set) var promise: ServiceLevels.Promise?
    /// Whether /openapi.json has the call: files that are served, and doors of other protocols, it has not.
    package private(set) var isDocumented = true

    package init(
        _ id: String, _ summary: String, parameters: [Parameter] = [], body: [Content] = [], answers: [Answer],
        problems: [Problem.Slug] = [], isAudited: Bool = false, changesNothing: Bool = false, needsBody: Bool = true
    ) {
        self.id = id
        self.summary = summary
        self.parameters = parameters
        self.body = body
        self.answers = answers
        self.problems = problems
        self.isAudited = isAudited
        self.changesNothing = changesNothing
        self.needsBody = needsBody
    }

    package func promising(_ promise: ServiceLevels.Promise) -> Operation {
        var copy = self
        copy.promise = promise
        return copy
    }

    /// A call that /openapi.json does not have; it looks at its parameters itself.
    ///
    /// - Parameter changesNothing: whether it only asks, though it is no GET.
    package static func undocumented(_ id: String, changesNothing: Bool = false) -> Operation {
        var operation = Operation(id, "", answers: [], changesNothing: changesNothing)
        operation.isDocumented = false
        return operation
    }

    /// Whether a standby answers the call by itself where it is asked to.
    var mayBeStale: Bool { parameters.contains { $0.name == Parameter.staleRead.name } }

    /// The names of its query parameters.
    var queryNames: [String] { parameters.filter { $0.place == .query }.map(\.name) }

    /// Whether the call has a query parameter of that name.
    package func takes(_ name: String) -> Bool { !isDocumented || parameters.contains { $0.place == .query && $0.name == name } }
}
