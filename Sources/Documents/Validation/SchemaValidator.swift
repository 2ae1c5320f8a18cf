internal import ColumnStore
internal import Query

/// One validation: walks an instance along a compiled schema.
///
/// Loud, it goes on after a fault and reports each; quiet (within `anyOf`, `not`, `if` …) it stops at the first, since only the verdict counts.
///
/// Made for one value and thrown away; it holds no state of the schema, so that any number of threads validate by one schema.
///
/// Nested schemas are applied by recursion: `apply` for the same value (`$ref`, `allOf` …) hands through what is evaluated, `validate` for a child
/// begins anew. After each keyword a quiet validation returns as soon as something is wrong; a loud one collects the verdicts with `&& isValid`
/// behind the call, never before it, since the call must be made for its reports.
struct SchemaValidator {
    /// References within references: a schema that goes round without going into the document ends here.
    private static let depthMax = 600
    /// One schema on one value, beside what its keywords take.
    ///
    /// In steps of `WorkBudget`.
    private static let stepsOfApplying = 4

    private let schema: JSONSchema
    private let tape: JSONTape
    private let work: WorkBudget
    private let report: (Int, [UInt8]?, String, String) -> Void
    /// Above zero: reports go nowhere.
    private var quietDepth = 0
    /// Schemas being applied, one within another.
    private var depth = 0
    /// The depth was exceeded: nothing is applied from then on, and no verdict counts.
    private var isExhausted = false
    /// Resources from the outermost in, for dynamic references.
    ///
    /// Empty where the schema has no dynamic references.
    private var scope: [Int] = []

    init(schema: JSONSchema, tape: JSONTape, work: WorkBudget, report: @escaping (Int, [UInt8]?, String, String) -> Void) {
        self.schema = schema
        self.tape = tape
        self.work = work
        self.report = report
    }

    /// Which children of an instance some keyword has evaluated.
    ///
    /// By their place in the object or array. For `unevaluatedProperties` and `unevaluatedItems`, which apply to what no other keyword of the
    /// schema, or of those that it applies in place, has looked at.
    /// It is nil where no schema around asks for it: most have neither keyword, and pay nothing.
    private struct Evaluated {
        var children: [Bool]
        // The children of either.
        mutating func unite(_ other: Evaluated) { for index in children.indices where other.children[index] { children[index] = true } }
    }

    /// Whether the schema `index` accepts the value at `node`; faults go to `report`.
    mutating func validate(_ index: Int, _ node: Int) -> Bool {
        var none: Evaluated?
        return apply(index, node, &none)
    }

    /// - Parameter missing: the name of a member that should be there.
    private func fail(_ node: Int, _ code: String, _ message: @autoclosure () -> String, missing: [UInt8]? = nil) {
        if quietDepth == 0 { report(node, missing, code, message()) }
    }

    private var isLoud: Bool { quietDepth == 0 }

    /// For one verdict; faults of `body` are none of the document's.
    private mutating func quietly(_ body: (inout SchemaValidator) -> Bool) -> Bool {
        quietDepth += 1
        defer { quietDepth -= 1 }
        return body(&self)
    }

    // MARK: One schema on one instance

    /// One schema on one value.
    ///
    /// - Parameter evaluated: takes in the children that it evaluates, if it accepts the value; nil where nobody asks.
    /// - Returns: whether it accepts it; false where the work or the depth ends.
    private mutating func apply(_ index: Int, _ node: Int, _ evaluated: inout Evaluated?) -> Bool {
        let part = schema.nodes[index]
        if let verdict = part.verdict {
            if !verdict { fail(node, "false", "nothing is allowed here") }
            return verdict
        }
        // Work that has ended says so itself, where the document's result is made.
        guard work.charge(Self.stepsOfApplying, .schema) else { return false }
        guard depth < Self.depthMax, !isExhausted else {
            if !isExhausted {
                isExhausted = true
                // Said whatever is quiet: no verdict can be given.
                report(node, nil, "schema-too-deep", "the schema goes round in circles on this document")
            }
            return false
        }
        depth += 1
        defer { depth -= 1 }
        // The dynamic scope (core, section 7.1): each resource that validation goes into, and comes back from.
        let isEntered = schema.hasDynamicReferences && scope.last != part.resource
        if isEntered { scope.append(part.resource) }
        defer { if isEntered { scope.removeLast() } }

        let kind = tape.nodes[node].kind
        // Set up here where this schema is the outermost that asks; one that is applied in place adds to the set of the schema around it.
        let tracksOwn = evaluated == nil && (kind == .object && part.unevaluatedProperties != nil || kind == .array && part.unevaluatedItems != nil)
        if evaluated != nil || tracksOwn, !work.charge(Int(tape.nodes[node].childCount), .schema) { return false }
        var tracked = evaluated != nil || tracksOwn ? Evaluated(children: Array(repeating: false, count: Int(tape.nodes[node].childCount))) : nil

        // Cheapest first: a quiet validation ends at the first that fails.
        var isValid = checkValue(part, node, kind)
        if !isValid, !isLoud { return false }
        switch kind {
        case .object:
            if part.hasObjectKeywords { isValid = checkObject(part, node, &tracked) && isValid }
        case .array:
            if part.hasArrayKeywords { isValid = checkArray(part, node, &tracked) && isValid }
        case .string:
            if part.hasStringKeywords { isValid = checkString(part, node) && isValid }
        case .number:
            if part.hasNumberKeywords { isValid = checkNumber(part, node) && isValid }
        default: break
        }
        if !isValid, !isLoud { return false }
        if part.hasApplicators, !checkApplicators(part, node, &tracked) {
            // What a failed one would have evaluated is not known: nothing true can be said of the rest.
            return false
        }
        // Last, when all other keywords have said what they evaluate.
        if kind == .object, let rest = part.unevaluatedProperties { isValid = checkUnevaluated(rest, node, &tracked, "unevaluatedProperties") && isValid }
        if kind == .array, let rest = part.unevaluatedItems { isValid = checkUnevaluated(rest, node, &tracked, "unevaluatedItems") && isValid }
        // What a schema that fails has evaluated does not count (core, section 7.7.1.2).
        if isValid, let tracked { evaluated?.unite(tracked) }
        return isValid
    }

    /// A number is whole by its value: `1.0` and `1e3` are.
    private func types(of node: Int, _ kind: JSONNode.Kind) -> SchemaNode.Types {
        switch kind {
        case .null: return .null
        case .true, .false: return .boolean
        case .string: return .string
        case .array: return .array
        case .object: return .object
        case .number:
            let value = tape.nodes[node]
            return DecimalNumber(tape.bytes + Int(value.offset), Int(value.byteCount)).isInteger ? [.number, .integer] : .number
        }
    }

    private mutating func checkValue(_ part: SchemaNode, _ node: Int, _ kind: JSONNode.Kind) -> Bool {
        var isValid = true
        if let wanted = part.types {
            let present = types(of: node, kind)
            if wanted.isDisjoint(with: present) {
                // Said as `number` also where it is whole.
                fail(node, "type", "must be \(wanted.text), is \(present.subtracting(.integer).text)")
                isValid = false
            }
        }
        if let constant = part.constant, !JSONEquality.areEqual(tape, node, constant.document.tape, constant.node, work) {
            fail(node, "const", "is not the one value that is allowed")
            isValid = false
        }
        if let values = part.enumeration, !values.contains(tape, node, work) {
            fail(node, "enum", "is none of the \(values.count) values that are allowed")
            isValid = false
        }
        return isValid
    }

    // MARK: Numbers and strings

    /// Exact on the digits: no bound is ever converted to binary.
    private func checkNumber(_ part: SchemaNode, _ node: Int) -> Bool {
        let value = tape.nodes[node]
        // Digits are gone through for each bound, and slowly for a divisor.
        guard work.charge(Int(value.byteCount) * (part.multipleOf == nil ? 1 : 8), .schema) else { return false }
        let number = DecimalNumber(tape.bytes + Int(value.offset), Int(value.byteCount))
        var isValid = true
        func check(_ isMet: Bool, _ code: String, _ message: @autoclosure () -> String) {
            if !isMet {
                fail(node, code, message())
                isValid = false
            }
        }
        if let bound = part.maximum { check(DecimalNumber.compare(number, bound.number) <= 0, "maximum", "is above \(bound.text)") }
        if let bound = part.exclusiveMaximum { check(DecimalNumber.compare(number, bound.number) < 0, "exclusiveMaximum", "is not below \(bound.text)") }
        if let bound = part.minimum { check(DecimalNumber.compare(number, bound.number) >= 0, "minimum", "is below \(bound.text)") }
        if let bound = part.exclusiveMinimum { check(DecimalNumber.compare(number, bound.number) > 0, "exclusiveMinimum", "is not above \(bound.text)") }
        if let divisor = part.multipleOf { check(number.isMultiple(of: divisor.number), "multipleOf", "is no multiple of \(divisor.text)") }
        return isValid
    }

    /// Charged before it is looked at: a search for a pattern cannot be stopped.
    private func checkString(_ part: SchemaNode, _ node: Int) -> Bool {
        let value = tape.nodes[node]
        let byteCount = Int(value.byteCount)
        guard work.charge(byteCount / 4, .schema), work.charge(part.pattern?.cost.steps(forByteCount: byteCount) ?? 0, .schema) else { return false }
        // The tape has the text as it is written; only one with escapes needs a copy with those resolved.
        if value.isEscaped {
            return tape.text(of: node).withUnsafeBufferPointer { checkText(part, node, $0.baseAddress ?? ScalarText.noBytes, $0.count) }
        }
        return checkText(part, node, tape.bytes + Int(value.offset), Int(value.byteCount))
    }

    private func checkText(_ part: SchemaNode, _ node: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        var isValid = true
        if part.maxLength != nil || part.minLength != nil {
            // Characters are code points: the bytes that do not continue one.
            var length = 0
            for index in 0..<count where bytes[index] & 0xC0 != 0x80 { length &+= 1 }
            if let bound = part.maxLength, length > bound {
                fail(node, "maxLength", "has \(length) characters; \(bound) are allowed")
                isValid = false
            }
            if let bound = part.minLength, length < bound {
                fail(node, "minLength", "has \(length) characters; \(bound) are needed")
                isValid = false
            }
        }
        if let pattern = part.pattern, !pattern.expression.matches(UnsafeBufferPointer(start: bytes, count: count)) {
            fail(node, "pattern", "does not match \(pattern.text)")
            isValid = false
        }
        if let format = part.format, !format.accepts(bytes, count) {
            fail(node, "format", "is no \(format.rawValue)")
            isValid = false
        }
        return isValid
    }

    // MARK: Objects

    /// Counts first: they need no look at the members.
    private mutating func checkObject(_ part: SchemaNode, _ node: Int, _ tracked: inout Evaluated?) -> Bool {
        var isValid = true
        let memberCount = Int(tape.nodes[node].childCount)
        if let bound = part.maxProperties, memberCount > bound {
            fail(node, "maxProperties", "has \(memberCount) members; \(bound) are allowed")
            isValid = false
        }
        if let bound = part.minProperties, memberCount < bound {
            fail(node, "minProperties", "has \(memberCount) members; \(bound) are needed")
            isValid = false
        }
        isValid = checkMembers(part, node, &tracked) && isValid
        if !part.dependentRequired.isEmpty { isValid = checkDependentRequired(part, node) && isValid }
        return isValid
    }

    /// One pass over an object's members for `properties`, `patternProperties`, `additionalProperties` and `propertyNames`; `required` is decided
    /// by what that pass saw.
    private mutating func checkMembers(_ part: SchemaNode, _ node: Int, _ tracked: inout Evaluated?) -> Bool {
        guard part.names != nil || !part.patternProperties.isEmpty || part.additionalProperties != nil || part.propertyNames != nil else { return true }
        guard work.charge(Int(tape.nodes[node].childCount), .schema) else { return false }
        var isValid = true
        // Entries of the table that were met: bits for the first 64, a set for what is beyond.
        var seen: UInt64 = 0
        var seenMore: Set<Int> = []
        var position = 0
        let end = Int(tape.nodes[node].end)
        // Asked of the schema once: all threads count its references in one place, and each member would be one more.
        let table = part.names
        let looksAtNames = !part.patternProperties.isEmpty || part.propertyNames != nil
        var child = node + 1
        while child < end {
            var isKnown = false
            if let table {
                let entry = table.entry(of: child, in: tape)
                if entry >= 0 {
                    if entry < 64 { seen |= 1 << UInt64(entry) } else { seenMore.insert(entry) }
                    let schema = table.entries[entry].schema
                    if schema >= 0 {
                        isKnown = true
                        isValid = validate(schema, child) && isValid
                    }
                }
            }
            if looksAtNames {
                let name = tape.name(of: child)
                guard work.charge(stepsOfPatterns(part, name.count), .schema) else { return false }
                for (expression, _, schema) in part.patternProperties where expression.matches(name) {
                    isKnown = true
                    isValid = validate(schema, child) && isValid
                }
                if let schema = part.propertyNames { isValid = checkName(schema, name, child) && isValid }
            }
            // Only members that neither a name nor a pattern has taken.
            if !isKnown, let schema = part.additionalProperties {
                isKnown = true
                // The same verdict with words that say which keyword it is.
                if schema == SchemaCompiler.falseIndex {
                    fail(child, "additionalProperties", "this member is not allowed")
                    isValid = false
                } else {
                    isValid = validate(schema, child) && isValid
                }
            }
            // A member is evaluated by being looked at, whatever the verdict: one that fails makes the schema fail, and then nothing of it counts.
            if isKnown { tracked?.children[position] = true }
            if !isValid, !isLoud { return false }
            position += 1
            child = Int(tape.nodes[child].end)
        }
        guard part.requiredCount > 0, let names = part.names, work.charge(names.entries.count, .schema) else { return isValid }
        for (index, entry) in names.entries.enumerated() where entry.isRequired {
            guard index < 64 ? seen & (1 << UInt64(index)) == 0 : !seenMore.contains(index) else { continue }
            fail(node, "required", "\(JSONGrammar.shown(entry.name)) is missing", missing: entry.name)
            isValid = false
        }
        return isValid
    }

    /// What one member's name costs.
    private func stepsOfPatterns(_ part: SchemaNode, _ byteCount: Int) -> Int {
        // A name that is an instance of its own is a text to be read.
        var steps = part.propertyNames == nil ? 0 : 512
        for (_, cost, _) in part.patternProperties { steps = steps.addingSaturating(cost.steps(forByteCount: byteCount)) }
        return steps
    }

    /// A member's name as an instance of its own: a text in quotes, read like any other.
    ///
    /// A validator of its own, as the name has a tape of its own; it shares the work, and is within the same resources.
    private mutating func checkName(_ index: Int, _ name: [UInt8], _ child: Int) -> Bool {
        let schema = schema
        var isValid = true
        do {
            let tape = try OwnedTape(Array(JSONForm.quoted(name).utf8))
            var validator = SchemaValidator(schema: schema, tape: tape.tape, work: work) { _, _, _, _ in isValid = false }
            validator.scope = scope
            isValid = validator.validate(index, 0) && isValid
        } catch {
            isValid = false
        }
        if !isValid { fail(child, "propertyNames", "no member may be called so") }
        return isValid
    }

    /// Whether an object has a member of that name.
    ///
    /// - Complexity: O(members): the names of dependent keywords are few, and in no table.
    private func member(_ name: [UInt8], of node: Int) -> Bool {
        guard work.charge(Int(tape.nodes[node].childCount), .schema) else { return false }
        let hash = NameHash.hash(name)
        return tape.children(of: node).contains { tape.nodes[$0].nameHash == hash && tape.name(of: $0) == name }
    }

    /// `dependentRequired`: each name that is there asks for others.
    private func checkDependentRequired(_ part: SchemaNode, _ node: Int) -> Bool {
        var isValid = true
        for (name, needed) in part.dependentRequired where member(name, of: node) {
            for other in needed where !member(other, of: node) {
                fail(node, "dependentRequired", "\(JSONGrammar.shown(other)) is missing beside \(JSONGrammar.shown(name))", missing: other)
                isValid = false
            }
        }
        return isValid
    }

    // MARK: Arrays

    /// Counts and repetition first, then the elements.
    private mutating func checkArray(_ part: SchemaNode, _ node: Int, _ tracked: inout Evaluated?) -> Bool {
        var isValid = true
        let count = Int(tape.nodes[node].childCount)
        if let bound = part.maxItems, count > bound {
            fail(node, "maxItems", "has \(count) elements; \(bound) are allowed")
            isValid = false
        }
        if let bound = part.minItems, count < bound {
            fail(node, "minItems", "has \(count) elements; \(bound) are needed")
            isValid = false
        }
        if part.uniqueItems, let repeated = JSONEquality.firstRepeated(tape, node, work) {
            fail(repeated, "uniqueItems", "is there twice")
            isValid = false
        }
        if !isValid, !isLoud { return false }
        if !part.prefixItems.isEmpty || part.items != nil {
            var position = 0
            for child in tape.children(of: node) {
                // `items` is for the elements behind those of `prefixItems`.
                if position < part.prefixItems.count {
                    isValid = validate(part.prefixItems[position], child) && isValid
                } else if let items = part.items {
                    isValid = validate(items, child) && isValid
                } else {
                    break
                }
                tracked?.children[position] = true
                if !isValid, !isLoud { return false }
                position += 1
            }
        }
        if let contains = part.contains { isValid = checkContains(part, contains, node, &tracked) && isValid }
        return isValid
    }

    /// `contains` counts the elements that a schema accepts. With `minContains` 0 none need be; `maxContains` is a fault of its own. Elements that
    /// it accepts are evaluated, others not.
    private mutating func checkContains(_ part: SchemaNode, _ contains: Int, _ node: Int, _ tracked: inout Evaluated?) -> Bool {
        var matchCount = 0
        var position = 0
        for child in tape.children(of: node) {
            if quietly({ $0.validate(contains, child) }) {
                matchCount += 1
                tracked?.children[position] = true
            }
            position += 1
        }
        let least = part.minContains ?? 1
        if matchCount < least {
            fail(node, part.minContains == nil ? "contains" : "minContains", "\(matchCount) elements are as they should be; \(least) are needed")
            return false
        }
        if let most = part.maxContains, matchCount > most {
            fail(node, "maxContains", "\(matchCount) elements are as only \(most) may be")
            return false
        }
        return true
    }

    // MARK: In place

    /// References, `allOf`, `anyOf`, `oneOf`, `not`, `if` and `dependentSchemas`: what applies a schema to the same value.
    private mutating func checkApplicators(_ part: SchemaNode, _ node: Int, _ tracked: inout Evaluated?) -> Bool {
        var isValid = true
        if let reference = part.reference { isValid = apply(reference, node, &tracked) }
        if let dynamic = part.dynamicReference { isValid = apply(target(of: dynamic), node, &tracked) && isValid }
        for index in part.allOf {
            if !isValid, !isLoud { return false }
            isValid = apply(index, node, &tracked) && isValid
        }
        if !part.anyOf.isEmpty { isValid = checkAnyOf(part.anyOf, node, &tracked) && isValid }
        if !part.oneOf.isEmpty { isValid = checkOneOf(part.oneOf, node, &tracked) && isValid }
        if !isValid, !isLoud { return false }
        if let not = part.not, quietly({ $0.validate(not, node) }) {
            fail(node, "not", "is what it must not be")
            isValid = false
        }
        if let condition = part.condition {
            // It never fails the value: faults within it are not reported.
            // What `if` evaluates counts when it holds.
            var inner = tracked.map { Evaluated(children: Array(repeating: false, count: $0.children.count)) }
            quietDepth += 1
            let isMet = apply(condition, node, &inner)
            quietDepth -= 1
            if isMet, let inner { tracked?.unite(inner) }
            if let branch = isMet ? part.consequence : part.alternative { isValid = apply(branch, node, &tracked) && isValid }
        }
        if tape.nodes[node].kind == .object {
            for (name, index) in part.dependentSchemas where member(name, of: node) { isValid = apply(index, node, &tracked) && isValid }
        }
        return isValid
    }

    /// Quiet: faults of a branch say little where another one was meant.
    private mutating func checkAnyOf(_ branches: [Int], _ node: Int, _ tracked: inout Evaluated?) -> Bool {
        var isAny = false
        quietDepth += 1
        for index in branches {
            if apply(index, node, &tracked) {
                isAny = true
                // Evaluated children of further branches count as well; without them the first decides.
                if tracked == nil { break }
            }
        }
        quietDepth -= 1
        if !isAny { fail(node, "anyOf", "is none of the \(branches.count) forms that are allowed") }
        return isAny
    }

    /// All branches are tried, as a second that accepts is a fault.
    private mutating func checkOneOf(_ branches: [Int], _ node: Int, _ tracked: inout Evaluated?) -> Bool {
        var matchCount = 0
        quietDepth += 1
        for index in branches where apply(index, node, &tracked) { matchCount += 1 }
        quietDepth -= 1
        if matchCount != 1 {
            fail(node, "oneOf", matchCount == 0 ? "is none of the \(branches.count) forms that are allowed" : "is \(matchCount) of the forms of which it may be one only")
        }
        return matchCount == 1
    }

    /// Where a dynamic reference leads: the outermost resource of the present scope that has a dynamic anchor of the name (core, section 8.2.3.2),
    /// else as a `$ref` would.
    private func target(of reference: SchemaNode.DynamicReference) -> Int {
        guard let anchor = reference.anchor else { return reference.target }
        for resource in scope { if let outermost = schema.dynamicAnchors[resource][anchor] { return outermost } }
        return reference.target
    }

    /// Members and elements that nothing has evaluated. Afterwards all of them are.
    private mutating func checkUnevaluated(_ index: Int, _ node: Int, _ tracked: inout Evaluated?, _ code: String) -> Bool {
        guard var known = tracked else { return true }
        var isValid = true
        var position = 0
        for child in tape.children(of: node) {
            if !known.children[position] {
                if index == SchemaCompiler.falseIndex {
                    fail(child, code, "is not allowed here")
                    isValid = false
                } else {
                    isValid = validate(index, child) && isValid
                }
                known.children[position] = true
            }
            position += 1
        }
        tracked = known
        return isValid
    }
}
