internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// The parameters of a walk over receipts, as a URL's or as members of an object.
struct PageParameters {
    private let value: (String) -> String?

    /// A call's own.
    init(_ call: Call) { value = { call.parameter($0) } }

    private static let names = ["client", "from", "to", "type", "table", "state", "fields", "as_of"]

    /// Members with the names of the parameters.
    ///
    /// - Parameter member: where the object stands, for errors.
    init(object: JSONValue, member: String) throws {
        guard case .object(let members) = object else { throw Problem.parameter(member, "an object is wanted, not \(object.kind)", code: "type") }
        var values: [String: String] = [:]
        for one in members where one.value != .null {
            guard Self.names.contains(one.name) else {
                throw Problem.parameter("\(member)/\(one.name)", "it has no such member; it has \(Self.names.joined(separator: ", "))", code: "unknown-member")
            }
            guard let text = one.value.text else { throw Problem.parameter("\(member)/\(one.name)", "a string is wanted, not \(one.value.kind)", code: "type") }
            values[one.name] = text
        }
        let fixed = values
        value = { fixed[$0] }
    }

    /// - Throws: `bad-parameter`, `wrong-client`.
    func request(as principal: Principal, limit: Int = 10_000, cursor: String? = nil) throws -> PageRequest {
        var state: ReceiptState?
        if let text = value("state") {
            state = ReceiptState(rawValue: text)
            if state == nil { throw Problem.parameter("state", "PROCESSING, COMPLETE or FAILED is wanted, not \(MemberReader.shown(text))") }
        }
        var fields: [String]?
        if let text = value("fields") {
            let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            if names.contains("") { throw Problem.parameter("fields", "a column's name is empty") }
            fields = names
        }
        if value("type")?.isEmpty ?? false { throw Problem.parameter("type", "a type's name is wanted") }
        return PageRequest(
            table: value("table") ?? "receipts", client: try Call.client(value("client"), as: principal), range: try range(), type: value("type"), state: state,
            fields: fields, limit: limit, cursor: cursor, asOf: try instant("as_of"))
    }

    private func instant(_ name: String) throws -> Int64? { try value(name).map { try Call.instant($0, name) } }

    /// Both ends days, or both instants.
    private func range() throws -> PageRequest.Range {
        let from = try bound("from")
        let to = try bound("to")
        switch (from, to) {
        case (nil, nil): return .all
        case (.day(let from)?, .day(let to)?): return .days(from: from, to: to)
        case (.day(let from)?, nil): return .days(from: from, to: nil)
        case (nil, .day(let to)?): return .days(from: nil, to: to)
        case (.instant(let from)?, .instant(let to)?): return .instants(from: from, to: to)
        case (.instant(let from)?, nil): return .instants(from: from, to: nil)
        case (nil, .instant(let to)?): return .instants(from: nil, to: to)
        default: throw Problem.parameter("to", "from and to must both be dates or both be instants")
        }
    }

    private enum Bound { case day(Int32), instant(Int64) }

    private func bound(_ name: String) throws -> Bound? {
        guard let text = value(name) else { return nil }
        if let day = CalendarText.day(text) { return .day(day) }
        if let instant = CalendarText.instant(text) { return .instant(instant) }
        throw Problem.parameter(name, "a date like 2026-11-20 or an instant like 2026-11-20T12:00:00Z is wanted, not \(MemberReader.shown(text)) (a + must be sent as %2B)")
    }
}

extension Operation.Parameter {
    static let compression = query("compression", "Of an Arrow stream's buffers.", schema: #"{"enum":["zstd","lz4","none"],"default":"none"}"#)
}

extension Call {
    /// - Throws: `bad-parameter` for a codec that Arrow has not, or with another form.
    func compression(isOfArrow: Bool) throws -> ArrowCompression? {
        guard let name = parameter(Operation.Parameter.compression.name) else { return nil }
        let codec: ArrowCompression? = ["zstd": .zstd, "lz4": .lz4][name]
        guard codec != nil || name == "none" else { throw Problem.parameter("compression", "zstd, lz4 or none is wanted") }
        guard isOfArrow || codec == nil else { throw Problem.parameter("compression", "is for \(SQLForm.arrow.rawValue) alone; others are coded as Accept-Encoding asks") }
        return codec
    }
}
