internal import ColumnStore

/// A column of a relation that is made of answers of the API: its name is the member's, its type follows from the member's schema.
struct RelationColumn: Sendable {
    let name: String
    /// As the relation's rows have it: JSON as text.
    let type: ColumnType
    /// Shown as JSONB.
    let isJSON: Bool
    /// What is said of it to people: as the API's description says of the member.
    let comment: String?

    /// Of each member, in the order in which an object states them.
    static func columns(of example: some JSONObject) -> [RelationColumn] {
        var sink = ColumnSink()
        example.members(to: &sink)
        return sink.columns
    }

    init(name: String, schema: SchemaText, comment: String? = nil) {
        (self.name, self.comment) = (name, comment)
        let types = schema.types.filter { $0 != "null" }
        let format = schema.keywords.first { $0.name == "format" }?.json
        var isJSON = false
        switch types {
        case ["string"] where format == "\"date-time\"": type = .timestampTZ
        case ["string"] where format == "\"date\"": type = .date
        case ["integer"]: type = .int64
        case ["number"]: type = .double
        case ["boolean"]: type = .boolean
        case ["string"], ["string", "integer"]: type = .string
        case [] where schema.keywords.contains { $0.name == "enum" }: type = .string
        default: (type, isJSON) = (.string, true)
        }
        self.isJSON = isJSON
    }

    /// A member's JSON as a value of the column; NULL where it is of another form.
    func value(_ json: [UInt8]) -> Value {
        if json.elementsEqual("null".utf8) { return .null }
        if isJSON { return .bytes(json) }
        guard let parsed = try? JSONParser.parse(json) else { return .null }
        switch (type, parsed) {
        case (.boolean, .boolean(let flag)): return .boolean(flag)
        case (.int64, .number): return parsed.int64.map { .integer($0) } ?? .null
        case (.double, .number(let digits)): return Double(digits).map { .double($0) } ?? .null
        case (.timestamp, .string(let text)): return CalendarText.instant(text).map { .integer($0) } ?? .null
        case (.date, .string(let text)): return CalendarText.day(text).map { .integer(Int64($0)) } ?? .null
        case (.string, .string(let text)): return .string(text)
        case (.string, .number(let digits)): return .string(digits)
        default: return .null
        }
    }
}

/// Columns of what an object says of its members.
private struct ColumnSink: MemberSink {
    var columns: [RelationColumn] = []

    mutating func member<Form: BodyForm>(_ name: StaticString, _ value: Form, _ facts: MemberFacts) {
        columns.append(RelationColumn(name: "\(name)", schema: Form.schema.with(facts), comment: facts.description.map { "\($0)" }))
    }

    mutating func optional<Form: BodyForm>(_ name: StaticString, _ value: Form?, _ facts: MemberFacts) {
        columns.append(RelationColumn(name: "\(name)", schema: Form.schema.with(facts), comment: facts.description.map { "\($0)" }))
    }

    /// Names that only a value knows are no columns.
    mutating func others(_ members: [(name: String, json: String)]) {}
}

/// A row of what an object says of its members, in the columns' order.
struct RowSink: MemberSink {
    private let columns: [RelationColumn]
    private(set) var row: [Value]

    init(_ columns: [RelationColumn]) {
        self.columns = columns
        row = Array(repeating: .null, count: columns.count)
    }

    mutating func member<Form: BodyForm>(_ name: StaticString, _ value: Form, _ facts: MemberFacts) {
        guard let place = columns.firstIndex(where: { $0.name == "\(name)" }) else { return }
        row[place] = columns[place].value(value.json(reserving: 32))
    }

    mutating func optional<Form: BodyForm>(_ name: StaticString, _ value: Form?, _ facts: MemberFacts) {
        if let value { member(name, value, facts) }
    }

    mutating func others(_ members: [(name: String, json: String)]) {}
}
