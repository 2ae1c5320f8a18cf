internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// What clients have used: for themselves, and for who writes invoices.
enum UsageRoutes {
    private static let day = #"{"type":"string","format":"date"}"#

    static let all: [Route] = [
        Route(
            .get, "/v1/contracts/{client_id}/usage", access: .reader, place: .queries,
            operation: Operation(
                "usage", "What a client used, by days or months in UTC: of its own contract, or the administrator of any.",
                parameters: [
                    ContractRoutes.client, .query("from", "From this day on.", schema: day), .query("to", "Up to, without, this day.", schema: day),
                    .query("by", "day unless said.", schema: #"{"enum":["day","month"]}"#),
                ],
                answers: [.init(200, "It, in order, without days or months of which there is nothing.", [.of(UsageBody.self)])],
                problems: [.wrongClient, .notFound]),
            uses: { ($0.store.usage, $0.queries.limits.time) }, handle: usage)
    ]

    /// Where queries run: the first one after a start looks at every row that is hot.
    private static func usage(_ call: Call, _ parts: (usage: any UsageKeeping, seconds: Double)) throws -> Response {
        try Call.check(id: call.path("client_id"), "client_id")
        let byMonth: Bool
        switch call.parameter("by") {
        case nil, "day": byMonth = false
        case "month": byMonth = true
        case let other?: throw Problem.parameter("by", "day or month is wanted, not \(MemberReader.shown(other))")
        }
        let (from, to) = (try call.day("from"), try call.day("to"))
        if let from, let to, to < from { throw Problem.parameter("to", "a day before `from`") }
        let cancellation = call.cancellation(seconds: parts.seconds, ending: "the count of what was used")
        let spans = try parts.usage.usage(
            of: call.path("client_id"), from: from, to: to, byMonth: byMonth, as: call.principal, unless: cancellation)
        return .json(UsageBody(spans: spans), reserving: 192 * spans.count + 64)
    }
}
