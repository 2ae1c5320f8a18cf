internal import ColumnStore

/// What to take from a document of a type, compiled: paths by number, conversions, order of storage.
///
/// Plans are classes so that reading one on the way costs no copies of what is in it.
///
/// Made by `PlanCompiler`, walked by `Extractor`, `RuleSet` and `RowWriter`. Everything in it is a number: of a path, a slot, a cell, a column of
/// the layout.
///
/// Three orders, each by its own numbers:
/// 1. Cells: the scalars in the type file's order, stored or not; then the lists' rows.
/// 2. Lists, in the type file's order.
/// 3. Stored columns, scalars and lists mixed, in the type file's order: that of `RowLayout`.
final class ExtractionPlan: Sendable {
    /// All scalar columns of the receipt, stored or not; a receipt's cells are in this order.
    let scalars: [ScalarPlan]
    let lists: [ListPlan]
    /// Stored columns in the order of the type file.
    let stored: [StoredColumn]
    /// Paths from the receipt's element, and from the document.
    ///
    /// Each path of a scope has a slot; a source fills all slots of a scope at once, in JSON by one walk over the members that matter.
    let elementScope: SlotScope
    let rootScope: SlotScope
    /// By their numbers, where they are not JSON's.
    var scopes: [SlotScope] { [elementScope, rootScope] + lists.map(\.scope) }
    /// Nil where the type names none: times without an offset are then faults.
    let zone: ZonePlan?
    /// Alternatives, the first complete one of which counts; each is parts that are joined. Empty where the type maps none.
    let receiptID: [[PartPlan]]
    let issuedAt: [[PartPlan]]
    let businessDay: [[PartPlan]]
    let clientID: [[PartPlan]]
    let callbackURL: [[PartPlan]]

    /// The same as plain records, for the way that almost every value takes.
    ///
    /// One for each of `scalars`, in their order; owned.
    nonisolated(unsafe) let scalarSteps: UnsafeMutableBufferPointer<ScalarStep>
    /// One for each of `stored`.
    nonisolated(unsafe) let storedSteps: UnsafeMutableBufferPointer<StoredStep>

    deinit {
        scalarSteps.deallocate()
        storedSteps.deallocate()
    }

    init(
        scalars: [ScalarPlan], lists: [ListPlan], stored: [StoredColumn], layout: RowLayout, elementScope: SlotScope, rootScope: SlotScope, zone: ZonePlan?,
        receiptID: [[PartPlan]], issuedAt: [[PartPlan]], businessDay: [[PartPlan]], clientID: [[PartPlan]], callbackURL: [[PartPlan]]
    ) {
        self.scalars = scalars
        self.lists = lists
        self.stored = stored
        scalarSteps = ScalarStep.steps(of: scalars)
        storedSteps = .allocate(capacity: stored.count)
        for (index, column) in stored.enumerated() {
            let step =
                switch column {
                case .scalar(let cell): StoredStep(index: Int32(cell), isList: false, form: layout.columns[index].form)
                case .list(let number): StoredStep(index: Int32(number), isList: true, form: .list)
                }
            storedSteps.initializeElement(at: index, to: step)
        }
        self.elementScope = elementScope
        self.rootScope = rootScope
        self.zone = zone
        self.receiptID = receiptID
        self.issuedAt = issuedAt
        self.businessDay = businessDay
        self.clientID = clientID
        self.callbackURL = callbackURL
    }
}

/// By the number among the scalars or the lists.
enum StoredColumn: Sendable { case scalar(Int), list(Int) }

/// A scalar column, or a member of a list: where its value is looked for, and what becomes of it.
final class ScalarPlan: Sendable {
    let name: String
    let type: ColumnType
    /// Tried one after the other, until one finds a value; none for a computed column.
    let lookups: [LookupPlan]
    let conversion: Conversion
    /// Whether NULL is a fault; a default, or an expression, may give it its value.
    let isRequired: Bool
    let hasExpression: Bool
    let isStored: Bool
    /// Whether messages about a value leave the value out.
    let isSensitive: Bool
    /// In the type's own arena; NULL when the column has no default.
    nonisolated(unsafe) let fallback: Cell

    init(
        name: String, type: ColumnType, lookups: [LookupPlan], conversion: Conversion, isRequired: Bool, hasExpression: Bool, isStored: Bool,
        isSensitive: Bool, fallback: Cell
    ) {
        self.isSensitive = isSensitive
        self.name = name
        self.type = type
        self.lookups = lookups
        self.conversion = conversion
        self.isRequired = isRequired
        self.hasExpression = hasExpression
        self.isStored = isStored
        self.fallback = fallback
    }
}

/// A list column: where its elements are, and what is taken from each.
final class ListPlan: Sendable {
    let name: String
    /// The first that finds an element is taken alone.
    let lookups: [LookupPlan]
    let members: [ScalarPlan]
    /// One for each of `members`; owned.
    nonisolated(unsafe) let memberSteps: UnsafeMutableBufferPointer<ScalarStep>
    /// The stored members.
    nonisolated(unsafe) let storedSteps: UnsafeMutableBufferPointer<StoredStep>
    /// Whether a path leads straight to the elements' array.
    let isDirect: Bool
    let isStored: Bool
    let isRequired: Bool
    /// Paths from an element of the list.
    let scope: SlotScope
    /// Paths from an element too: `ListOrder`.
    let orderBy: [Int]
    let distinctBy: [Int]
    /// Whether the columns' paths can find anything in an element that is an array, and in one that is a value.
    let takesArrays: Bool
    let takesValues: Bool
    /// The same of a text, or whether one may stand for an element without any of what the columns look for.
    let takesTexts: Bool

    deinit {
        memberSteps.deallocate()
        storedSteps.deallocate()
    }

    init(
        name: String, lookups: [LookupPlan], members: [ScalarPlan], isStored: Bool, isRequired: Bool, scope: SlotScope, orderBy: [Int] = [],
        distinctBy: [Int] = [], takesArrays: Bool = true, takesValues: Bool = true, takesTexts: Bool = true
    ) {
        (self.takesArrays, self.takesValues, self.takesTexts) = (takesArrays, takesValues, takesTexts)
        (self.orderBy, self.distinctBy) = (orderBy, distinctBy)
        self.name = name
        self.lookups = lookups
        self.members = members
        memberSteps = ScalarStep.steps(of: members)
        let storedMembers = members.indices.filter { members[$0].isStored }
        storedSteps = .allocate(capacity: storedMembers.count)
        for (index, member) in storedMembers.enumerated() {
            let form = ColumnLayout(members[member].type).form
            storedSteps.initializeElement(at: index, to: StoredStep(index: Int32(member), isList: false, form: form))
        }
        isDirect = lookups.count == 1 && lookups[0].isDirect
        self.isStored = isStored
        self.isRequired = isRequired
        self.scope = scope
    }
}

/// A scalar column as a plain record: enough for a value that is where the first path says and converts without more ado.
///
/// Most values are a number or text at the first path, which needs no shift, no suffix and no format. For them the loop in `Extractor.fill` reads
/// this record instead of an object with arrays, which saves the counting of references; everything else goes the way of `ScalarPlan`, with the
/// same outcome.
struct ScalarStep: BitwiseCopyable {
    /// In its scope; -1 when only the plan itself can tell.
    var slot: Int32
    var isFromRoot: Bool
    /// Nothing there is NULL and no more: no other path, no default, not required, no `/*` that may have met no array.
    var isNullWhenMissing: Bool
    var kind: Conversion.Kind
    var precision: Int8
    var scale: Int8

    static func steps(of columns: [ScalarPlan]) -> UnsafeMutableBufferPointer<ScalarStep> {
        let steps = UnsafeMutableBufferPointer<ScalarStep>.allocate(capacity: columns.count)
        for (index, column) in columns.enumerated() { steps.initializeElement(at: index, to: ScalarStep(column)) }
        return steps
    }

    private init(_ column: ScalarPlan) {
        let conversion = column.conversion
        // Whatever changes a text before it is a value goes the long way.
        let isPlain = conversion.shift == 0 && conversion.mark == UInt8(ascii: ".") && conversion.suffix.isEmpty && !conversion.isTrimmed && conversion.format == nil
        let lookup = column.lookups.first
        slot = isPlain && lookup?.isDirect ?? false ? Int32(lookup?.slot ?? -1) : -1
        isFromRoot = lookup?.isFromRoot ?? false
        isNullWhenMissing = column.lookups.count == 1 && !column.isRequired && column.fallback.isNull && !column.lookups[0].hasStar
        kind = conversion.kind
        precision = Int8(conversion.precision)
        scale = Int8(conversion.scale)
    }

    /// The value of a text, where that takes no more than its digits or bytes; false leaves it to the column's conversion.
    ///
    /// Never a fault: what does not convert here is tried again by `Conversion.cell`, which says why.
    ///
    /// - Parameters:
    ///   - text: neither NULL nor a container.
    ///   - cell: set only when this returns true.
    @inline(__always)
    func convert(_ text: ScalarText, into cell: UnsafeMutablePointer<Cell>) -> Bool {
        switch kind {
        case .string:
            guard text.isWithoutNUL else { return false }
            cell.initialize(to: .bytes(text.bytes, text.count))
            return true
        case .decimal, .int32, .int64:
            guard text.kind == .number || text.kind == .string,
                let digits = DecimalText.plain(text.bytes, text.count, scale: Int(scale))
            else { return false }
            // Eighteen digits at most: any BIGINT holds them, an INTEGER and a short DECIMAL need a look.
            if kind == .int32, Int32(exactly: digits) == nil { return false }
            if kind == .decimal, precision < 18, digits.magnitude >= PowersOfTen.int64[Int(precision)].magnitude { return false }
            cell.initialize(to: .number(Int128(digits)))
            return true
        default: return false
        }
    }
}

/// A stored column as a plain record.
///
/// What `RowWriter` needs, by the layout's order.
struct StoredStep: BitwiseCopyable {
    /// The scalar's cell, the list's number, or the member's place.
    var index: Int32
    var isList: Bool
    var form: ColumnLayout.Form
}

/// A way to a node.
///
/// `path` to a node, or to an array whose elements are meant; of those the ones that pass `tests`; of each the node at `value`; of all of them the
/// first one, or their sum.
final class LookupPlan: Sendable {
    let path: Int
    /// In its scope (the root's when `isFromRoot`); -1 when the path is followed when it is needed.
    let slot: Int
    let isFromRoot: Bool
    let tests: [TestPlan]
    /// A path from each node that passes, or nil for the node itself.
    let value: Int?
    let isSum: Bool
    /// A JSON path with `/*`: what that meets may have no elements.
    let hasStar: Bool
    /// The path's first node is the value: nothing to test, descend or add.
    let isDirect: Bool

    init(path: Int, slot: Int, isFromRoot: Bool, tests: [TestPlan], value: Int?, isSum: Bool, hasStar: Bool) {
        self.hasStar = hasStar
        self.path = path
        self.slot = slot
        self.isFromRoot = isFromRoot
        self.tests = tests
        self.value = value
        self.isSum = isSum
        isDirect = tests.isEmpty && value == nil && !isSum
    }
}

/// A path's value, or one of its nodes' values, compared with constants.
///
/// `exists(false)` passes where no node is, or only JSON's null.
struct TestPlan: Sendable {
    enum Condition: Sendable {
        case exists(Bool)
        case anyOf([ConstantPlan])
    }
    let path: Int
    let condition: Condition
}

/// A constant of a `match` or `where`.
enum ConstantPlan: Sendable {
    case text([UInt8])
    case number(OwnedNumber)
    case boolean(Bool)

    init(_ constant: TypeFile.Constant) {
        switch constant {
        case .text(let text): self = .text(text)
        case .number(let digits): self = .number(OwnedNumber(digits))
        case .boolean(let value): self = .boolean(value)
        }
    }

    /// - Parameter isTyped: the format tells strings from numbers (JSON); else a text that reads as the number or boolean is one.
    /// - Returns: false for what is not there.
    func matches(_ text: ScalarText, isTyped: Bool) -> Bool {
        switch self {
        case .text(let wanted):
            return text.kind == .string && UnsafeBufferPointer(start: text.bytes, count: text.count).elementsEqual(wanted)
        case .number(let wanted):
            guard text.kind == .number || !isTyped && text.kind == .string && DecimalText.isNumber(text.bytes, text.count) else { return false }
            // By value: 1 is 1.00.
            return DecimalNumber.compare(DecimalNumber(text.bytes, text.count), wanted.number) == 0
        case .boolean(let wanted):
            if isTyped { return text.kind == (wanted ? .true : .false) }
            let bytes = UnsafeBufferPointer(start: text.bytes, count: text.count)
            // XML Schema's booleans have both spellings.
            return text.kind == .string && (bytes.elementsEqual((wanted ? "true" : "false").utf8) || bytes.elementsEqual((wanted ? "1" : "0").utf8))
        }
    }
}

/// One part of an id or a time. An optional one that is missing is left out.
final class PartPlan: Sendable {
    let lookup: LookupPlan
    let conversion: Conversion
    let isOptional: Bool

    init(lookup: LookupPlan, conversion: Conversion, isOptional: Bool) {
        self.lookup = lookup
        self.conversion = conversion
        self.isOptional = isOptional
    }
}

/// How the zone of times without an offset is found.
enum ZonePlan: Sendable {
    case fixed(ZoneRules)
    /// By a value in the document: mapped to a zone, or (without a map) its name.
    ///
    /// `fallback` where the value is not there or not in the map.
    case mapped(lookup: LookupPlan, map: [(value: [UInt8], zone: ZoneRules)]?, fallback: ZoneRules?)
}
