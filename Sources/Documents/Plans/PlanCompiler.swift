internal import ColumnStore
internal import Query

/// Turns a type file's paths and options into a plan, noting what does not compile.
///
/// Used once, by `DocumentType`. It goes on after a fault, so that all reasons are reported together.
struct PlanCompiler {
    private let file: TypeFile
    /// Of the type: defaults stay in it.
    private let arena: Arena
    private(set) var reasons: [Fault.Violation] = []
    /// Numbers of paths by their texts: one that several columns have is compiled once.
    private var numbers: [String: Int] = [:]
    private(set) var jsonPaths: [JSONPath] = []
    private(set) var xmlPaths: [XMLPath] = []
    private(set) var csvPaths: [String] = []
    private var elementScope = SlotScope()
    private var rootScope = SlotScope()

    /// Ends the binding of expressions; nil for a type that was taken before.
    let cancellation: Cancellation?
    /// It did: no further expression is bound.
    var isLate = false
    /// The file is no type, and columns may be missing, or stand as VARCHAR for want of their type: an expression is at fault only where it cannot be parsed.
    var areColumnsInDoubt = false

    init(file: TypeFile, arena: Arena, cancellation: Cancellation?) {
        self.file = file
        self.arena = arena
        self.cancellation = cancellation
    }

    mutating func fail(_ pointer: String, _ message: String, code: String = "invalid-value") {
        reasons.append(.init(pointer: pointer, code: code, message: message))
    }

    /// The number of a path, compiled if it is new. A path that does not compile gets 0, which may be another's, or nobody's where none compiles.
    private mutating func number(_ path: TypeFile.Path) -> Int {
        if let known = numbers[path.text] { return known }
        let number: Int
        do throws(TypeFileFault) {
            switch file.format {
            case .json:
                jsonPaths.append(try JSONPath(path.text))
                number = jsonPaths.count - 1
            case .xml:
                xmlPaths.append(try XMLPath(path.text, namespaces: file.namespaces))
                number = xmlPaths.count - 1
            case .csv:
                csvPaths.append(path.text)
                number = csvPaths.count - 1
            }
        } catch {
            // The plan is thrown away then: until that is done nothing may be looked up by a number without a look whether there are reasons, or such a path.
            fail(path.pointer, "\(path.text): \(error.message)", code: "invalid-path")
            return 0
        }
        numbers[path.text] = number
        return number
    }

    /// In the file's order.
    mutating func tests(_ tests: [TypeFile.Test]) -> [TestPlan] {
        tests.map { test in
            let condition: TestPlan.Condition =
                switch test.condition {
                case .exists(let isWanted): .exists(isWanted)
                case .anyOf(let constants): .anyOf(constants.map(ConstantPlan.init))
                }
            return TestPlan(path: number(test.path), condition: condition)
        }
    }

    /// The number of a path outside the plan: `each`, the `at` of an XSD.
    mutating func path(_ path: TypeFile.Path) -> Int { number(path) }

    /// - Parameters:
    ///   - isFirst: no other way is tried before it, so that its node is always wanted.
    ///   - isList: it leads to a list's elements, not to a value.
    private mutating func lookup(
        _ lookup: TypeFile.Lookup, _ scope: inout SlotScope, isFirst: Bool = true, isList: Bool = false
    ) -> LookupPlan {
        let path = number(lookup.path)
        let tests = tests(lookup.tests)
        let value = lookup.value.map { number($0) }
        let hasStar = ([path] + (value.map { [$0] } ?? [])).contains { tokens($0).contains(where: \.isStar) }
        let isDirect = tests.isEmpty && lookup.value == nil && !lookup.isSum
        // In JSON a path more costs the walk nothing; elsewhere each path is followed by itself, so only what is sure to be asked for.
        let needsSlot = isList ? file.format == .json && !hasStar : isDirect && (isFirst || file.format == .json)
        var slot = -1
        if needsSlot { slot = lookup.path.isFromRoot ? rootScope.slot(of: path) : scope.slot(of: path) }
        return LookupPlan(
            path: path, slot: slot, isFromRoot: lookup.path.isFromRoot, tests: tests, value: value, isSum: lookup.isSum, hasStar: hasStar)
    }

    /// Of a JSON path; none of another, and of one that did not compile.
    private func tokens(_ path: Int) -> [JSONPath.Token] { file.format == .json && jsonPaths.indices.contains(path) ? jsonPaths[path].tokens : [] }

    /// Whether it leads into what `decode` puts into documents.
    private func isDecoded(_ path: Int) -> Bool {
        let names = tokens(path).map(\.name)
        return file.decode.contains { step in names.starts(with: step.to.map { Array($0.utf8) }) }
    }

    private mutating func lookups(_ lookups: [TypeFile.Lookup], _ scope: inout SlotScope, isList: Bool = false) -> [LookupPlan] {
        lookups.enumerated().map { index, each in lookup(each, &scope, isFirst: index == 0, isList: isList) }
    }

    /// - Parameter isSensitive: the list that it is a member of is.
    /// - Returns: the plan, with its default converted once and for all.
    private mutating func scalar(_ column: TypeFile.ColumnSpecification, _ scope: inout SlotScope, isSensitive: Bool = false) -> ScalarPlan {
        let type = column.type ?? .string
        let conversion = Conversion(
            type: type, shift: column.shift, mark: column.mark, suffix: column.suffix, isTrimmed: column.isTrimmed, format: column.format)
        var fallback = Cell.null
        if let constant = column.fallback {
            do throws(ValueFault) {
                // A default is written as the column's values are, without shift, mark or suffix.
                let plain = Conversion(type: type, format: column.format)
                // One that is too near to 0 is 0, as types in force may have it.
                fallback = try plain.cell(text(of: constant), zone: nil, arena: arena, isKept: true)
            } catch {
                fail(column.pointer + "/default", "the default is no \(ColumnTypeName.text(type)): \(error.rawValue)")
            }
        }
        return ScalarPlan(
            name: column.name, type: type, lookups: lookups(column.lookups, &scope), conversion: conversion,
            isRequired: column.isRequired, hasExpression: column.expression != nil, isStored: column.isStored,
            isSensitive: isSensitive || column.isSensitive, fallback: fallback)
    }

    /// A constant as a document's text would be, its bytes in the type's arena.
    private func text(of constant: TypeFile.Constant) -> ScalarText {
        func text(_ kind: ScalarText.Kind, _ bytes: [UInt8]) -> ScalarText {
            ScalarText(kind: kind, bytes: bytes.withUnsafeBufferPointer { arena.copy($0) }, count: bytes.count)
        }
        switch constant {
        case .text(let bytes): return text(.string, bytes)
        case .number(let bytes): return text(.number, bytes)
        case .boolean(let value): return text(value ? .true : .false, Array((value ? "true" : "false").utf8))
        }
    }

    /// Times are read as such; an id takes its texts as they are and never asks its conversion.
    private mutating func parts(_ alternatives: [TypeFile.Parts], _ scope: inout SlotScope) -> [[PartPlan]] {
        alternatives.enumerated().map { index, alternative in
            alternative.parts.enumerated().map { place, part in
                PartPlan(
                    lookup: lookup(part.lookup[0], &scope, isFirst: index == 0 && place == 0),
                    conversion: Conversion(type: .timestampTZ, format: part.format), isOptional: part.isOptional)
            }
        }
    }

    /// Names of zones were checked when the file was read: one that is unknown does not come here.
    private mutating func zone(_ scope: inout SlotScope) -> ZonePlan? {
        guard let zone = file.timeZone else { return nil }
        if let name = zone.fixed { return ZoneRules.named(name).map { .fixed($0) } }
        guard let path = zone.path else { return nil }
        let map = zone.map?.compactMap { entry in ZoneRules.named(entry.zone).map { (entry.value, $0) } }
        return .mapped(
            lookup: lookup(TypeFile.Lookup(path: path), &scope), map: map, fallback: zone.fallback.flatMap { ZoneRules.named($0) })
    }

    /// Compiles everything. `json` has the tries of its scopes afterwards.
    ///
    /// The order of the type file is kept throughout.
    mutating func plan(layout: RowLayout) -> (plan: ExtractionPlan, json: JSONPathTable) {
        var scope = SlotScope()
        let zone = zone(&scope)
        let receiptID = parts(file.receiptID, &scope)
        let issuedAt = parts(file.issuedAt, &scope)
        let businessDay = parts(file.businessDay, &scope)
        let clientID = parts(file.clientID, &scope)
        let callbackURL = parts(file.callbackURL, &scope)
        var scalars: [ScalarPlan] = []
        var stored: [StoredColumn] = []
        // Lists wait for their tries: a scope knows where its trie begins only when all paths are known.
        var drafts: [(column: TypeFile.ColumnSpecification, lookups: [LookupPlan], members: [ScalarPlan], scope: SlotScope, orderBy: [Int], distinctBy: [Int])] = []
        for column in file.columns {
            if column.isList {
                var members = SlotScope()
                let plans = column.members.map { scalar($0, &members, isSensitive: column.isSensitive) }
                if column.isStored { stored.append(.list(drafts.count)) }
                drafts.append(
                    (column, lookups(column.lookups, &scope, isList: true), plans, members, column.orderBy.map { number($0) }, column.distinctBy.map { number($0) }))
            } else {
                if column.isStored { stored.append(.scalar(scalars.count)) }
                scalars.append(scalar(column, &scope))
            }
        }
        // One table for all scopes, a trie for each: the receipt's, the document's, and that of each list's elements.
        let table = JSONPathTable(paths: jsonPaths)
        if file.format != .json {
            // As `ExtractionPlan.scopes` has them.
            rootScope.trieRoot = 1
            for index in drafts.indices { drafts[index].scope.trieRoot = 2 + index }
        } else if reasons.isEmpty {
            // With reasons nothing is read by it, and numbers in its scopes may be nobody's.
            table.addTrie(for: &scope)
            table.addTrie(for: &rootScope)
            for index in drafts.indices { table.addTrie(for: &drafts[index].scope) }
            table.freeze()
        }
        let lists = drafts.map { draft -> ListPlan in
            // What columns look for in an element: nothing further, an element of it, or a member.
            let ways: [JSONPath.Token?] = file.format == .json ? draft.members.flatMap(\.lookups).filter { !$0.isFromRoot }.map { tokens($0.path).first } : []
            let takesValues = ways.isEmpty || ways.contains { $0 == nil }
            // An element of XML with neither attributes nor children is a text there (`XMLMembers`), beside others that are objects.
            let takesTexts = takesValues || draft.lookups.contains { isDecoded($0.path) }
            let takesArrays = takesValues || ways.contains { $0.map { $0.isStar || $0.index >= 0 } ?? true }
            return ListPlan(
                name: draft.column.name, lookups: draft.lookups, members: draft.members, isStored: draft.column.isStored,
                isRequired: draft.column.isRequired, scope: draft.scope, orderBy: draft.orderBy, distinctBy: draft.distinctBy, takesArrays: takesArrays,
                takesValues: takesValues, takesTexts: takesTexts)
        }
        let plan = ExtractionPlan(
            scalars: scalars, lists: lists, stored: stored, layout: layout, elementScope: scope, rootScope: rootScope, zone: zone, receiptID: receiptID,
            issuedAt: issuedAt, businessDay: businessDay, clientID: clientID, callbackURL: callbackURL)
        return (plan, table)
    }
}

/// A column type as SQL and type files write it.
///
/// For messages and answers.
package enum ColumnTypeName {
    static func text(_ type: ColumnType) -> String {
        switch type {
        case .boolean: "BOOLEAN"
        case .int32: "INTEGER"
        case .int64: "BIGINT"
        case .double: "DOUBLE"
        case .decimal(let precision, let scale): "DECIMAL(\(precision),\(scale))"
        case .string: "VARCHAR"
        case .date: "DATE"
        case .timestamp: "TIMESTAMPTZ"
        case .binary: "BLOB"
        case .list(let element): text(element.type) + "[]"
        case .structure(let fields): "STRUCT(" + fields.map { "\"\($0.name)\" \(text($0.type))" }.joined(separator: ", ") + ")"
        default: "\(type)"
        }
    }
}
