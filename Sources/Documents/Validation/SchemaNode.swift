internal import Query

/// One compiled schema: what each keyword asks, references as numbers. `JSONSchema.nodes` holds them all.
///
/// Keywords that are not there are nil, or empty; numbers of other schemas are places in `JSONSchema.nodes`. A class, since a validation reads a
/// few of its many members for each value. Copying a struct of them would cost more than the checks.
final class SchemaNode: @unchecked Sendable {
    // Safe: filled by the compiler on one thread before anyone else sees it, and never changed afterwards.

    /// JSON types as bits: those of a node's kind, and `integer` beside `number`.
    ///
    /// A number that is whole is both `number` and `integer`: `"type": "integer"` takes `2.0`, as the specification has it.
    struct Types: OptionSet, Sendable {
        let rawValue: UInt8
        static let null = Types(rawValue: 1), boolean = Types(rawValue: 2), number = Types(rawValue: 4), string = Types(rawValue: 8)
        static let array = Types(rawValue: 16), object = Types(rawValue: 32), integer = Types(rawValue: 64)
        static let names: [(String, Types)] = [
            ("null", .null), ("boolean", .boolean), ("number", .number), ("string", .string), ("array", .array), ("object", .object),
            ("integer", .integer),
        ]
        // For messages: `string or null`.
        var text: String { Types.names.filter { contains($0.1) }.map(\.0).joined(separator: " or ") }
    }

    /// A value of the schema that instances are compared with.
    ///
    /// It stays in the schema's own tape, which is kept with it.
    struct Constant: Sendable {
        let document: OwnedTape
        let node: Int
    }

    /// A `$dynamicRef`: where it leads when read as a `$ref`, and whether a validation may have to go elsewhere.
    struct DynamicReference: Sendable {
        var target: Int
        /// Set where the target is a dynamic anchor, so that the outermost one of that name counts.
        var anchor: String?
    }

    /// Nil but for the schemas `true` and `false`.
    var verdict: Bool?
    /// The schema resource that it belongs to.
    var resource = 0
    var reference: Int?
    var dynamicReference: DynamicReference?

    // Keywords of any kind of value; then those of numbers, strings, arrays and objects, each behind a flag that tells whether there are any.
    var types: Types?
    var constant: Constant?
    var enumeration: ConstantSet?

    var hasNumberKeywords = false
    var multipleOf: OwnedNumber?
    var maximum: OwnedNumber?
    var exclusiveMaximum: OwnedNumber?
    var minimum: OwnedNumber?
    var exclusiveMinimum: OwnedNumber?

    var hasStringKeywords = false
    var maxLength: Int?
    var minLength: Int?
    /// The text is the pattern as a message shows it.
    var pattern: (expression: RegularExpression, cost: PatternCost, text: String)?
    var format: SchemaFormat?

    var hasArrayKeywords = false
    var prefixItems: [Int] = []
    var items: Int?
    var contains: Int?
    var minContains: Int?
    var maxContains: Int?
    var maxItems: Int?
    var minItems: Int?
    var uniqueItems = false
    var unevaluatedItems: Int?

    var hasObjectKeywords = false
    /// `properties` and `required`; nil where there are neither.
    var names: NameTable?
    /// Of the entries of `names` that must be there.
    var requiredCount = 0
    var patternProperties: [(expression: RegularExpression, cost: PatternCost, schema: Int)] = []
    var additionalProperties: Int?
    var propertyNames: Int?
    var maxProperties: Int?
    var minProperties: Int?
    /// If the first is there, the others must be.
    var dependentRequired: [(name: [UInt8], needed: [[UInt8]])] = []
    var dependentSchemas: [(name: [UInt8], schema: Int)] = []
    var unevaluatedProperties: Int?

    var allOf: [Int] = []
    var anyOf: [Int] = []
    var oneOf: [Int] = []
    var not: Int?
    /// `if`, `then` and `else`.
    var condition: Int?
    var consequence: Int?
    var alternative: Int?
    /// Whether anything but `properties` and the like applies to it: a schema without keywords is passed over.
    var hasApplicators = false

    init() {}
}

/// The member names that a schema knows: those of `properties` and `required`, found by hash.
///
/// Built once when a schema is compiled, read for each member of each object. The hash is the one that the tape has for its members' names
/// already, so that finding one takes a comparison or two.
final class NameTable: Sendable {
    struct Entry: Sendable {
        let name: [UInt8]
        let hash: UInt32
        /// The schema under `properties`, or -1.
        var schema: Int
        var isRequired: Bool
    }

    /// Those of `properties` in the schema's order, then the names that are required only.
    let entries: [Entry]
    /// Entry numbers by hash, open addressing; -1 is free.
    ///
    /// A power of two, at least twice the entries: a search always meets a free place.
    private let places: [Int32]
    private let mask: Int

    init(_ entries: [Entry]) {
        self.entries = entries
        var capacity = 4
        while capacity < entries.count * 2 { capacity *= 2 }
        mask = capacity - 1
        var places = [Int32](repeating: -1, count: capacity)
        for (index, entry) in entries.enumerated() {
            var place = Int(entry.hash) & mask
            while places[place] >= 0 { place = (place + 1) & mask }
            places[place] = Int32(index)
        }
        self.places = places
    }

    /// The entry of a member, or -1.
    ///
    /// - Parameter node: a member of an object in `tape`.
    /// - Complexity: O(1) expected; linear probing from the hash's lower bits.
    @inline(__always)
    func entry(of node: Int, in tape: JSONTape) -> Int {
        let hash = tape.nodes[node].nameHash
        var place = Int(hash) & mask
        while places[place] >= 0 {
            let index = Int(places[place])
            // Hashes first: names are compared only where those are the same.
            let isSame = entries[index].hash == hash && entries[index].name.withUnsafeBufferPointer { name in
                tape.isNamed(node, name.baseAddress ?? ScalarText.noBytes, name.count, hash: hash)
            }
            if isSame { return index }
            place = (place &+ 1) & mask
        }
        return -1
    }
}
