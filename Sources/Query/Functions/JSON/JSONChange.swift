import ColumnStore

/// Documents made of others: `||`, `-`, `#-`, jsonb_set and jsonb_insert.
/// PostgreSQL 15's documentation, section 9.16.1.
extension SQLFunction {
    static let jsonbSet = atPath("jsonb_set", summary: "a document with the part at a path replaced, or made where there is none", .jsonSet)
    static let jsonbInsert = atPath("jsonb_insert", summary: "a document with one more member or element", .jsonInsert)

    /// jsonb_set where a NULL means what the last argument says: JSON's null, nothing changed, the key deleted, or an error.
    static let jsonbSetLax = SQLFunction(
        "jsonb_set_lax", summary: "as `jsonb_set`, where a NULL means `use_json_null`, `delete_key`, `return_target` or `raise_exception`",
        forms: [[.jsonb, .listOf(.string), .jsonb], [.jsonb, .listOf(.string), .jsonb, .boolean], [.jsonb, .listOf(.string), .jsonb, .boolean, .string]]
    ) { (call, typing) throws(QueryError) in
        try call.count(3...5)
        let document = try call.document(0, typing, as: .jsonb), path = try call.textList(1, typing), new = try call.document(2, typing, as: .jsonb)
        let creates = call.arguments.count > 3 ? try typing.implicit(call.arguments[3], to: .boolean, call.name) : .literal(.boolean(true), .boolean)
        let treatment = call.arguments.count > 4 ? try typing.implicit(call.arguments[4], to: .string, call.name) : .text("use_json_null")
        return call.make(.jsonSetLax, [document, path, new, creates, treatment], .jsonb)
    }

    /// Document, path, the new part, and whether it is made where there is none, or put behind.
    private static func atPath(_ name: String, summary: String, _ function: ScalarFunction) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[.jsonb, .listOf(.string), .jsonb]]) { (call, typing) throws(QueryError) in
            try call.count(3...4)
            var arguments = [try call.document(0, typing, as: .jsonb), try call.textList(1, typing), try call.document(2, typing, as: .jsonb)]
            if call.arguments.count == 4 { arguments.append(try typing.implicit(call.arguments[3], to: .boolean, call.name)) }
            return call.make(function, arguments, .jsonb)
        }
    }
}

extension FunctionCall {
    /// A list of texts, written out or in PostgreSQL's text of one.
    func textList(_ index: Int, _ typing: any CallTyping) throws(QueryError) -> Expression {
        let value = arguments[index]
        if value.isUntyped, case .literal(.bytes(let bytes), _) = value.expression, ParameterTypes.number(bytes) == nil {
            guard let items = ArrayText.elements(bytes) else { throw ArrayText.fault(of: bytes, at: value.position) }
            return .literal(.list(items.map { $0.map { .string($0) } ?? .null }), .listOf(.string))
        }
        return try typing.implicit(value, to: .listOf(.string), name)
    }
}

/// Documents are read as trees, changed, and written anew in JSONB's form.
extension ScalarFunction {
    static let jsonConcat = changing("|| document") { (value, change) throws(KernelError) in
        joined(value, try change.document(1))
    }
    static let jsonWithoutMember = changing("- member") { (value, change) throws(KernelError) in
        try without([Array(change.keys.name(change.row))], value, change.meter)
    }
    static let jsonWithoutMembers = changing("- members") { (value, change) throws(KernelError) in
        try without(Set(change.keys.list(change.row).compactMap { $0 }), value, change.meter)
    }
    static let jsonWithoutElement = changing("- element") { (value, change) throws(KernelError) in
        guard case .array(var elements) = value else { throw .invalidArgument("an element can be taken out of an array only") }
        if let place = index(change.keys.number(change.row), elements.count) { elements.remove(at: place) }
        return .array(elements)
    }
    static let jsonWithoutPath = changing("#-") { (value, change) throws(KernelError) in
        let value = try nested(value)
        return isEmpty(value) ? value : try changed(value, try change.path()[...], to: nil, creates: false)
    }
    static let jsonSet = changing("jsonb_set") { (value, change) throws(KernelError) in
        let value = try nested(value), creates = change.flag?[change.row] ?? true
        return isEmpty(value) && !creates ? value : try changed(value, try change.path()[...], to: try change.document(2), creates: creates)
    }
    static let jsonInsert = changing("jsonb_insert") { (value, change) throws(KernelError) in
        try inserted(
            try change.document(2), isBehind: change.flag?[change.row] ?? false, into: try nested(value), try change.path()[...])
    }

    static let jsonSetLax = ScalarFunction(
        "jsonb_set_lax", nulls: .taken, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            var place = Change(call)
            let validity = call.columns.map { column in column.isConstantNull ? Bitmap(repeating: false, count: call.count) : column.rowValidity }
            let treatments = TextRows(call[4])
            var known = Bitmap(repeating: true, count: call.count)
            // A NULL in these makes the row NULL; the new value and what its NULL means are looked at below.
            for row in 0..<call.count where [0, 1, 3].contains(where: { !(validity[$0]?[row] ?? true) }) { known[row] = false }
            return try TextKernels.build(count: call.count, validity: known, type: .jsonb, call.meter) { (row, builder) throws(KernelError) in
                guard validity[4]?[row] ?? true, let treatment = NullTreatment(rawValue: String(word: treatments[row])) else {
                    throw .invalidArgument("jsonb_set_lax takes raise_exception, use_json_null, delete_key or return_target for what NULL means")
                }
                place.row = row
                let isThere = validity[2]?[row] ?? true
                let mark = call.meter.mark
                var value = try place.document(0)
                switch treatment {
                // A value that is there counts, whatever NULL would mean.
                case _ where isThere: value = try changed(try nested(value), try place.path()[...], to: try place.document(2), creates: place.flag?[row] ?? true)
                case .asNull: value = try changed(try nested(value), try place.path()[...], to: .null, creates: place.flag?[row] ?? true)
                case .deletes: value = try changed(try nested(value), try place.path()[...], to: nil, creates: false)
                case .returns: break
                case .fails: throw .outside(.nullName, "the new value of jsonb_set_lax is NULL")
                }
                var text: [UInt8] = []
                try JSONDocument.append(value, to: &text)
                call.meter.settle(since: mark)
                try builder.append(text)
            }
        })

    /// Raw values are the words of the last argument.
    private enum NullTreatment: String { case asNull = "use_json_null", deletes = "delete_key", returns = "return_target", fails = "raise_exception" }

    /// - Throws: for a value that is neither object nor array.
    private static func nested(_ value: JSONValue) throws(KernelError) -> JSONValue {
        guard value.array != nil || value.members != nil else { throw .invalidArgument("a bare value has no paths") }
        return value
    }

    /// Nothing is at any path, whatever the path is made of: nobody looks at it.
    private static func isEmpty(_ value: JSONValue) -> Bool { value.array?.isEmpty ?? value.members?.isEmpty ?? false }

    /// What a change may look at besides the document: the other arguments, in one row.
    private struct Change {
        let keys: JSONKeys
        let documents: [TextRows?]
        /// Whether jsonb_set makes what is not there, and jsonb_insert puts the new one behind.
        let flag: Bitmap?
        let meter: WorkMeter
        var row = 0

        init(_ call: KernelCall) {
            keys = JSONKeys(call[1])
            documents = call.columns.map { $0.type.isJSON ? TextRows($0) : nil }
            flag = call.optional(3)?.bitmap()
            meter = call.meter
        }

        /// - Throws: `.outside(.nullName)` for a step that is NULL.
        func path() throws(KernelError) -> [[UInt8]?] {
            let path = keys.list(row)
            if let place = path.firstIndex(of: nil) { throw .outside(.nullName, "the element \(place + 1) of the path is NULL") }
            return path
        }

        /// An argument's document as a tree.
        func document(_ index: Int) throws(KernelError) -> JSONValue {
            guard let texts = documents[index] else { return .null }
            return try JSONDocument.tree(texts[row], meter)
        }
    }

    /// A kernel that makes another tree of each row's document.
    private static func changing(
        _ symbol: String, _ change: @escaping @Sendable (JSONValue, Change) throws(KernelError) -> JSONValue
    ) -> ScalarFunction {
        ScalarFunction(
            symbol, .infix, nulls: .strict, cost: .heavy, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                var place = Change(call)
                return try call.texts { (row) throws(KernelError) in
                    var text: [UInt8] = []
                    place.row = row
                    // The trees of a row are gone before the next one's.
                    let mark = call.meter.mark
                    try JSONDocument.append(try change(try place.document(0), place), to: &text)
                    call.meter.settle(since: mark)
                    return text
                }
            })
    }

    /// Of two objects the members of both; of others the elements of both, what is no array being one of itself.
    ///
    /// Of one name the later member counts once the document is written.
    private static func joined(_ left: JSONValue, _ right: JSONValue) -> JSONValue {
        if case .object(let first) = left, case .object(let second) = right { return .object(first + second) }
        return .array((left.array ?? [left]) + (right.array ?? [right]))
    }

    /// Members of these names left out, or elements of an array that are such texts.
    private static func without(_ names: Set<[UInt8]>, _ value: JSONValue, _ meter: WorkMeter) throws(KernelError) -> JSONValue {
        for name in names { try meter.step(name.count) }
        func isNamed(_ text: String) -> Bool { names.contains(Array(text.utf8)) }
        switch value {
        case .object(let members): return .object(members.filter { !isNamed($0.name) })
        case .array(let elements): return .array(elements.filter { $0.text.map { !isNamed($0) } ?? true })
        default: throw .invalidArgument("nothing can be taken out of a bare value")
        }
    }

    /// Counted from the end where the number is negative; nil out of bounds.
    private static func index(_ number: Int64, _ count: Int) -> Int? {
        let place = number < 0 ? number.addingReportingOverflow(Int64(count)).partialValue : number
        return place >= 0 && place < Int64(count) ? Int(place) : nil
    }

    /// As `elementNumber`, where a step that names no element is a fault.
    private static func checkedElementNumber(_ step: [UInt8]) throws(KernelError) -> Int64 {
        guard let number = elementNumber(step) else {
            throw .outside(.invalidText, "a path names an element of an array by its number, of 32 bits at most")
        }
        return number
    }

    /// The value with a new member, or a new element before or behind the one that `path` leads to.
    ///
    /// - Throws: `.invalidArgument` where a member of that name is there.
    private static func inserted(_ new: JSONValue, isBehind: Bool, into value: JSONValue, _ path: ArraySlice<[UInt8]?>) throws(KernelError) -> JSONValue {
        guard let first = path.first, let step = first else { return value }
        let rest = path.dropFirst()
        let name = String(decoding: step, as: UTF8.self)
        switch value {
        case .object(var members):
            let place = members.lastIndex { $0.name.utf8.elementsEqual(step) }
            if rest.isEmpty {
                guard place == nil else { throw .invalidArgument("a member of that name is there already") }
                members.append(.init(name, new))
            } else if let place {
                members[place] = .init(name, try inserted(new, isBehind: isBehind, into: members[place].value, rest))
            }
            return .object(members)
        case .array(var elements):
            let number = try checkedElementNumber(step)
            let place = index(number, elements.count)
            if rest.isEmpty {
                elements.insert(new, at: place.map { $0 + (isBehind ? 1 : 0) } ?? (number < 0 ? 0 : elements.count))
            } else if let place {
                elements[place] = try inserted(new, isBehind: isBehind, into: elements[place], rest)
            }
            return .array(elements)
        default: return value
        }
    }

    /// The value with what `path` leads to replaced, or taken away where `new` is nil.
    ///
    /// Nothing changes where the path leads nowhere, or where its end is not there and `creates` is false. An element out of bounds is added at the
    /// nearer end.
    private static func changed(_ value: JSONValue, _ path: ArraySlice<[UInt8]?>, to new: JSONValue?, creates: Bool) throws(KernelError) -> JSONValue {
        guard let first = path.first, let step = first else { return value }
        let rest = path.dropFirst()
        let name = String(decoding: step, as: UTF8.self)
        switch value {
        case .object(var members):
            guard let place = members.lastIndex(where: { $0.name.utf8.elementsEqual(step) }) else {
                if creates, rest.isEmpty, let new { members.append(.init(name, new)) }
                return .object(members)
            }
            if !rest.isEmpty {
                members[place] = .init(name, try changed(members[place].value, rest, to: new, creates: creates))
            } else if let new {
                members[place] = .init(name, new)
            } else {
                members.remove(at: place)
            }
            return .object(members)
        case .array(var elements):
            let number = try checkedElementNumber(step)
            guard let place = index(number, elements.count) else {
                if creates, rest.isEmpty, let new { elements.insert(new, at: number < 0 ? 0 : elements.count) }
                return .array(elements)
            }
            if !rest.isEmpty {
                elements[place] = try changed(elements[place], rest, to: new, creates: creates)
            } else if let new {
                elements[place] = new
            } else {
                elements.remove(at: place)
            }
            return .array(elements)
        default: return value
        }
    }
}
