import ColumnStore

/// XML made of values. One that is declared as XML stands in it as it is, of all others the marks of XML are escaped. What has a grammar of its own, the parser makes a
/// call of: names are constants there (`Parser+XML.swift`).
///
/// PostgreSQL 15's documentation, section 9.15.1.
extension SQLFunction {
    static let xmlComment = SQLFunction("xmlcomment", summary: "a comment of XML", takes: [.string], runs: .xmlComment)
    static let xmlConcat = SQLFunction("xmlconcat", summary: "texts of XML one behind the other, with one declaration", forms: [[.string], [.string, .string]]) {
        (call, typing) throws(QueryError) in
        guard !call.arguments.isEmpty else { throw .badSQL("xmlconcat takes at least one argument", at: call.position).because(.undefinedFunction) }
        return call.make(.xmlConcat, try call.arguments.map { (value) throws(QueryError) in try typing.implicit(value, to: .string, call.name) }, .string)
    }
    static let xmlElement = SQLFunction(
        "xmlelement", summary: "an element: `xmlelement(NAME a, XMLATTRIBUTES(x AS b), y)`", forms: [[.string]]
    ) { (call, typing) throws(QueryError) in
        // A name, how many names and values of attributes follow, these, and what stands in the element.
        guard call.arguments.count >= 2, case .integer(let count)? = call.arguments[1].expression.literalValue, let attributeCount = Int(exactly: count), attributeCount >= 0,
            attributeCount.isMultiple(of: 2), attributeCount <= call.arguments.count - 2
        else { throw .badSQL("xmlelement takes NAME and an element's name", at: call.position).because(.undefinedFunction) }
        var attributes: [Expression] = [], contents: [Expression] = []
        for place in stride(from: 2, to: 2 + attributeCount, by: 2) {
            let parts = [try typing.text(call.arguments[place]), try text(call.arguments[place + 1], call, typing)]
            attributes.append(call.make(.xmlAttribute, parts, .string))
        }
        for value in call.arguments.dropFirst(2 + attributeCount) { contents.append(try content(value, call, typing)) }
        let all = attributes.isEmpty ? Expression.text("") : call.make(.concatenateAll, attributes, .string)
        return call.make(.xmlElement, [try typing.text(call.arguments[0]), all] + contents, .string)
    }
    static let xmlForest = SQLFunction(
        "xmlforest", summary: "an element of each value that is not NULL: `xmlforest(x AS a, y)`", forms: [[.string, .string]]
    ) { (call, typing) throws(QueryError) in
        guard !call.arguments.isEmpty, call.arguments.count.isMultiple(of: 2) else { throw .badSQL("xmlforest takes values with names", at: call.position).because(.undefinedFunction) }
        var elements: [Expression] = []
        for place in stride(from: 0, to: call.arguments.count, by: 2) {
            elements.append(call.make(.xmlLeaf, [try typing.text(call.arguments[place]), try content(call.arguments[place + 1], call, typing)], .string))
        }
        return call.make(.xmlConcat, elements, .string)
    }
    static let xmlInstruction = SQLFunction(
        "xmlpi", summary: "a processing instruction: `xmlpi(NAME php, 'echo 1;')`", takes: [.string, .string], required: 1, runs: .xmlInstruction)
    static let xmlRoot = SQLFunction(
        "xmlroot", summary: "a text of XML with another declaration: `xmlroot(x, VERSION '1.1', STANDALONE YES)`", takes: [.string, .string, .string], runs: .xmlRoot)

    /// A value's text within an element.
    private static func content(_ value: TypedExpression, _ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression {
        let text = try text(value, call, typing)
        return typing.declaredType(value) == "xml" ? text : call.make(.xmlEscaped, [text], .string)
    }

    /// A value as XML Schema writes it.
    private static func text(_ value: TypedExpression, _ call: FunctionCall, _ typing: any CallTyping) throws(QueryError) -> Expression {
        switch value.type {
        case .binary: return call.make(.encode, [value.expression, .text("base64")], .string)
        case .date, .timestamp(isUTC: false): return call.make(.xmlMoment, [value.expression, .text("UTC")], .string)
        case .timestamp(isUTC: true): return call.make(.xmlMoment, [value.expression, typing.zone], .string)
        case .list, .structure: throw .unsupported("\(call.name) of \(value.type.sqlName) is not supported", at: value.position)
        default: return try typing.text(value)
        }
    }
}

extension ScalarFunction {
    /// A day or a moment, which are ISO's whatever the session's style is, and the zone that it is told in.
    static let xmlMoment = ScalarFunction(
        "xml_moment", nulls: .first, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let valid = call[0].rowValidity, isOfDays = call[0].type == .date
            for (row, value) in (call[0].flattened().integers() ?? []).enumerated() where valid?[row] ?? true {
                // XML Schema has no word for it.
                if isOfDays ? Calendar.isInfinite(day: value) : Calendar.isInfinite(moment: value) { throw .timeOutOfRange }
            }
            return try JSONRows.names(call[0], zone: try call.zone(at: 1), call.meter)
        })

    static let xmlEscaped = ScalarFunction(
        "xml_escaped", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in
                try charge(texts, row, call)
                return XMLText.escaped(texts[row], inAttribute: false)
            }
        })

    /// Of a text that is laid down anew, six times as long at most.
    private static func charge(_ texts: TextRows, _ row: Int, _ call: KernelCall) throws(KernelError) {
        let byteCount = texts.range(at: row).count
        try call.meter.step(6 * byteCount)
        try call.meter.charge(byteCount.multipliedSaturating(by: 6))
    }

    /// Of a name and a value that is not NULL.
    static let xmlAttribute = named("xml_attribute") { name, value in
        var text: [UInt8] = [UInt8(ascii: " ")]
        text += name
        text += "=\"".utf8
        text += XMLText.escaped(value, inAttribute: true)
        text.append(UInt8(ascii: "\""))
        return text
    }
    static let xmlLeaf = named("xml_leaf") { name, value in
        var text: [UInt8] = [UInt8(ascii: "<")]
        text += name
        text.append(UInt8(ascii: ">"))
        text += value
        text += "</".utf8
        text += name
        text.append(UInt8(ascii: ">"))
        return text
    }

    private static func named(_ symbol: String, _ make: @escaping @Sendable ([UInt8], ArraySlice<UInt8>) -> [UInt8]) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .heavy, failure: .never,
            kernel: .plain { (call) throws(KernelError) in
                let names = TextRows(call[0]), values = TextRows(call[1])
                return try call.texts { (row) throws(KernelError) in
                    try charge(names, row, call)
                    try charge(values, row, call)
                    return make(XMLText.name(names[row]), values[row])
                }
            })
    }

    /// A name, the text of its attributes, and what stands in it: NULLs are nothing.
    static let xmlElement = ScalarFunction(
        "xmlelement", nulls: .first, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let names = TextRows(call[0]), parts = xmlParts(Array(call.columns.dropFirst()), count: call.count)
            return try TextKernels.build(count: call.count, validity: call[0].rowValidity, call.meter) { (row, builder) throws(KernelError) in
                try charge(names, row, call)
                let name = XMLText.name(names[row])
                try builder.append(UInt8(ascii: "<"))
                try builder.append(name)
                var isEmpty = true
                for (place, part) in parts.enumerated() where part.validity?[row] ?? true {
                    // The attributes come before the mark that ends the start of the element.
                    if place > 0, isEmpty {
                        try builder.append(UInt8(ascii: ">"))
                        isEmpty = false
                    }
                    try builder.append(part.rows[row])
                }
                try builder.append(Array(isEmpty ? "/>".utf8 : "</".utf8))
                if isEmpty { return }
                try builder.append(name)
                try builder.append(UInt8(ascii: ">"))
            }
        })

    /// NULLs left out; NULL of nothing else.
    static let xmlConcat = ScalarFunction(
        "xmlconcat", nulls: .taken, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let parts = xmlParts(call.columns, count: call.count)
            return try xmlJoined(call) { row in
                parts.compactMap { (part) -> ArraySlice<UInt8>? in part.validity?[row] ?? true ? part.rows[row] : nil }
            }
        })

    /// - Parameter parts: the texts of a row; NULL of none.
    static func xmlJoined(_ call: KernelCall, _ parts: (Int) -> [ArraySlice<UInt8>]) throws(KernelError) -> Column {
        var found = Bitmap(repeating: false, count: call.count)
        var builder = TextBuilder(count: call.count, call.meter)
        for row in 0..<call.count {
            let texts = parts(row)
            if !texts.isEmpty {
                let byteCount = texts.reduce(0) { $0.addingSaturating($1.count) }
                try call.meter.step(byteCount)
                try call.meter.charge(byteCount.addingSaturating(byteCount))
                found[row] = true
                try builder.append(XMLText.joined(texts))
            }
            builder.endText()
        }
        return builder.finish(type: call.type, validity: found.isAllSet ? nil : found)
    }

    /// Texts with where there are none.
    private static func xmlParts(_ columns: [Column], count: Int) -> [(rows: TextRows, validity: Bitmap?)] {
        columns.map { column in
            (rows: TextRows(column.isConstantNull ? .constant(.bytes([]), type: .string, count: count) : column), validity: column.rowValidity)
        }
    }

    static let xmlComment = ScalarFunction(
        "xmlcomment", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0])
            return try call.texts { (row) throws(KernelError) in
                try charge(texts, row, call)
                let text = texts[row], dash = UInt8(ascii: "-")
                guard text.last != dash, !zip(text, text.dropFirst()).contains(where: { $0 == dash && $1 == dash }) else {
                    throw .invalidArgument("a comment of XML has no two dashes in it, and none at its end")
                }
                var comment = Array("<!--".utf8)
                comment += text
                comment += "-->".utf8
                return comment
            }
        })

    /// A name, and what the instruction says.
    static let xmlInstruction = ScalarFunction(
        "xmlpi", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let names = TextRows(call[0]), contents = call.optional(1).map { TextRows($0) }
            return try call.texts { (row) throws(KernelError) in
                try charge(names, row, call)
                let name = XMLText.name(names[row])
                guard name.count != 3 || String(decoding: name, as: UTF8.self).lowercased() != "xml" else {
                    throw .invalidArgument("a processing instruction of XML must not be called xml")
                }
                var instruction = Array("<?".utf8)
                instruction += name
                guard let contents else {
                    instruction += "?>".utf8
                    return instruction
                }
                try charge(contents, row, call)
                let content = contents[row].drop { $0 == UInt8(ascii: " ") }
                guard !zip(content, content.dropFirst()).contains(where: { $0 == UInt8(ascii: "?") && $1 == UInt8(ascii: ">") }) else {
                    throw .invalidArgument("a processing instruction of XML has no ?> in it")
                }
                instruction.append(UInt8(ascii: " "))
                instruction += content
                instruction += "?>".utf8
                return instruction
            }
        })

    /// A text of XML, its version, NULL for none, and `yes`, `no`, `no value` or nothing for what it was.
    static let xmlRoot = ScalarFunction(
        "xmlroot", nulls: .first, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let texts = TextRows(call[0]), others = xmlParts(Array(call.columns.dropFirst()), count: call.count)
            return try TextKernels.build(count: call.count, validity: call[0].rowValidity, call.meter) { (row, builder) throws(KernelError) in
                var declaration = XMLText.Declaration(of: texts[row])
                func said(_ place: Int) -> ArraySlice<UInt8>? { others[place].validity?[row] ?? true ? others[place].rows[row] : nil }
                declaration.version = said(0).map { Array($0) }
                switch said(1).map({ String(word: $0) }) ?? "" {
                case "yes": declaration.isStandalone = true
                case "no": declaration.isStandalone = false
                case "no value": declaration.isStandalone = nil
                default: break
                }
                try builder.append(declaration.written)
                try builder.append(texts[row].dropFirst(declaration.byteCount))
            }
        })
}
