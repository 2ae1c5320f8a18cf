internal import Query

extension TypeFile {
    /// Reads a type file and collects every reason that it is no good.
    ///
    /// - Parameter files: contents of the files beside it, for `xsd`, where the type file does not carry them in `files`.
    package static func read(_ json: [UInt8], files: [String: [UInt8]] = [:]) throws(TypeFileError) -> TypeFile {
        let reading = try TypeFileReading(json, files: files)
        guard reading.reasons.isEmpty else { throw TypeFileError(reasons: reading.reasons) }
        return reading.file
    }
}

/// A type file as far as it could be read, and what is wrong with its form.
package struct TypeFileReading: Sendable {
    package let file: TypeFile
    package let reasons: [Fault.Violation]

    /// - Throws: that it is no JSON.
    package init(_ json: [UInt8], files: [String: [UInt8]] = [:]) throws(TypeFileError) {
        // A tape is lent: it is used up before the bytes and the reader go. A closure's typed error does not come through `withUnsafeBytes`, so that it is
        // carried as a value.
        let outcome: Result<(TypeFile, [Fault.Violation]), TypeFileError> = json.withUnsafeBytes { bytes in
            let reader = JSONReader()
            do throws(DocumentError) {
                let tape = try reader.tape(of: bytes)
                defer { withExtendedLifetime(reader) {} }
                var fileReader = TypeFileReader(tape: tape, files: files)
                let file = fileReader.read(json)
                return .success((file, fileReader.reasons))
            } catch {
                return .failure(TypeFileError(reasons: [.init(pointer: "", code: error.code.rawValue, message: error.detail)]))
            }
        }
        (file, reasons) = try outcome.get()
    }
}

/// Walks a type file's tape. Each function reads one member's form and notes what is wrong with it.
///
/// Nothing is compiled here: paths, expressions and schemas are texts that were found where they belong. A fault never ends the walk, so that a file's faults
/// come all at once; what could not be read keeps its default, and a file with faults is not used.
struct TypeFileReader {
    let tape: JSONTape
    private(set) var reasons: [Fault.Violation] = []
    var file = TypeFile()

    /// Of a type, and of each list.
    static let columnCountMax = 1_000
    /// Of a column's or table's name: as long as PostgreSQL's.
    static let nameByteCountMax = 63

    init(tape: JSONTape, files: [String: [UInt8]]) {
        self.tape = tape
        file.files = files
    }

    private var saysEnough: Bool { reasons.count >= TypeFileError.reasonCountMax }

    /// - Parameter node: where it is wrong: its pointer is the fault's.
    mutating func fail(_ node: Int, _ message: String, code: String = "invalid-value") {
        if saysEnough { return }
        reasons.append(.init(pointer: tape.pointer(to: node), code: code, message: message))
    }

    mutating func fail(missing member: String, of node: Int) {
        if saysEnough { return }
        reasons.append(.init(pointer: tape.pointer(to: node) + "/" + JSONTape.escaped(member), code: "required", message: "\(member) is missing"))
    }

    // MARK: Plain members

    func isNull(_ node: Int) -> Bool { tape[node].kind == .null }

    mutating func string(_ node: Int) -> String? {
        guard tape[node].kind == .string else {
            fail(node, "must be a string", code: "wrong-type")
            return nil
        }
        return tape.string(of: node)
    }

    mutating func boolean(_ node: Int) -> Bool? {
        switch tape[node].kind {
        case .true: return true
        case .false: return false
        default:
            fail(node, "must be true or false", code: "wrong-type")
            return nil
        }
    }

    /// Written without point and exponent.
    mutating func integer(_ node: Int, in range: ClosedRange<Int>) -> Int? {
        guard tape[node].kind == .number, let value = Int(tape.string(of: node)), range.contains(value) else {
            fail(node, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }

    /// Whether `node` is an object with no members but those `known`; notes each that is not.
    mutating func checkObject(_ node: Int, known: Set<String>) -> Bool {
        guard tape[node].kind == .object else {
            fail(node, "must be an object", code: "wrong-type")
            return false
        }
        for child in tape.children(of: node) {
            if saysEnough { break }
            let name = String(decoding: tape.name(of: child), as: UTF8.self)
            guard !known.contains(name) else { continue }
            // Nobody would ever notice a misspelt member: its column would be NULL.
            let near = NameSuggestion.closest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
            fail(child, "unknown member \(JSONGrammar.shown(Array(name.utf8)))\(near)", code: "unknown-member")
        }
        return true
    }

    // MARK: The file

    private static let members: Set<String> = [
        "name", "version", "table", "format", "description", "match", "priority", "namespaces", "schema", "xsd", "files", "each", "batch",
        "receipt_id", "issued_at", "business_day", "client_id", "callback_url", "time_zone", "accept_from", "accept_to", "columns", "rules",
        "register", "on_repeat", "delimiter", "extra_columns", "decode", "rollups",
    ]

    /// In this order: the format, the kind of table and the prefixes of namespaces decide what other members may say.
    mutating func read(_ json: [UInt8]) -> TypeFile {
        file.json = json
        guard checkObject(0, known: Self.members) else { return file }
        readHead()
        readFiles()
        readOnRepeat()
        readMatch()
        readValidation()
        readEach()
        readIdentity()
        readTimes()
        readColumns()
        readRules()
        readRegister()
        readDecode()
        if let node = tape.member("description", of: 0) { file.description = string(node) }
        // What each is, the store says, which knows the table.
        if let node = tape.member("rollups", of: 0), tape[node].kind != .array { fail(node, "must be a list of rollups", code: "wrong-type") }
        return file
    }

    /// What the type is called, what documents it is of and where they go.
    private mutating func readHead() {
        if let node = tape.member("name", of: 0) {
            if let name = string(node) {
                file.name = name
                // Bit 0x20 makes capitals of ASCII small.
                let isPlain = name.utf8.allSatisfy { byte in
                    byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z") || byte &- 0x30 < 10 || [0x2D, 0x2E, 0x5F].contains(byte)
                }
                if !isPlain || name.isEmpty || name.utf8.count > 100 {
                    fail(node, "a name is 1 to 100 letters, digits, hyphens, dots and underscores of ASCII")
                }
            }
        } else {
            fail(missing: "name", of: 0)
        }
        if let node = tape.member("version", of: 0) {
            file.version = integer(node, in: 1...Int(Int32.max)) ?? 1
        } else {
            fail(missing: "version", of: 0)
        }
        if let node = tape.member("table", of: 0), let table = string(node) {
            file.table = table
            // `t_accepted` is a view of every table `t`.
            let endings = [["_accepted"], TableKind.reservedSuffixes].flatMap { $0 }
            if !Self.isIdentifier(table) || endings.contains(where: table.hasSuffix) {
                fail(node, "a table's name is a lower-case identifier that does not end in \(endings.joined(separator: " or "))")
            }
        }
        if let node = tape.member("format", of: 0) {
            if let text = string(node) {
                if let format = TypeFile.Format(rawValue: text) {
                    file.format = format
                } else {
                    fail(node, "format is json, xml or csv")
                }
            }
        } else {
            fail(missing: "format", of: 0)
        }
        if let node = tape.member("priority", of: 0) { file.priority = integer(node, in: -1_000_000...1_000_000) ?? 0 }
        if let node = tape.member("delimiter", of: 0), let text = string(node) {
            if file.format != .csv {
                fail(node, "delimiter is of csv types only")
            } else if text.utf8.count == 1, let byte = text.utf8.first, byte != UInt8(ascii: "\""), byte >= 0x20 || byte == 0x09 {
                file.delimiter = byte
            } else {
                fail(node, "a delimiter is one character of ASCII, not a quote")
            }
        }
        if let node = tape.member("extra_columns", of: 0), let text = string(node) {
            if file.format != .csv {
                fail(node, "extra_columns is of csv types only")
            } else if text == "ignore" || text == "refuse" {
                file.ignoresExtraColumns = text == "ignore"
            } else {
                fail(node, "extra_columns is refuse or ignore")
            }
        }
        readNamespaces()
    }

    private mutating func readOnRepeat() {
        guard let node = tape.member("on_repeat", of: 0), let text = string(node) else { return }
        if let kind = TableKind.named(text) {
            file.tableKind = kind
        } else {
            fail(node, "on_repeat is \(TableKind.all.map(\.word).joined(separator: " or "))")
        }
    }

    /// `[a-z_][a-z0-9_]*` of at most `nameByteCountMax` bytes.
    static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= nameByteCountMax, first &- 0x30 >= 10 else { return false }
        return name.utf8.allSatisfy { ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) || $0 &- 0x30 < 10 || $0 == UInt8(ascii: "_") }
    }

    /// A prefix has one namespace or several, of which any will do.
    private mutating func readNamespaces() {
        guard let node = tape.member("namespaces", of: 0) else { return }
        guard file.format == .xml else { return fail(node, "namespaces are of xml types only") }
        guard tape[node].kind == .object else { return fail(node, "must be an object", code: "wrong-type") }
        for child in tape.children(of: node) {
            let prefix = String(decoding: tape.name(of: child), as: UTF8.self)
            var uris: [String] = []
            let nodes = tape[child].kind == .array ? Array(tape.children(of: child)) : [child]
            for uri in nodes { if let text = string(uri) { uris.append(text) } }
            if uris.isEmpty { fail(child, "a prefix needs a namespace") }
            // A namespace is written as a literal of XPath, which has two kinds of quotes and no escapes.
            if uris.contains(where: { $0.contains("'") && $0.contains("\"") || $0.utf8.contains(0) }) {
                fail(child, "a namespace with both kinds of quotes cannot be written in an XPath")
            }
            if prefix.isEmpty || prefix.contains(":") { fail(child, "a prefix is a name without colon") }
            file.namespaces[prefix] = uris
        }
    }

    /// Files that the type file carries: they count before those that lie beside it.
    private mutating func readFiles() {
        guard let node = tape.member("files", of: 0) else { return }
        guard tape[node].kind == .object else { return fail(node, "must be an object of file names and texts", code: "wrong-type") }
        for child in tape.children(of: node) {
            guard let text = string(child) else { continue }
            file.files[String(decoding: tape.name(of: child), as: UTF8.self)] = Array(text.utf8)
        }
    }

    // MARK: Rules and registration

    /// A rule's name is part of its fault; no two rules have the same.
    private mutating func readRules() {
        guard let node = tape.member("rules", of: 0) else { return }
        guard tape[node].kind == .array else { return fail(node, "must be a list of rules", code: "wrong-type") }
        for child in tape.children(of: node) {
            guard checkObject(child, known: ["name", "check", "message"]) else { continue }
            var texts: [String] = []
            for member in ["name", "check"] {
                guard let part = tape.member(member, of: child) else {
                    fail(missing: member, of: child)
                    continue
                }
                if let text = string(part) { texts.append(text) }
            }
            let message = tape.member("message", of: child).flatMap { string($0) }
            guard texts.count == 2 else { continue }
            if file.rules.contains(where: { $0.name == texts[0] }) { fail(child, "the rule \(texts[0]) is there twice") }
            file.rules.append(
                TypeFile.Rule(name: texts[0], check: texts[1], message: message ?? "the rule \(texts[0]) does not hold", pointer: tape.pointer(to: child)))
        }
    }

    /// `[["registrar", …], …]`: a stage begins when all of the one before have accepted.
    private mutating func readRegister() {
        guard let node = tape.member("register", of: 0) else { return }
        guard tape[node].kind == .array else { return fail(node, "must be a list of stages, each a list of registrars", code: "wrong-type") }
        for stage in tape.children(of: node) {
            guard tape[stage].kind == .array, tape[stage].childCount > 0 else {
                fail(stage, "a stage is a list of registrars", code: "wrong-type")
                continue
            }
            var names: [String] = []
            for child in tape.children(of: stage) {
                guard let name = string(child) else { continue }
                if names.contains(name) || file.register.contains(where: { $0.contains(name) }) { fail(child, "the registrar \(name) is there twice") }
                names.append(name)
            }
            file.register.append(names)
        }
    }
}
