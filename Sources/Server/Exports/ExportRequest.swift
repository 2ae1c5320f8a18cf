internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// What an export is of: the body of POST /v1/exports.
///
/// Read twice: as it is posted, so that faults are the caller's at once, and by `ExportMaker` from the text in the catalog as the file is made.
struct ExportRequest: Sendable {
    /// One question and the name of its sheet; of a form without sheets there is one of them.
    struct Sheet: Sendable {
        var name: String
        var query: SQLRequest
    }

    /// What the file is filled with: answers to questions, or a walk over receipts with their documents.
    enum Content: Sendable {
        case sheets([Sheet])
        case receipts(PageRequest)
    }

    static let members: Set<String> = ["query", "params", "time_zone", "receipts", "sheets", "format", "name", "expires_in"]
    /// A workbook is made by one query after the other in one turn of the queue.
    private static let sheetCountMax = 100
    /// It goes into `Content-Disposition`, three times as long where it is escaped.
    private static let nameByteCountMax = 200
    /// From a second to 90 days.
    private static let expirySeconds = 1.0...90 * 86_400

    let content: Content
    /// A workbook of several.
    let isOfSheets: Bool
    let format: ExportFormat
    /// As the download calls the file, without its ending.
    let name: String
    /// Microseconds.
    let expiresIn: Int64

    /// - Throws: `bad-parameter` naming the member.
    init(body: JSONValue, as principal: Principal) throws {
        // Questions and their parameters may be any text; these are words, and are compared.
        for member in ["format", "expires_in", "time_zone", "receipts"] { try Self.checkMarks(body[member].map { $0.serialized } ?? [], member) }
        format = try Self.format(body)
        name = try Self.name(body["name"])
        expiresIn = try Self.expiry(body["expires_in"])
        let given = ["query", "receipts", "sheets"].filter { (body[$0] ?? .null) != .null }
        guard given.count == 1 else {
            throw Problem.parameter(given.first ?? "query", given.isEmpty ? "query, receipts or sheets is wanted" : "only one of query, receipts and sheets is wanted, not \(given.joined(separator: " and "))", code: given.isEmpty ? "required" : "invalid")
        }
        isOfSheets = given[0] == "sheets"
        switch given[0] {
        case "sheets": content = .sheets(try Self.sheets(body, format))
        case "receipts":
            content = .receipts(try PageParameters(object: body["receipts"] ?? .null, member: "receipts").request(as: principal))
            if (body["params"] ?? .null) != .null { throw Problem.parameter("params", "they are of a query; receipts has none") }
            // Receipts have no use for it, and what is none is still no zone.
            _ = try Self.timeZone(body)
        default: content = .sheets([Sheet(name: name, query: try SQLRequest(body: body))])
        }
    }

    private static func checkMarks(_ text: some Collection<UInt8>, _ member: String) throws(Problem) {
        if CombiningMarks.hasLongRun(in: text) { throw Problem.parameter(member, "more than \(CombiningMarks.runMax) combining marks in a row") }
    }

    private static func format(_ body: JSONValue) throws -> ExportFormat {
        guard let value = body["format"] else { throw Problem.parameter("format", "is required", code: "required") }
        guard let format = value.text.flatMap({ ExportFormat(rawValue: String(word: $0.utf8)) }) else {
            let names = ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.parameter("format", "one of \(names) is wanted, not \(MemberReader.shown(value))")
        }
        return format
    }

    private static func name(_ value: JSONValue?) throws -> String {
        guard let value, value != .null else { return "export" }
        guard let text = value.text, (1...nameByteCountMax).contains(text.utf8.count), !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw Problem.parameter("name", "a string of 1 to \(nameByteCountMax) bytes without control characters is wanted, not \(MemberReader.shown(value))")
        }
        return text
    }

    private static func expiry(_ value: JSONValue?) throws -> Int64 {
        guard let value, value != .null else { return 7 * 86_400_000_000 }
        let seconds: Double
        do {
            seconds = try SettingValue(key: "expires_in", value: value).duration()
        } catch let error as SettingError {
            throw Problem.parameter("expires_in", error.message)
        }
        guard expirySeconds.contains(seconds) else { throw Problem.parameter("expires_in", "from 1s to 90d is wanted, not \(MemberReader.shown(value))", code: "out-of-range") }
        return Int64(seconds * 1_000_000)
    }

    /// By the rules of a question, whose other members are none of this one's.
    private static func timeZone(_ body: JSONValue) throws -> String {
        try SQLRequest(body: .object([.init("query", .string("")), .init("time_zone", body["time_zone"] ?? .null)])).timeZone
    }

    /// Each sheet is a question by itself; the time zone is the whole workbook's, so that its dates agree.
    private static func sheets(_ body: JSONValue, _ format: ExportFormat) throws -> [Sheet] {
        guard format == .workbook else { throw Problem.parameter("sheets", "only a workbook has sheets; the format is \(format.rawValue)") }
        if (body["params"] ?? .null) != .null { throw Problem.parameter("params", "each sheet has its own") }
        let wanted = "an array of 1 to \(sheetCountMax) sheets is wanted"
        guard case .array(let values)? = body["sheets"] else { throw Problem.parameter("sheets", "\(wanted), not \(MemberReader.shown(body["sheets"] ?? .null))") }
        guard (1...sheetCountMax).contains(values.count) else { throw Problem.parameter("sheets", "\(wanted), not of \(values.count)") }
        return try values.enumerated().map { index, value in
            guard case .object(let members) = value else { throw Problem.parameter("sheets/\(index)", "an object is wanted, not \(value.kind)", code: "type") }
            for member in members where !["name", "query", "params"].contains(where: { $0.hasBytes(of: member.name) }) {
                throw Problem.parameter("sheets/\(index)/\(member.name)", "a sheet has no such member", code: "unknown-member")
            }
            let name = value["name"].flatMap { $0 == .null ? nil : $0 } ?? .string("Sheet \(index + 1)")
            guard let text = name.text else { throw Problem.parameter("sheets/\(index)/name", "a string is wanted, not \(name.kind)", code: "type") }
            try checkMarks(text.utf8, "sheets/\(index)/name")
            do {
                var query = try SQLRequest(body: value)
                query.timeZone = try Self.timeZone(body)
                return Sheet(name: text, query: query)
            } catch let problem as Problem {
                throw problem.within("sheets/\(index)")
            }
        }
    }
}

extension Problem {
    /// The same of what stands at `place`.
    func within(_ place: String) -> Problem {
        var problem = self
        problem.detail = "\(place): \(detail)"
        problem.errors = errors.map { Violation(pointer: "/\(place)\($0.pointer)", code: $0.code, message: $0.message) }
        return problem
    }
}
