internal import ColumnStore

extension TypeFile {
    /// Reads a type file and collects every reason that it is no good.
    ///
    /// - Parameter files: contents of the files beside it, for `xsd`, where the type file does not carry them in `files`.
    package static func read(_ json: [UInt8], files: [String: [UInt8]] = [:]) throws(TypeFileError) -> TypeFile {
        let outcome: Result<TypeFile, TypeFileError> = json.withUnsafeBytes { bytes in
            let reader = JSONReader()
            do throws(DocumentError) {
                let tape = try reader.tape(of: bytes)
                defer { withExtendedLifetime(reader) {} }
                var fileReader = TypeFileReader(tape: tape, files: files)
                let file = fileReader.read(json)
                return fileReader.reasons.isEmpty ? .success(file) : .failure(TypeFileError(reasons: fileReader.reasons))
            } catch {
                return .failure(TypeFileError(reasons: [.init(pointer: "", code: error.code.rawValue, message: error.detail)]))
            }
        }
        return try outcome.get()
    }
}

/// Walks a type file's tape. Each function reads one member's form and notes what is wrong with it.
struct TypeFileReader {
    let tape: JSONTape
    private(set) var reasons: [Problem.Violation] = []
    private var file = TypeFile()

    static let columnCountMax = 1_000
    static let nameByteCountMax = 63

    init(tape: JSONTape, files: [String: [UInt8]]) {
        self.tape = tape
        file.files = files
    }

    mutating func fail(_ node: Int, _ message: String, code: String = "invalid-value") {
        reasons.append(.init(pointer: tape.pointer(to: node), code: code, message: message))
    }

    private mutating func fail(missing member: String, of node: Int) {
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
            let name = String(decoding: tape.name(of: child), as: UTF8.self)
            if !known.contains(name) { fail(child, "unknown member \(JSONGrammar.shown(Array(name.utf8)))", code: "unknown-member") }
        }
        return true
    }

    // MARK: The file

    private static let members: Set<String> = [
        "name", "version", "table", "format", "description", "match", "priority", "namespaces", "schema", "xsd", "files", "each", "batch",
        "receipt_id", "issued_at", "business_day", "client_id", "callback_url", "time_zone", "accept_from", "accept_to", "columns", "rules",
        "register", "on_repeat", "delimiter",
    ]

    mutating func read(_ json: [UInt8]) -> TypeFile {
        file.json = json
        guard checkObject(0, known: Self.members) else { return file }
        readHead()
        readFiles()
        readMatch()
        readValidation()
        readEach()
        readIdentity()
        readTimes()
        readColumns()
        readRules()
        readRegister()
        if let node = tape.member("on_repeat", of: 0), tape[node].kind != .string || tape.string(of: node) != "refuse" {
            fail(node, "on_repeat is reserved: only \"refuse\" is taken")
        }
        if let node = tape.member("description", of: 0) { _ = string(node) }
        return file
    }

    private mutating func readHead() {
        if let node = tape.member("name", of: 0) {
            if let name = string(node) {
                file.name = name
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
            if !Self.isIdentifier(table) || table.hasSuffix("_accepted") {
                fail(node, "a table's name is a lower-case identifier that does not end in _accepted")
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
        readNamespaces()
    }

    static func isIdentifier(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= nameByteCountMax, first &- 0x30 >= 10 else { return false }
        return name.utf8.allSatisfy { ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) || $0 &- 0x30 < 10 || $0 == UInt8(ascii: "_") }
    }

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
            if uris.contains(where: { $0.contains("'") && $0.contains("\"") || $0.utf8.contains(0) }) {
                fail(child, "a namespace with both kinds of quotes cannot be written in an XPath")
            }
            if prefix.isEmpty || prefix.contains(":") { fail(child, "a prefix is a name without colon") }
            file.namespaces[prefix] = uris
        }
    }

    private mutating func readFiles() {
        guard let node = tape.member("files", of: 0) else { return }
        guard tape[node].kind == .object else { return fail(node, "must be an object of file names and texts", code: "wrong-type") }
        for child in tape.children(of: node) {
            guard let text = string(child) else { continue }
            file.files[String(decoding: tape.name(of: child), as: UTF8.self)] = Array(text.utf8)
        }
    }

    // MARK: Paths

    private mutating func path(_ node: Int) -> TypeFile.Path? {
        guard let text = string(node) else { return nil }
        return TypeFile.Path(text: text, pointer: tape.pointer(to: node))
    }

    /// `path → value | [values] | {"exists": …}`; for XML also `root`.
    private mutating func tests(_ node: Int, isMatch: Bool) -> [TypeFile.Test] {
        guard tape[node].kind == .object else {
            fail(node, "must be an object of paths and the values that they must have", code: "wrong-type")
            return []
        }
        var tests: [TypeFile.Test] = []
        for child in tape.children(of: node) {
            let name = String(decoding: tape.name(of: child), as: UTF8.self)
            if isMatch, name == "root", file.format == .xml {
                readRoots(child)
                continue
            }
            let path = TypeFile.Path(text: name, pointer: tape.pointer(to: child))
            if tape[child].kind == .object {
                guard checkObject(child, known: ["exists"]) else { continue }
                guard let exists = tape.member("exists", of: child) else {
                    fail(missing: "exists", of: child)
                    continue
                }
                tests.append(TypeFile.Test(path: path, condition: .exists(boolean(exists) ?? true)))
            } else {
                let nodes = tape[child].kind == .array ? Array(tape.children(of: child)) : [child]
                if nodes.isEmpty { fail(child, "an empty list of values matches nothing") }
                tests.append(TypeFile.Test(path: path, condition: .anyOf(nodes.compactMap { constant($0) })))
            }
        }
        return tests
    }

    private mutating func constant(_ node: Int) -> TypeFile.Constant? {
        switch tape[node].kind {
        case .string: return .text(tape.text(of: node))
        case .number: return .number(tape.text(of: node))
        case .true: return .boolean(true)
        case .false: return .boolean(false)
        default:
            fail(node, "must be a string, a number, true or false", code: "wrong-type")
            return nil
        }
    }

    private mutating func readRoots(_ node: Int) {
        let nodes = tape[node].kind == .array ? Array(tape.children(of: node)) : [node]
        if nodes.isEmpty { fail(node, "an empty list of roots matches nothing") }
        for node in nodes {
            guard let text = string(node) else { continue }
            var rest = text[...]
            var namespace = ""
            if rest.hasPrefix("{") {
                guard let end = rest.firstIndex(of: "}") else {
                    fail(node, "a root is {namespace}name")
                    continue
                }
                namespace = String(rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
            }
            if rest.isEmpty || rest.contains("{") || rest.contains(":") { fail(node, "a root is {namespace}name") }
            file.roots.append((namespace, String(rest)))
        }
    }

    private mutating func readMatch() {
        guard let node = tape.member("match", of: 0) else { return }
        file.hasMatch = true
        file.match = tests(node, isMatch: true)
    }

    private mutating func readValidation() {
        if let node = tape.member("schema", of: 0) {
            if file.format != .json {
                fail(node, file.format == .xml ? "schema is JSON Schema: an xml type has xsd" : "a csv type has no schema")
            } else if ![.object, .true, .false].contains(tape[node].kind) {
                fail(node, "a JSON Schema is an object, true or false", code: "wrong-type")
            } else {
                let range = tape.range(of: node)
                file.schema = range.lowerBound + tape.textOffset..<range.upperBound + tape.textOffset
            }
        }
        guard let node = tape.member("xsd", of: 0) else { return }
        guard file.format == .xml else { return fail(node, "xsd is of xml types only") }
        if tape[node].kind == .object {
            guard checkObject(node, known: ["file", "at"]) else { return }
            guard let name = tape.member("file", of: node) else { return fail(missing: "file", of: node) }
            guard let text = string(name) else { return }
            file.xsd = TypeFile.XSDReference(file: text, at: tape.member("at", of: node).flatMap { path($0) }, pointer: tape.pointer(to: name))
        } else if let text = string(node) {
            file.xsd = TypeFile.XSDReference(file: text, at: nil, pointer: tape.pointer(to: node))
        }
    }

    private mutating func readEach() {
        var countsEach = false
        if let node = tape.member("batch", of: 0), let text = string(node) {
            if text == "each" { countsEach = true } else if text != "all" { fail(node, "batch is \"each\" or \"all\"") }
            if tape.member("each", of: 0) == nil { fail(node, "batch needs each") }
        }
        guard let node = tape.member("each", of: 0) else { return }
        if file.format == .csv { fail(node, "a csv type's records are its receipts: it has no each") }
        if tape[node].kind == .object {
            guard checkObject(node, known: ["path", "where"]) else { return }
            guard let pathNode = tape.member("path", of: node) else { return fail(missing: "path", of: node) }
            guard let path = path(pathNode) else { return }
            let filters = tape.member("where", of: node).map { tests($0, isMatch: false) } ?? []
            file.each = TypeFile.Each(path: path, tests: filters, countsEach: countsEach)
        } else if let path = path(node) {
            file.each = TypeFile.Each(path: path, tests: [], countsEach: countsEach)
        }
    }

    // MARK: Identity and time

    private mutating func readIdentity() {
        func member(_ name: String) -> Int? { tape.member(name, of: 0).flatMap { isNull($0) ? nil : $0 } }
        if let node = member("receipt_id") { file.receiptID = alternatives(node, isTime: false) } else { fail(missing: "receipt_id", of: 0) }
        if let node = member("issued_at") { file.issuedAt = alternatives(node, isTime: true) } else { fail(missing: "issued_at", of: 0) }
        if let node = member("business_day") { file.businessDay = alternatives(node, isTime: true) }
        if let node = member("client_id") { file.clientID = alternatives(node, isTime: false) }
        if let node = member("callback_url") { file.callbackURL = alternatives(node, isTime: false) }
    }

    /// A path, a list of parts, an object of one part, or `{"from": [any of these]}`.
    private mutating func alternatives(_ node: Int, isTime: Bool) -> [TypeFile.Parts] {
        if tape[node].kind == .object, let from = tape.member("from", of: node) {
            guard checkObject(node, known: ["from", "optional"]) else { return [] }
            guard tape[from].kind == .array, tape[from].childCount > 0 else {
                fail(from, "from is a list of ways to it", code: "wrong-type")
                return []
            }
            return tape.children(of: from).flatMap { alternatives($0, isTime: isTime) }
        }
        if tape[node].kind == .array {
            let parts = tape.children(of: node).compactMap { part($0, isTime: isTime) }
            if parts.isEmpty { fail(node, "an empty list of parts") }
            if isTime, parts.count > 2 { fail(node, "a time has a date and a time of day, no third part") }
            if parts.allSatisfy(\.isOptional), !isTime || parts.count > 1 { fail(node, "one part at least must not be optional") }
            return [TypeFile.Parts(parts: parts)]
        }
        return part(node, isTime: isTime).map { [TypeFile.Parts(parts: [$0])] } ?? []
    }

    private mutating func part(_ node: Int, isTime: Bool) -> TypeFile.Part? {
        let pointer = tape.pointer(to: node)
        if tape[node].kind == .string {
            return path(node).map { TypeFile.Part(lookup: [TypeFile.Lookup(path: $0)], pointer: pointer) }
        }
        guard checkObject(node, known: isTime ? ["path", "from_root", "where", "value", "optional", "format"] : ["path", "from_root", "where", "value", "optional"])
        else { return nil }
        guard let lookup = lookup(node) else { return nil }
        var part = TypeFile.Part(lookup: [lookup], pointer: pointer)
        if let optional = tape.member("optional", of: node) { part.isOptional = boolean(optional) ?? false }
        if let format = tape.member("format", of: node) { part.format = timeFormat(format) }
        return part
    }

    private mutating func timeFormat(_ node: Int) -> TimeFormat? {
        guard let text = string(node) else { return nil }
        do {
            return try TimeFormat(text)
        } catch {
            fail(node, error.message)
            return nil
        }
    }

    /// `path`, `from_root`, `where` and `value` of an object.
    private mutating func lookup(_ node: Int) -> TypeFile.Lookup? {
        guard let pathNode = tape.member("path", of: node) else {
            fail(missing: "path", of: node)
            return nil
        }
        guard var path = path(pathNode) else { return nil }
        if let fromRoot = tape.member("from_root", of: node) { path.isFromRoot = boolean(fromRoot) ?? false }
        var lookup = TypeFile.Lookup(path: path)
        if let filter = tape.member("where", of: node) { lookup.tests = tests(filter, isMatch: false) }
        if let value = tape.member("value", of: node) { lookup.value = self.path(value) }
        return lookup
    }

    private mutating func readTimes() {
        if let node = tape.member("time_zone", of: 0), !isNull(node) { readZone(node) }
        if let node = tape.member("accept_from", of: 0) { file.acceptFrom = isNull(node) ? Int64.min : instant(node) }
        if let node = tape.member("accept_to", of: 0) { file.acceptTo = isNull(node) ? Int64.max : instant(node) }
    }

    private mutating func readZone(_ node: Int) {
        if tape[node].kind == .string {
            file.timeZone = TypeFile.Zone(fixed: zoneName(node))
            return
        }
        guard checkObject(node, known: ["path", "from_root", "map", "default"]) else { return }
        var zone = TypeFile.Zone()
        guard let pathNode = tape.member("path", of: node) else { return fail(missing: "path", of: node) }
        zone.path = path(pathNode)
        if let fromRoot = tape.member("from_root", of: node) { zone.path?.isFromRoot = boolean(fromRoot) ?? false }
        if let map = tape.member("map", of: node) {
            if tape[map].kind == .object {
                zone.map = tape.children(of: map).compactMap { child in zoneName(child).map { (tape.name(of: child), $0) } }
            } else {
                fail(map, "must be an object of values and zones", code: "wrong-type")
            }
        }
        if let fallback = tape.member("default", of: node) { zone.fallback = zoneName(fallback) }
        file.timeZone = zone
    }

    private mutating func zoneName(_ node: Int) -> String? {
        guard let name = string(node) else { return nil }
        if ZoneRules.named(name) == nil { fail(node, "no such time zone; names are as Europe/Kyiv") }
        return name
    }

    /// A date (its midnight UTC) or an instant with offset.
    private mutating func instant(_ node: Int) -> Int64? {
        guard let text = string(node) else { return nil }
        let parts = Array(text.utf8).withUnsafeBufferPointer { TimeText.iso($0.baseAddress ?? ScalarText.noBytes, $0.count) }
        guard let parts, let day = parts.day, parts.timeOfDay == nil || parts.offset != nil else {
            fail(node, "must be a date or a time with offset")
            return nil
        }
        return Int64(day) * CivilDate.microsecondsPerDay + (parts.timeOfDay ?? 0) - Int64(parts.offset ?? 0) * 1_000_000
    }

    // MARK: Columns

    private mutating func readColumns() {
        guard let node = tape.member("columns", of: 0) else { return }
        file.columns = columns(node, isInList: false)
    }

    private mutating func columns(_ node: Int, isInList: Bool) -> [TypeFile.ColumnSpecification] {
        guard tape[node].kind == .object else {
            fail(node, "must be an object of columns", code: "wrong-type")
            return []
        }
        if Int(tape[node].childCount) > Self.columnCountMax { fail(node, "more than \(Self.columnCountMax) columns") }
        return tape.children(of: node).compactMap { column($0, isInList: isInList) }
    }

    private static let scalarMembers: Set<String> = [
        "path", "from", "from_root", "type", "required", "default", "where", "value", "sum", "scale", "decimal_mark", "suffix", "format", "bloom",
        "stored", "expression", "description",
    ]
    private static let listMembers: Set<String> = ["path", "from", "from_root", "where", "columns", "required", "stored", "description"]

    private mutating func column(_ node: Int, isInList: Bool) -> TypeFile.ColumnSpecification? {
        let name = String(decoding: tape.name(of: node), as: UTF8.self)
        if !Self.isIdentifier(name) { fail(node, "a column's name is a lower-case identifier of at most \(Self.nameByteCountMax) characters") }
        if !isInList, TypeFile.commonColumnNames.contains(name) { fail(node, "every table has a column \(name) already") }
        guard tape[node].kind == .object else {
            fail(node, "must be an object", code: "wrong-type")
            return nil
        }
        var column = TypeFile.ColumnSpecification(name: name, pointer: tape.pointer(to: node))
        if tape.member("columns", of: node) != nil {
            guard !isInList else {
                fail(node, "a list within a list: one level is all there is")
                return nil
            }
            return list(node, &column)
        }
        guard checkObject(node, known: Self.scalarMembers) else { return nil }
        if let type = tape.member("type", of: node) {
            column.type = columnType(type)
        } else {
            fail(missing: "type", of: node)
        }
        if column.type == nil { column.type = .string }
        readSource(node, &column)
        readOptions(node, &column)
        return column
    }

    private mutating func list(_ node: Int, _ column: inout TypeFile.ColumnSpecification) -> TypeFile.ColumnSpecification? {
        guard checkObject(node, known: Self.listMembers), let columnsNode = tape.member("columns", of: node) else { return nil }
        column.members = columns(columnsNode, isInList: true)
        if column.members.isEmpty { fail(columnsNode, "a list needs columns") }
        if file.format == .csv { fail(node, "a csv record has no lists") }
        column.lookups = lookups(node)
        if let filter = tape.member("where", of: node) {
            let added = tests(filter, isMatch: false)
            for index in column.lookups.indices { column.lookups[index].tests += added }
        }
        if column.lookups.isEmpty { fail(missing: "path", of: node) }
        readFlags(node, &column)
        return column
    }

    /// `path`, or each of `from`, without `where` and `value`.
    private mutating func lookups(_ node: Int) -> [TypeFile.Lookup] {
        let isFromRoot = tape.member("from_root", of: node).flatMap { boolean($0) } ?? false
        func rooted(_ path: TypeFile.Path?) -> TypeFile.Lookup? {
            path.map { TypeFile.Lookup(path: TypeFile.Path(text: $0.text, isFromRoot: isFromRoot, pointer: $0.pointer)) }
        }
        var lookups: [TypeFile.Lookup] = []
        if let pathNode = tape.member("path", of: node), let lookup = rooted(path(pathNode)) { lookups.append(lookup) }
        guard let from = tape.member("from", of: node) else { return lookups }
        guard tape[from].kind == .array, tape[from].childCount > 0 else {
            fail(from, "from is a list of paths", code: "wrong-type")
            return lookups
        }
        if tape.member("path", of: node) != nil { fail(from, "either path or from") }
        for child in tape.children(of: from) {
            if tape[child].kind == .object {
                if checkObject(child, known: ["path", "from_root", "where", "value"]), let lookup = lookup(child) { lookups.append(lookup) }
            } else if let lookup = rooted(path(child)) {
                lookups.append(lookup)
            }
        }
        return lookups
    }

    private mutating func readSource(_ node: Int, _ column: inout TypeFile.ColumnSpecification) {
        if let expression = tape.member("expression", of: node) {
            column.expression = string(expression)
            for other in ["path", "from", "sum", "where", "value", "scale", "decimal_mark", "suffix", "format"] {
                if let extra = tape.member(other, of: node) { fail(extra, "an expression has no \(other)") }
            }
            return
        }
        var lookups = lookups(node)
        let added = tape.member("where", of: node).map { tests($0, isMatch: false) } ?? []
        if let sum = tape.member("sum", of: node) {
            if let value = tape.member("value", of: node) { fail(value, "sum is the value") }
            if let path = path(sum) {
                if lookups.isEmpty {
                    let isFromRoot = tape.member("from_root", of: node).flatMap { boolean($0) } ?? false
                    lookups = [TypeFile.Lookup(path: TypeFile.Path(text: path.text, isFromRoot: isFromRoot, pointer: path.pointer), isSum: true)]
                } else {
                    for index in lookups.indices {
                        lookups[index].isSum = true
                        lookups[index].value = path
                    }
                }
            }
            switch column.type {
            case .decimal, .int32, .int64, .double: break
            default: fail(sum, "a sum is a number: INTEGER, BIGINT, DECIMAL or DOUBLE")
            }
        }
        let value = tape.member("value", of: node).flatMap { path($0) }
        for index in lookups.indices {
            lookups[index].tests += added
            if let value { lookups[index].value = value }
        }
        if lookups.isEmpty, tape.member("default", of: node) == nil || tape.member("path", of: node) != nil {
            if tape.member("path", of: node) == nil, tape.member("from", of: node) == nil, tape.member("sum", of: node) == nil { fail(missing: "path", of: node) }
        }
        column.lookups = lookups
    }

    private mutating func readOptions(_ node: Int, _ column: inout TypeFile.ColumnSpecification) {
        readFlags(node, &column)
        if let bloom = tape.member("bloom", of: node) { column.hasBloom = boolean(bloom) ?? false }
        if let fallback = tape.member("default", of: node), !isNull(fallback) { column.fallback = constant(fallback) }
        let isNumber: Bool
        switch column.type {
        case .decimal, .int32, .int64, .double: isNumber = true
        default: isNumber = false
        }
        if let scale = tape.member("scale", of: node) {
            column.shift = integer(scale, in: -38...38) ?? 0
            if !isNumber { fail(scale, "scale is of numbers only") }
        }
        if let mark = tape.member("decimal_mark", of: node), let text = string(mark) {
            if text == "," || text == "." { column.mark = text.utf8.first ?? column.mark } else { fail(mark, "decimal_mark is \",\" or \".\"") }
            if !isNumber { fail(mark, "decimal_mark is of numbers only") }
        }
        if let suffix = tape.member("suffix", of: node), let text = string(suffix) { column.suffix = Array(text.utf8) }
        if let format = tape.member("format", of: node) {
            column.format = timeFormat(format)
            if column.type != .date, column.type != .timestampTZ { fail(format, "format is of DATE and TIMESTAMPTZ only") }
        }
    }

    private mutating func readFlags(_ node: Int, _ column: inout TypeFile.ColumnSpecification) {
        if let required = tape.member("required", of: node) { column.isRequired = boolean(required) ?? false }
        if let stored = tape.member("stored", of: node) { column.isStored = boolean(stored) ?? true }
        if let description = tape.member("description", of: node) { _ = string(description) }
    }

    private mutating func columnType(_ node: Int) -> ColumnType? {
        guard let text = string(node) else { return nil }
        if let type = Self.columnType(text) { return type }
        fail(node, "a type is BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL(p,s) with 1 ≤ p ≤ 38 and 0 ≤ s ≤ p, VARCHAR, DATE, TIMESTAMPTZ or BLOB")
        return nil
    }

    static func columnType(_ text: String) -> ColumnType? {
        let name = text.uppercased()
        switch name {
        case "BOOLEAN": return .boolean
        case "INTEGER": return .int32
        case "BIGINT": return .int64
        case "DOUBLE": return .double
        case "VARCHAR": return .string
        case "DATE": return .date
        case "TIMESTAMPTZ": return .timestampTZ
        case "BLOB": return .binary
        default: break
        }
        guard name.hasPrefix("DECIMAL("), name.hasSuffix(")") else { return nil }
        let digits = name.dropFirst(8).dropLast().split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
        guard digits.count == 2, let precision = Int(digits[0]), let scale = Int(digits[1]), 1...38 ~= precision, 0...precision ~= scale else {
            return nil
        }
        return .decimal(precision: precision, scale: scale)
    }

    // MARK: Rules and registration

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
