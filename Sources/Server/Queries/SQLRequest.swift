internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// A question in SQL, from the body of POST /v1/sql or the command line.
struct SQLRequest: Sendable {
    /// Rows of a page; an answer that streams has no limit of its own.
    static let limitMax = 10_000

    var query: String
    var parameters: [QueryParameter] = []
    var limit = limitMax
    var cursor: String?
    /// By which texts become instants and days are cut: a name of tzdata.
    var timeZone = "UTC"
    /// By which others of its asker speak of it while it runs.
    var queryID: String?
    /// Whether sums that are there already may be used.
    var usesRollups = true

    init(query: String) { self.query = query }

    /// - Throws: `bad-parameter` naming the member.
    init(body: JSONValue) throws {
        guard let query = body["query"] else { throw Problem.parameter("query", "is required", code: "required") }
        guard let text = query.text else { throw Problem.parameter("query", "a string is wanted, not \(query.kind)", code: "type") }
        self.query = text
        if let value = body["limit"], value != .null {
            guard let limit = value.integer, (1...Self.limitMax).contains(limit) else {
                throw Problem.parameter("limit", "an integer from 1 to \(Self.limitMax) is wanted, not \(MemberReader.shown(value))", code: "out-of-range")
            }
            self.limit = limit
        }
        if let value = body["cursor"], value != .null {
            guard let cursor = value.text else { throw Problem.parameter("cursor", "a string is wanted, not \(value.kind)", code: "type") }
            self.cursor = cursor
        }
        if let value = body["time_zone"], value != .null {
            guard let zone = value.text, try TimeZoneDatabase.system.rules(for: zone) != nil else {
                throw Problem.parameter("time_zone", "a name of tzdata, as Europe/Kyiv, is wanted, not \(MemberReader.shown(value))")
            }
            timeZone = zone
        }
        if let value = body["query_id"], value != .null {
            guard let id = value.text, RunningQuery.isID(id) else {
                throw Problem.parameter("query_id", "1 to \(RunningQuery.idByteCountMax) letters, digits, - and _ are wanted, not \(MemberReader.shown(value))")
            }
            queryID = id
        }
        if let value = body["rollups"], value != .null {
            guard let usesRollups = value.boolean else { throw Problem.parameter("rollups", "a boolean is wanted, not \(value.kind)", code: "type") }
            self.usesRollups = usesRollups
        }
        if let value = body["params"], value != .null {
            guard case .array(let values) = value else { throw Problem.parameter("params", "an array is wanted, not \(value.kind)", code: "type") }
            parameters = try values.enumerated().map { index, value in try Self.parameter(value, index) }
        }
    }

    /// Numbers stay as their digits: `0.1` is a decimal to SQL, and would be a double's neighbour here.
    private static func parameter(_ value: JSONValue, _ index: Int) throws -> QueryParameter {
        switch value {
        case .null: return .null
        case .boolean(let value): return .boolean(value)
        case .number(let digits): return .number(digits)
        case .string(let text): return .string(text)
        case .array, .object: throw Problem.parameter("params/\(index)", "a string, a number, a boolean or null is wanted, not \(value.kind)", code: "type")
        }
    }
}
