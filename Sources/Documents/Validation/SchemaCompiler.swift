internal import ColumnStore
internal import Query

/// Compiles a schema document, and whatever its references reach, into `SchemaNode`s.
///
/// Recursive by schema: a node is numbered before its keywords are read, so that references that lead back to it find its number. Steps:
/// 1. The documents are walked for ids, anchors and vocabularies (`SchemaLibrary`).
/// 2. The root document is held against the metaschema, if it follows the standard one, and so is each of the type's files when a reference first leads to it.
/// 3. The root and what it reaches become nodes; then the dynamic anchors of all resources, as no reference need lead to those by name.
/// 4. Circles of schemas that apply themselves to the same value are refused.
struct SchemaCompiler {
    /// The schema `true`, and what stands for a schema that could not be compiled.
    static let trueIndex = 0
    /// The schema `false`: a validator has shorter words where a keyword holds it.
    static let falseIndex = 1
    /// Of all documents together.
    static let nodeCountMax = 100_000
    /// References that lead to references: each takes stack, here and in the validator.
    private static let depthMax = 500

    private let assertsFormat: Bool
    private var library: SchemaLibrary
    private(set) var nodes: [SchemaNode] = []
    private(set) var dynamicAnchors: [[String: Int]] = []
    /// Numbers of the schemas that are compiled or being compiled, by where they stand.
    private var compiled: [SchemaLibrary.Location: Int] = [:]
    /// All of them are reported at once, not only the first.
    private var reasons: [Fault.Violation] = []
    /// Places that the metaschema has found fault with, by document: nothing more is said of them, nor of what is in them.
    private var told: [Int: [String]] = [:]
    /// Those that the compiler itself has met.
    private var failureCount = 0
    /// Not while the metaschema itself is compiled.
    private var checksForm = true
    /// Whether what is not the root is held against the metaschema, too.
    private let checksFiles: Bool
    private let fileByteCount: Int
    /// For all that is held against the metaschema together: places that references lead to may stand within each other.
    private var formWork = WorkBudget.bounded(byteCount: 0)
    private var depth = 0

    init(files: [String: [UInt8]], assertsFormat: Bool, checksFiles: Bool = true) {
        self.checksFiles = checksFiles
        fileByteCount = files.values.reduce(0) { $0.addingSaturating($1.count) }
        self.assertsFormat = assertsFormat
        library = SchemaLibrary(files: files)
        // Nodes 0 and 1 are `true` and `false`.
        for verdict in [true, false] {
            let node = SchemaNode()
            node.verdict = verdict
            nodes.append(node)
        }
    }

    /// - Parameters:
    ///   - json: the root document.
    ///   - isMetaschema: it is not held against the metaschema, which is what is being compiled.
    /// - Returns: the root's number.
    /// - Throws: all reasons why it cannot be used.
    mutating func compile(_ json: [UInt8], isMetaschema: Bool = false) throws(TypeFileError) -> Int {
        let location: SchemaLibrary.Location
        do throws(SchemaLibrary.Fault) {
            location = try library.addRoot(json)
        } catch {
            throw TypeFileError(reasons: [.init(pointer: error.pointer, code: "invalid-schema", message: error.message)])
        }
        checksForm = !isMetaschema
        formWork = .bounded(byteCount: fileByteCount.addingSaturating(json.count))
        checkForm()
        let root = schema(location)
        compileDynamicAnchors()
        if reasons.isEmpty { findCircles() }
        guard reasons.isEmpty else { throw TypeFileError(reasons: reasons) }
        return root
    }

    /// Notes a reason. Pointers lead into the root document; a place in another file is named in the message, as the caller has a pointer into the
    /// type file only.
    private mutating func fail(_ location: SchemaLibrary.Location, _ message: String) {
        guard failureCount < TypeFileError.reasonCountMax else { return }
        failureCount += 1
        let pointer = library.pointer(to: location)
        // What the metaschema says of a place is not said once more.
        let isTold = told[location.document]?.contains { pointer == $0 || pointer.hasPrefix($0 + "/") } ?? false
        if !isTold { note(location.document, pointer, message) }
    }

    private mutating func note(_ document: Int, _ pointer: String, _ message: String) {
        let owner = document == 0 ? "" : "in \(library.uri(ofDocument: document))#\(pointer): "
        reasons.append(.init(pointer: document == 0 ? pointer : "", code: "invalid-schema", message: owner + message))
    }

    /// Holds what is new in the library against the metaschema: keywords of another form than it has are passed over in a compilation.
    private mutating func checkForm() {
        guard checksForm else { return }
        for location in library.takeUnchecked() where reasons.count < TypeFileError.reasonCountMax && (checksFiles || location.document == 0 && location.node == 0) { checkForm(location) }
    }

    /// A schema of a vocabulary of its own is not checked so: its metaschema may allow other things.
    private mutating func checkForm(_ location: SchemaLibrary.Location) {
        guard library.usesStandardMetaschema(location), let metaschema = Metaschema.compiled else { return }
        let tape = library.tape(location.document)
        var found: [(pointer: String, message: String)] = []
        let wasOver = formWork.isExhausted
        metaschema.validate(tape, location.node, formWork) { node, missing, code, message in
            guard found.count < TypeFileError.reasonCountMax else { return }
            let suffix = missing.map { "/" + JSONTape.escaped(String(decoding: $0, as: UTF8.self)) } ?? ""
            let pointer = tape.pointer(to: node) + suffix
            // That it is none of two forms would leave whoever misspelt a type to look for both.
            let isType = code == "anyOf" && pointer.hasSuffix("/type")
            found.append((pointer, isType ? "a type is array, boolean, integer, null, number, object or string, or a list of them" : message))
        }
        if formWork.isExhausted, !wasOver {
            note(location.document, library.pointer(to: location), "the type's schemas take too many steps to look at: let references lead to whole files, or to parts that do not stand within each other")
        }
        // A place in one that was looked at before says the same once more.
        for (pointer, message) in found where told[location.document]?.contains(pointer) != true {
            note(location.document, pointer, message)
            told[location.document, default: []].append(pointer)
        }
    }

    // MARK: One schema

    /// The number of the schema at a place, compiled if it is new. What is no schema is noted and gets `trueIndex`, so that one fault does not
    /// bring others.
    private mutating func schema(_ location: SchemaLibrary.Location) -> Int {
        if let known = compiled[location] { return known }
        let tape = library.tape(location.document)
        switch tape[location.node].kind {
        case .true: return Self.trueIndex
        case .false: return Self.falseIndex
        case .object: break
        default:
            fail(location, "a schema is an object, true or false")
            return Self.trueIndex
        }
        // Once something is wrong the bounds are not told, too: they may come of it.
        guard nodes.count < Self.nodeCountMax else {
            if reasons.isEmpty { fail(location, "more than \(Self.nodeCountMax) schemas") }
            return Self.trueIndex
        }
        guard depth < Self.depthMax else {
            if reasons.isEmpty { fail(location, "schemas and references nest deeper than \(Self.depthMax)") }
            return Self.trueIndex
        }
        depth += 1
        defer { depth -= 1 }
        let node = SchemaNode()
        let index = nodes.count
        nodes.append(node)
        // Before its keywords: a schema that refers to itself finds its number.
        compiled[location] = index
        node.resource = library.resource(of: location)
        let vocabulary = library.vocabulary(ofResource: node.resource)
        readReferences(location, tape, node)
        if vocabulary.hasApplicators { readApplicators(location, tape, node) }
        if vocabulary.hasUnevaluated { readUnevaluated(location, tape, node) }
        if vocabulary.hasValidation { readValidation(location, tape, node) }
        readNames(location, tape, node, vocabulary)
        // A format that is unknown here asserts nothing, as the specification has it.
        if (assertsFormat || vocabulary.assertsFormat), let format = tape.member("format", of: location.node), tape[format].kind == .string {
            node.format = SchemaFormat(rawValue: tape.string(of: format))
        }
        // One test tells a validation whether any keyword of a kind is there.
        node.hasNumberKeywords =
            node.multipleOf != nil || node.maximum != nil || node.exclusiveMaximum != nil || node.minimum != nil || node.exclusiveMinimum != nil
        node.hasStringKeywords = node.maxLength != nil || node.minLength != nil || node.pattern != nil || node.format != nil
        node.hasArrayKeywords =
            !node.prefixItems.isEmpty || node.items != nil || node.contains != nil || node.maxItems != nil || node.minItems != nil
            || node.uniqueItems
        node.hasObjectKeywords =
            node.names != nil || !node.patternProperties.isEmpty || node.additionalProperties != nil || node.propertyNames != nil
            || node.maxProperties != nil || node.minProperties != nil || !node.dependentRequired.isEmpty
        node.hasApplicators =
            node.reference != nil || node.dynamicReference != nil || !node.allOf.isEmpty || !node.anyOf.isEmpty || !node.oneOf.isEmpty
            || node.not != nil || node.condition != nil || !node.dependentSchemas.isEmpty
        return index
    }

    /// The schema under a keyword; nil where the keyword is not there.
    private mutating func child(_ name: String, _ location: SchemaLibrary.Location, _ tape: JSONTape) -> Int? {
        tape.member(name, of: location.node).map { schema(SchemaLibrary.Location(document: location.document, node: $0)) }
    }

    /// The schemas of an array; none where there is no array.
    private mutating func children(_ name: String, _ location: SchemaLibrary.Location, _ tape: JSONTape) -> [Int] {
        guard let list = tape.member(name, of: location.node), tape[list].kind == .array else { return [] }
        return tape.children(of: list).map { schema(SchemaLibrary.Location(document: location.document, node: $0)) }
    }

    /// Since draft 2019-09 other keywords count beside `$ref`.
    private mutating func readReferences(_ location: SchemaLibrary.Location, _ tape: JSONTape, _ node: SchemaNode) {
        for keyword in ["$ref", "$dynamicRef"] {
            guard let member = tape.member(keyword, of: location.node) else { continue }
            let place = SchemaLibrary.Location(document: location.document, node: member)
            guard tape[member].kind == .string else {
                fail(place, "\(keyword) is a URI reference")
                continue
            }
            do throws(SchemaLibrary.Fault) {
                let found = try library.resolve(tape.string(of: member), fromResource: node.resource)
                checkForm()
                let target = schema(found.location)
                if keyword == "$ref" {
                    node.reference = target
                } else {
                    node.dynamicReference = SchemaNode.DynamicReference(target: target, anchor: found.dynamicAnchor)
                }
            } catch {
                fail(place, error.message)
            }
        }
    }

    /// Keywords that hold schemas: their subschemas are compiled here, whether a validation ever comes to them or not, so that faults are found
    /// when the type comes.
    private mutating func readApplicators(_ location: SchemaLibrary.Location, _ tape: JSONTape, _ node: SchemaNode) {
        node.prefixItems = children("prefixItems", location, tape)
        node.items = child("items", location, tape)
        node.contains = child("contains", location, tape)
        node.additionalProperties = child("additionalProperties", location, tape)
        node.propertyNames = child("propertyNames", location, tape)
        node.allOf = children("allOf", location, tape)
        node.anyOf = children("anyOf", location, tape)
        node.oneOf = children("oneOf", location, tape)
        node.not = child("not", location, tape)
        node.condition = child("if", location, tape)
        node.consequence = child("then", location, tape)
        node.alternative = child("else", location, tape)
        // A pattern that does not compile is noted, and its schema passed over.
        if let map = tape.member("patternProperties", of: location.node), tape[map].kind == .object {
            for member in tape.children(of: map) {
                let place = SchemaLibrary.Location(document: location.document, node: member)
                let text = tape.name(of: member)
                if let expression = expression(text, place) { node.patternProperties.append((expression, PatternCost(text, expression), schema(place))) }
            }
        }
        if let map = tape.member("dependentSchemas", of: location.node), tape[map].kind == .object {
            for member in tape.children(of: map) {
                node.dependentSchemas.append((tape.name(of: member), schema(SchemaLibrary.Location(document: location.document, node: member))))
            }
        }
    }

    private mutating func readUnevaluated(_ location: SchemaLibrary.Location, _ tape: JSONTape, _ node: SchemaNode) {
        node.unevaluatedItems = child("unevaluatedItems", location, tape)
        node.unevaluatedProperties = child("unevaluatedProperties", location, tape)
    }

    private mutating func expression(_ pattern: [UInt8], _ place: SchemaLibrary.Location) -> RegularExpression? {
        do throws(RegularExpression.Fault) {
            return try RegularExpression(pattern, syntax: .ecma)
        } catch {
            fail(place, "the pattern \(JSONGrammar.shown(pattern)) cannot be used: \(error.reason)")
            return nil
        }
    }

    /// `properties` and `required` as one table of names.
    ///
    /// A member of a document is looked up once for both. `dependentRequired` and `dependentSchemas` are read elsewhere: they name members that
    /// need not be there.
    private mutating func readNames(
        _ location: SchemaLibrary.Location, _ tape: JSONTape, _ node: SchemaNode, _ vocabulary: SchemaLibrary.Vocabulary
    ) {
        var entries: [NameTable.Entry] = []
        if vocabulary.hasApplicators, let map = tape.member("properties", of: location.node), tape[map].kind == .object {
            for member in tape.children(of: map) {
                let name = tape.name(of: member)
                let index = schema(SchemaLibrary.Location(document: location.document, node: member))
                entries.append(NameTable.Entry(name: name, hash: NameHash.hash(name), schema: index, isRequired: false))
            }
        }
        if vocabulary.hasValidation, let list = tape.member("required", of: location.node), tape[list].kind == .array {
            var places = Swift.Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($0.element.name, $0.offset) })
            for item in tape.children(of: list) where tape[item].kind == .string {
                let name = tape.text(of: item)
                if let place = places[name] {
                    entries[place].isRequired = true
                } else {
                    places[name] = entries.count
                    // A name that is required and has no schema of its own.
                    entries.append(NameTable.Entry(name: name, hash: NameHash.hash(name), schema: -1, isRequired: true))
                }
            }
        }
        guard !entries.isEmpty else { return }
        node.names = NameTable(entries)
        node.requiredCount = entries.count { $0.isRequired }
    }

    // MARK: Validation keywords

    private mutating func readValidation(_ location: SchemaLibrary.Location, _ tape: JSONTape, _ node: SchemaNode) {
        readTypes(location, tape, node)
        let document = library.document(location.document)
        if let member = tape.member("const", of: location.node) { node.constant = SchemaNode.Constant(document: document, node: member) }
        if let list = tape.member("enum", of: location.node), tape[list].kind == .array {
            node.enumeration = ConstantSet(document: document, nodes: Array(tape.children(of: list)))
        }
        node.multipleOf = number("multipleOf", location, tape)
        node.maximum = number("maximum", location, tape)
        node.exclusiveMaximum = number("exclusiveMaximum", location, tape)
        node.minimum = number("minimum", location, tape)
        node.exclusiveMinimum = number("exclusiveMinimum", location, tape)
        // `isMultiple` computes on the digits, and needs the divisor's within bounds.
        if let divisor = node.multipleOf, divisor.number.isZero || divisor.number.isNegative || divisor.number.digitCount > DecimalNumber.divisorDigitCountMax {
            fail(location, "multipleOf is above zero and has at most \(DecimalNumber.divisorDigitCountMax) digits")
            node.multipleOf = nil
        }
        node.maxLength = count("maxLength", location, tape)
        node.minLength = count("minLength", location, tape)
        node.maxItems = count("maxItems", location, tape)
        node.minItems = count("minItems", location, tape)
        node.minContains = count("minContains", location, tape)
        node.maxContains = count("maxContains", location, tape)
        node.maxProperties = count("maxProperties", location, tape)
        node.minProperties = count("minProperties", location, tape)
        if let member = tape.member("uniqueItems", of: location.node) { node.uniqueItems = tape[member].kind == .true }
        if let member = tape.member("pattern", of: location.node), tape[member].kind == .string {
            let text = tape.text(of: member)
            if let expression = expression(text, SchemaLibrary.Location(document: location.document, node: member)) {
                node.pattern = (expression, PatternCost(text, expression), JSONGrammar.shown(text))
            }
        }
        if let map = tape.member("dependentRequired", of: location.node), tape[map].kind == .object {
            for member in tape.children(of: map) where tape[member].kind == .array {
                node.dependentRequired.append((tape.name(of: member), tape.children(of: member).map { tape.text(of: $0) }))
            }
        }
    }

    private mutating func readTypes(_ location: SchemaLibrary.Location, _ tape: JSONTape, _ node: SchemaNode) {
        guard let member = tape.member("type", of: location.node) else { return }
        var types: SchemaNode.Types = []
        for item in tape[member].kind == .array ? Array(tape.children(of: member)) : [member] {
            if tape[item].kind == .string, let known = SchemaNode.Types.names.first(where: { $0.0 == tape.string(of: item) }) {
                types.insert(known.1)
            } else {
                fail(SchemaLibrary.Location(document: location.document, node: item), "no type of JSON Schema")
            }
        }
        node.types = types
    }

    /// A bound as it is written, of any size and scale; nil where it is none: the metaschema says so.
    private func number(_ name: String, _ location: SchemaLibrary.Location, _ tape: JSONTape) -> OwnedNumber? {
        guard let member = tape.member(name, of: location.node), tape[member].kind == .number else { return nil }
        return OwnedNumber(tape.text(of: member))
    }

    /// A whole number from zero, written in any way (`2.0`, `1e2`); past what fits, the greatest that does.
    private mutating func count(_ name: String, _ location: SchemaLibrary.Location, _ tape: JSONTape) -> Int? {
        guard let member = tape.member(name, of: location.node) else { return nil }
        let place = SchemaLibrary.Location(document: location.document, node: member)
        guard tape[member].kind == .number else {
            fail(place, "\(name) is a whole number")
            return nil
        }
        let value = tape[member]
        do throws(ValueFault) {
            let digits = try DecimalText.unscaled(tape.bytes + Int(value.offset), Int(value.byteCount), scale: 0, shift: 0, mark: UInt8(ascii: "."))
            guard digits >= 0 else { throw .notANumber }
            return Int(clamping: digits)
        } catch {
            if error == .outOfRange { return Int.max }
            fail(place, "\(name) is a whole number from zero")
            return nil
        }
    }

    // MARK: The whole

    /// A `$dynamicRef` may lead to any anchor of its name in a resource that a validation is within, so all of them must have numbers.
    private mutating func compileDynamicAnchors() {
        // Compiling one may bring in further resources.
        while dynamicAnchors.count < library.resourceCount {
            var anchors: [String: Int] = [:]
            for (name, location) in library.dynamicAnchors(ofResource: dynamicAnchors.count) { anchors[name] = schema(location) }
            dynamicAnchors.append(anchors)
        }
    }

    /// Refuses schemas that apply themselves to the same value again, which would never end.
    ///
    /// A depth-first walk over the edges `inPlace`, with a stack of its own since chains may be long. States: 0 not seen, 1 on the way from
    /// `start`, 2 done. An edge to a node on the way is a circle. Dynamic references are not followed here, since where they lead is known in a
    /// validation only: `SchemaValidator.depthMax` ends those.
    private mutating func findCircles() {
        var states = [UInt8](repeating: 0, count: nodes.count)
        for start in nodes.indices where states[start] == 0 {
            var stack: [(node: Int, edges: [Int])] = [(start, inPlace(start))]
            states[start] = 1
            while let (node, edges) = stack.last {
                guard let next = edges.last else {
                    states[node] = 2
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].edges.removeLast()
                if states[next] == 1 {
                    let location = compiled.first { $0.value == next }?.key
                    return fail(location ?? SchemaLibrary.Location(document: 0, node: 0), "this schema applies itself to the same value, without end")
                }
                if states[next] == 0 {
                    states[next] = 1
                    stack.append((next, inPlace(next)))
                }
            }
        }
    }

    /// The schemas that a schema applies to the very value that it is applied to. Those of members and elements go down in the document and end
    /// there.
    private func inPlace(_ index: Int) -> [Int] {
        let node = nodes[index]
        let single = [node.reference, node.not, node.condition, node.consequence, node.alternative].compactMap { $0 }
        return single + node.allOf + node.anyOf + node.oneOf + node.dependentSchemas.map(\.schema)
    }
}
