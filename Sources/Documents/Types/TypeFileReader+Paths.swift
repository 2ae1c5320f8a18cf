/// Paths and the tests on them: recognition, envelopes, schemas.
extension TypeFileReader {
    /// As it is written: whether it is a path of the type's format, its compiler says.
    mutating func path(_ node: Int) -> TypeFile.Path? {
        guard let text = string(node) else { return nil }
        return TypeFile.Path(text: text, pointer: tape.pointer(to: node))
    }

    /// `path → value | [values] | {"exists": …}`; for XML also `root`.
    mutating func tests(_ node: Int, isMatch: Bool) -> [TypeFile.Test] {
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
            // The member's name is the path; what it must find is its value.
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

    /// `where` asks what a path selects. Where that is the value itself, nothing is below it in JSON, and no test of a path there ever holds.
    mutating func noteIdleTests(of lookups: [TypeFile.Lookup]) {
        guard file.format == .json else { return }
        for test in lookups.filter({ $0.value == nil }).flatMap(\.tests) where !test.path.text.isEmpty {
            if case .exists(false) = test.condition { continue }
            // A column's tests are those of each of its paths.
            if file.idleMembers.contains(where: { $0.pointer == test.path.pointer }) { continue }
            file.idleMembers.append(
                .init(
                    pointer: test.path.pointer, code: "invalid-value",
                    message: "where asks what the path selects, and that is the value here, which has nothing below it: let path lead to what holds both, and value (or sum) from there to the value"))
        }
    }

    /// A value to compare with. Numbers keep their text: later they are compared by value, so that 1 equals 1.0.
    mutating func constant(_ node: Int) -> TypeFile.Constant? {
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

    /// `{namespace}name`, or several; without braces of no namespace.
    private mutating func readRoots(_ node: Int) {
        let nodes = tape[node].kind == .array ? Array(tape.children(of: node)) : [node]
        if nodes.isEmpty { fail(node, "an empty list of roots matches nothing") }
        for node in nodes {
            guard let text = string(node) else { continue }
            // {urn:x}order: the namespace up to the first closing brace, then the name; a colon would be a prefix, which means nothing without the document.
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

    /// `match`: {} matches every document of the format, and no `match` none.
    mutating func readMatch() {
        guard let node = tape.member("match", of: 0) else { return }
        file.hasMatch = true
        file.match = tests(node, isMatch: true)
    }

    /// `schema`, which is kept as a place in the file, and `xsd`, as the name of a file beside it.
    mutating func readValidation() {
        if let node = tape.member("schema", of: 0) {
            if file.format != .json {
                fail(node, file.format == .xml ? "schema is JSON Schema: an xml type has xsd" : "a csv type has no schema")
            } else if ![.object, .true, .false].contains(tape[node].kind) {
                fail(node, "a JSON Schema is an object, true or false", code: "wrong-type")
            } else {
                // Counted from the start of the file: the tape counts from behind its byte order mark.
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

    /// `each`, which makes a document an envelope of receipts, and `batch`, whether they count as a whole.
    mutating func readEach() {
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
}
