package import ColumnStore

/// A type file that has been read: every member checked for its form, nothing compiled yet. `docs/document-types.md` describes it.
package struct TypeFile: Sendable {
    package enum Format: String, Sendable, CaseIterable { case json, xml, csv }

    /// 1 to 100 letters, digits, hyphens, dots and underscores of ASCII.
    package var name = ""
    /// From 1 to 2^31 − 1.
    package var version = 0
    /// For people.
    package var description: String?
    /// As callers name it: without what its kind puts at its end where it is stored.
    package var table = "receipts"
    package var format = Format.json
    /// What `on_repeat` says: what a further document under a known identity is.
    package var tableKind = TableKind.unlessSaid
    /// Of several types that match a document the highest counts.
    package var priority = 0
    /// What a document must have to be of the type, beside its root element.
    package var match: [Test] = []
    /// `{namespace}name` alternatives of the root element.
    package var roots: [(namespace: String, name: String)] = []
    /// Without `match` a type is found by `?type=` only.
    package var hasMatch = false
    /// Of XML: a prefix stands for any of its namespaces.
    package var namespaces: [String: [String]] = [:]
    /// The JSON Schema's bytes in `json`.
    package var schema: Range<Int>?
    package var xsd: XSDReference?
    /// By name, the files that `xsd` and what it includes may be.
    package var files: [String: [UInt8]] = [:]
    package var each: Each?
    /// Identity and time: ways that are tried one after another.
    package var receiptID: [Parts] = []
    /// Empty, of versioned tables only: the time of receipt.
    package var issuedAt: [Parts] = []
    package var businessDay: [Parts] = []
    package var clientID: [Parts] = []
    package var callbackURL: [Parts] = []
    package var timeZone: Zone?
    /// Microseconds since 1970; nil for the usual bounds.
    package var acceptFrom: Int64?
    package var acceptTo: Int64?
    package var columns: [ColumnSpecification] = []
    package var rules: [Rule] = []
    /// Stages in their order, each the registrars that are asked side by side. No registrar is in it twice.
    package var register: [[String]] = []
    /// In the order in which they are carried out.
    package var decode: [Decoding] = []
    package var delimiter = UInt8(ascii: ",")
    /// Whether columns of a CSV file that the type does not know are passed over, instead of being a fault of the file.
    package var ignoresExtraColumns = false
    /// Members that are known, and mean nothing where they stand: files that were put before this was a fault may have them.
    package var idleMembers: [Fault.Violation] = []
    /// The file as it was given.
    package var json: [UInt8] = []

    /// A text in a document that is a document itself.
    package struct Decoding: Sendable {
        package enum Coding: String, Sendable, CaseIterable { case base64, base64url, gzip, zlib, zstd, hex }

        /// A JSON Pointer, for messages.
        package var path: String
        package var from: [String]
        package var codings: [Coding]
        /// Where what it decodes to is read: of the last name there is no member.
        package var to: [String]
        package var name: String { to.last ?? "" }
        /// Of XML: the elements that are lists even if there is one, as names from its root element down.
        package var lists: Set<[String]> = []
    }

    /// A path and where in the type file it stands.
    package struct Path: Sendable, Hashable {
        package var text: String
        package var isFromRoot = false
        package var pointer: String
    }

    package struct Test: Sendable {
        package var path: Path
        package var condition: Condition
    }

    /// What a path must find.
    package enum Condition: Sendable {
        case exists(Bool)
        case anyOf([Constant])
    }

    package enum Constant: Sendable, Equatable {
        case text([UInt8])
        /// A number as the file writes it.
        case number([UInt8])
        case boolean(Bool)
    }

    package struct XSDReference: Sendable {
        package var file: String
        package var at: Path?
        package var pointer: String
    }

    package struct Each: Sendable {
        package var path: Path
        package var tests: [Test]
        /// `"batch": "each"`: the receipts count each on its own.
        package var countsEach: Bool
    }

    /// One way to an id or time: its parts, all there.
    package struct Parts: Sendable {
        package var parts: [Part]
    }

    package struct Part: Sendable {
        package var lookup: [Lookup]
        package var format: TimeFormat?
        package var isOptional = false
        package var pointer: String
    }

    /// A way to a scalar: `path`, of its nodes the first (that passes `tests`, and `value` from it), or the `sum` over all.
    package struct Lookup: Sendable {
        package var path: Path
        package var tests: [Test] = []
        package var value: Path?
        package var isSum = false
    }

    /// Which zone local times are in: a name, or what a path finds, put through `map` where there is one.
    package struct Zone: Sendable {
        package var fixed: String?
        package var path: Path?
        package var map: [(value: [UInt8], zone: String)]?
        package var fallback: String?
    }

    /// One column, or one member of a list, as the file says it.
    package struct ColumnSpecification: Sendable {
        package var name: String
        package var pointer: String
        /// Nil for a list.
        package var type: ColumnType?
        package var lookups: [Lookup] = []
        package var expression: String?
        package var isRequired = false
        package var fallback: Constant?
        /// `scale`: the power of ten that the text's number is multiplied by, −38 to 38.
        package var shift = 0
        package var mark = UInt8(ascii: ".")
        package var suffix: [UInt8] = []
        /// Blanks at both ends of a text are no part of it.
        package var isTrimmed = false
        package var format: TimeFormat?
        package var hasBloom = false
        package var isStored = true
        /// Seen by few: of a list, all its members.
        package var isSensitive = false
        /// For people.
        package var description: String?
        /// Of a list.
        package var members: [ColumnSpecification] = []
        /// Of a list, from the element on: in which order its elements become rows, and what tells them apart.
        package var orderBy: [Path] = []
        package var distinctBy: [Path] = []
        package var isList: Bool { type == nil }
    }

    /// Whether any column, stored or not, or a member of a list is sensitive.
    package var hasSensitiveColumns: Bool { columns.contains { $0.isSensitive || $0.members.contains(where: \.isSensitive) } }

    /// The stored columns as a table's fields. Elements of a list and their members are nullable.
    package var fields: [Field] {
        columns.filter(\.isStored).map { column in
            guard column.isList else { return Field(column.name, column.type ?? .string) }
            let members = column.members.filter(\.isStored).map { Field($0.name, $0.type ?? .string) }
            return Field(column.name, .list(element: Field("element", .structure(members))))
        }
    }

    /// The stored ones among them: `ssn`, `owners.ssn`, all of a sensitive list by the list's name.
    package var sensitivePaths: [ColumnPath] {
        columns.filter(\.isStored).flatMap { column in
            column.isSensitive ? [ColumnPath(column.name)] : column.members.filter { $0.isSensitive && $0.isStored }.map { ColumnPath([column.name, $0.name]) }
        }
    }

    /// Stored columns, `lines` and `lines.amount` among them.
    package var storedPaths: [ColumnPath] {
        columns.filter(\.isStored).flatMap { column in
            [ColumnPath(column.name)] + column.members.filter(\.isStored).map { ColumnPath([column.name, $0.name]) }
        }
    }

    /// What is said of stored columns, `lines.amount` among them, to people.
    package var descriptions: [ColumnPath: String] {
        var found: [ColumnPath: String] = [:]
        for column in columns where column.isStored {
            found[ColumnPath(column.name)] = column.description
            for member in column.members where member.isStored { found[ColumnPath([column.name, member.name])] = member.description }
        }
        return found
    }

    /// Bytes of UTF-8 of each description.
    package static let descriptionByteCountMax = 4_096

    /// Descriptions that are longer, or hold what no text shows: of the type, and of each column, stored or not.
    package var descriptionFaults: [Fault.Violation] {
        var all: [(pointer: String, text: String?)] = [("", description)]
        for column in columns {
            all.append((column.pointer, column.description))
            for member in column.members { all.append((member.pointer, member.description)) }
        }
        return all.compactMap { pointer, text -> Fault.Violation? in
            guard let text, text.utf8.count > Self.descriptionByteCountMax || text.utf8.contains(where: { $0 < 0x20 && ![0x09, 0x0A, 0x0D].contains($0) || $0 == 0x7F })
            else { return nil }
            return Fault.Violation(
                pointer: pointer + "/description", code: "invalid-value",
                message: "a description has at most \(Self.descriptionByteCountMax) bytes, and of control characters only tabs and line ends")
        }
    }

    /// `check` is an SQL expression over the columns: where it does not hold the document is refused with `message`.
    package struct Rule: Sendable {
        package var name: String
        package var check: String
        package var message: String
        package var pointer: String
    }

    /// The columns that every table has: a type's may not be called so.
    package static let commonColumnNames: Set<String> = [
        "client_id", "receipt_id", "business_day", "issued_at", "type", "type_version", "received_at", "state", "completed_at", "ticket_id",
        "sequence", "content_type", "document", "document_sha256", "history", "upload_id",
    ]
}
