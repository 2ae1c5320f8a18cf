/// Cells of a receipt's columns, and of the rows of its lists.
extension Extractor {
    /// Cells are set in place; the count is set when they are.
    func readColumns() {
        let steps = plan.scalarSteps
        buffers.pointee.cells.count = 0
        buffers.pointee.cells.reserve(steps.count)
        fill(steps, plan.scalars, from: element, slots: slots, at: 0)
        buffers.pointee.cells.count = steps.count
        buffers.pointee.lists.count = 0
        for list in plan.lists { readList(list) }
    }

    /// Sets the cells of one receipt or element, from place `start` on.
    ///
    /// The inner loop of all extraction. A slot that is empty, a NULL, or a plain number or text is done here, by the step alone; all else by `cell`.
    ///
    /// - Parameters:
    ///   - steps: the columns as plain records.
    ///   - columns: the same, for what a step does not know.
    ///   - origin: the receipt's or the element's node.
    ///   - slots: nodes of `origin`'s scope, already found.
    @inline(__always)
    private func fill(
        _ steps: UnsafeMutableBufferPointer<ScalarStep>, _ columns: [ScalarPlan], from origin: Int, slots: UnsafeMutablePointer<Int>, at start: Int
    ) {
        let rootSlots = buffers.pointee.rootSlots.base
        let cells = buffers.pointee.cells.base + start
        for index in 0..<steps.count {
            let step = steps[index]
            if step.slot >= 0 {
                let node = step.isFromRoot ? rootSlots[Int(step.slot)] : slots[Int(step.slot)]
                // Missing, and neither required nor with a default or a second path.
                if node == none {
                    if step.isNullWhenMissing {
                        (cells + index).initialize(to: .null)
                        continue
                    }
                } else {
                    let text = source.text(node)
                    if text.kind == .null, step.isNullWhenMissing {
                        (cells + index).initialize(to: .null)
                        continue
                    }
                    if text.kind == .string || text.kind == .number, step.convert(text, into: cells + index) { continue }
                }
            }
            let known = context.violationCount
            let cell = cell(columns[index], from: origin, slots: slots)
            (cells + index).initialize(to: cell)
            // The receipt's own columns are first among the cells; those of lists are not told apart.
            if start == 0, context.violationCount != known { context.noteUnreadable(index) }
        }
    }

    /// Finds a list's elements, orders them, and fills a row of cells for each.
    private func readList(_ list: ListPlan) {
        buffers.pointee.elements.count = 0
        // Told of the path that is taken; where none finds an element, of those that may have been meant.
        var strays: [Int] = []
        for lookup in list.lookups {
            let others = strays.count
            gatherElements(lookup, list, &strays)
            if buffers.pointee.elements.count > 0 {
                strays.removeFirst(others)
                break
            }
        }
        if buffers.pointee.elements.count == 0 { strays = straysToTell(strays, of: list.lookups, from: element) }
        reportStrays(strays, list.name)
        arrangeElements(list)
        let rowCount = buffers.pointee.elements.count
        if list.isRequired, rowCount == 0, strays.isEmpty, let lookup = list.lookups.first {
            context.report(source.location(ofMissing: lookup.path, from: element, within: element), "required", "\(list.name) needs an element")
        }
        let width = list.memberSteps.count
        let start = buffers.pointee.cells.count
        // Each cell takes room, whether there is anything in it or not.
        let isTooMuch = start + rowCount * width > ExtractionContext.cellCountMax
        guard context.work.charge(isTooMuch && context.work.limitsDocuments ? Int.max : rowCount * width, .paths) else {
            buffers.pointee.lists.append(ExtractionContext.ListView(start: start, rowCount: 0, width: width))
            return
        }
        buffers.pointee.lists.append(ExtractionContext.ListView(start: start, rowCount: rowCount, width: width))
        buffers.pointee.cells.reserve(start + rowCount * width)
        buffers.pointee.listSlots.reserve(list.scope.paths.count)
        let listSlots = buffers.pointee.listSlots.base
        for row in 0..<rowCount {
            let node = buffers.pointee.elements.base[row]
            let isUnread = context.work.isExhausted || !context.hasRoomForTexts() || isMisfit(node, of: list)
            // Cells that are not read are not left without a value.
            if isUnread { (buffers.pointee.cells.base + start + row * width).initialize(repeating: .null, count: width) }
            if isUnread { continue }
            // Places of faults then say which element it is.
            source.enter(element: (row, rowCount))
            source.resolve(list.scope, from: node, into: listSlots)
            fill(list.memberSteps, list.members, from: node, slots: listSlots, at: start + row * width)
        }
        source.enter(element: nil)
        buffers.pointee.cells.count = start + rowCount * width
    }

    /// Whether an element is something that no column of the list finds anything in, which is noted. JSON's null is a row of NULLs.
    private func isMisfit(_ node: Int, of list: ListPlan) -> Bool {
        if list.takesValues { return false }
        switch source.form(ofElement: node) {
        case nil, .object: return false
        case .array: if list.takesArrays { return false }
        case .text: if list.takesTexts { return false }
        case .value: break
        }
        if context.isKept { return false }
        report(node, "wrong-type", "\(list.name): an object should be here, in which its columns are")
        return true
    }

    /// What is told of strays where no path has found anything: nothing of other paths than the one that leads to something, if only to null or an empty list. `from` may name both
    /// forms that documents have, and that one is the document's.
    private func straysToTell(_ strays: [Int], of lookups: [LookupPlan], from start: Int) -> [Int] {
        if strays.isEmpty || lookups.count == 1 { return strays }
        for lookup in lookups {
            let origin = lookup.isFromRoot ? source.root : start
            var own: [Int] = []
            var isMet = false
            forEach(lookup, from: start, stray: { own.append($0) }) { _ in
                isMet = true
                return true
            }
            // A list may be there that has no element, or none that is wanted.
            if isMet || own.isEmpty && source.hasList(lookup.path, from: origin) { return own }
        }
        return strays
    }

    /// Notes where `/*` has met no array.
    ///
    /// - Parameter name: of the column.
    private func reportStrays(_ strays: [Int], _ name: String) {
        if context.isKept { return }
        for node in strays { report(node, "wrong-type", "\(name): an array should be here, whose elements /* goes through") }
    }

    /// Puts the elements into their order, and leaves those out that say what another has said.
    ///
    /// `order_by` and `distinct_by`, by texts as the document has them, before any conversion.
    private func arrangeElements(_ list: ListPlan) {
        let count = buffers.pointee.elements.count
        guard count > 1, !list.orderBy.isEmpty || !list.distinctBy.isEmpty else { return }
        // Each path is followed once for each element; an order takes some comparisons of each.
        let paths = list.orderBy.count + list.distinctBy.count
        guard context.work.charge(count, times: paths * 16, .paths) else { return }
        let elements = Array(UnsafeBufferPointer(start: buffers.pointee.elements.base, count: count))
        let isTyped = type.format == .json
        func keys(_ paths: [Int]) -> [[ListOrder.Key]] {
            if paths.isEmpty { return [] }
            return elements.enumerated().map { index, element in
                source.enter(element: (index, count))
                return paths.map { path in
                    let node = source.first(path, from: element)
                    let text = node == none ? ScalarText.absent : source.text(node)
                    // It is gone through for each of those comparisons, however long it is.
                    let mayCompare = text.kind == .container || context.work.charge(text.count, times: 4, .paths)
                    return ListOrder.Key(mayCompare ? text : .absent, isTyped: isTyped)
                }
            }
        }
        let (order, distinct) = (keys(list.orderBy), keys(list.distinctBy))
        source.enter(element: nil)
        let places = ListOrder.places(count, order: order, distinct: distinct)
        for (row, place) in places.enumerated() { buffers.pointee.elements.base[row] = elements[place] }
        buffers.pointee.elements.count = places.count
    }

    /// In JSON a list is an array; in XML the path's nodes themselves are the elements.
    ///
    /// - Parameter strays: gets what `/*` meets that is no array.
    private func gatherElements(_ lookup: LookupPlan, _ list: ListPlan, _ strays: inout [Int]) {
        func gather(_ container: Int) -> Bool {
            let isArray: Void? = source.forEachElement(of: container) { child in
                if lookup.tests.isEmpty || passes(lookup.tests, from: child) { buffers.pointee.elements.append(child) }
                return true
            }
            guard isArray == nil, source.exists(container) else { return true }
            // A pointer with a star names elements one by one: those are no arrays.
            if type.format == .json, !type.jsonPaths.paths[lookup.path].tokens.contains(where: \.isStar) {
                report(container, "wrong-type", "\(list.name) is a list: an array should be here")
            } else if passes(lookup.tests, from: container) {
                buffers.pointee.elements.append(container)
            }
            return true
        }
        // In JSON one node is all that a pointer without stars can name, and the walk has found it.
        if lookup.slot >= 0 {
            let node = lookup.isFromRoot ? buffers.pointee.rootSlots.base[lookup.slot] : slots[lookup.slot]
            if node != none { _ = gather(node) }
        } else {
            source.forEach(lookup.path, from: lookup.isFromRoot ? source.root : element, stray: { strays.append($0) }, gather)
        }
    }

    /// The long way of one value: each lookup in turn, conversion with all options, faults, the default.
    ///
    /// - Returns: NULL with a fault noted, or the default where nothing was found.
    private func cell(_ column: ScalarPlan, from start: Int, slots: UnsafeMutablePointer<Int>) -> Cell {
        // Computed when all columns are read.
        if column.hasExpression { return .null }
        var strays: [Int] = []
        for lookup in column.lookups {
            if lookup.isSum {
                let cell = sum(lookup, column, from: start, &strays)
                if !cell.isNull { return cell }
                continue
            }
            let node = node(lookup, from: start, slots: slots)
            let text = node == Documents.none ? ScalarText.absent : source.text(node)
            guard text.isPresent else {
                if lookup.hasStar { forEach(lookup, from: start, stray: { strays.append($0) }) { _ in false } }
                continue
            }
            guard mayRead(text) else { return .null }
            do throws(ValueFault) {
                return try column.conversion.cell(text, zone: zone, arena: context.arena, isKept: context.isKept)
            } catch {
                reportFault(error, node, text, column)
                return .null
            }
        }
        strays = straysToTell(strays, of: column.lookups, from: start)
        reportStrays(strays, column.name)
        if !strays.isEmpty, !context.isKept { return .null }
        if column.isRequired, column.fallback.isNull { reportMissing(column, from: start, slots: slots) }
        return column.fallback
    }

    /// Notes why a value is none of its column.
    private func reportFault(_ fault: ValueFault, _ node: Int, _ text: ScalarText, _ column: ScalarPlan) {
        let value = text.kind == .container ? "an object or array" : told(text)
        let message =
            switch fault {
            case .wrongType: "\(column.name) is a \(ColumnTypeName.text(column.type)): \(value) is none"
            case .tooManyDigits: "\(column.name): \(value) has more digits behind the mark than \(ColumnTypeName.text(column.type)) keeps"
            case .outOfRange: "\(column.name): \(value) does not fit \(ColumnTypeName.text(column.type))"
            case .noSuchLocalTime: "\(column.name): daylight saving skips this time in \(zone?.name ?? "its zone")"
            case .noTimeZone: "\(column.name): \(value) has no offset and the type no time_zone"
            case .nulCharacter: "\(column.name) has a NUL character"
            default: "\(column.name): \(value) is no \(ColumnTypeName.text(column.type))"
            }
        report(node, fault.rawValue, message)
    }

    /// A value as messages show it. Where any column is sensitive no value is shown: in a row whose fields are one place off, values stand under others' names.
    func told(_ text: ScalarText) -> String { type.isSensitive ? "the value" : JSONGrammar.shown(text.array) }

    /// Where it is missing: at the node with nothing in it, else where the first path would lead.
    private func reportMissing(_ column: ScalarPlan, from start: Int, slots: UnsafeMutablePointer<Int>) {
        guard let lookup = column.lookups.first else { return report(start, "required", "\(column.name) is required") }
        let node = node(lookup, from: start, slots: slots)
        if node == Documents.none {
            let origin = lookup.isFromRoot ? source.root : start
            context.report(source.location(ofMissing: lookup.path, from: origin, within: element), "required", "\(column.name) is required")
        } else {
            report(node, "required", "\(column.name) is required, but there is nothing in it")
        }
    }

    /// The exact sum of all that a lookup selects; NULL over none.
    ///
    /// Values that are absent or NULL count nothing; one that is no number makes the sum NULL, with a fault for each.
    ///
    /// - Parameter strays: gets what `/*` has met that is no array, where there is nothing to add; else it is noted here.
    private func sum(_ lookup: LookupPlan, _ column: ScalarPlan, from start: Int, _ strays: inout [Int]) -> Cell {
        // Digits past the column's scale may add up to none: they are kept while adding, by themselves, so that large numbers have their room.
        let scale = column.conversion.scale
        let wide = max(scale, 18)
        let unit = PowersOfTen.int128[wide - scale]
        var total: Int128 = 0
        var surplus: Int128 = 0
        var isAny = false
        var isFaulty = false
        var met: [Int] = []
        forEach(lookup, from: start, stray: { met.append($0) }) { node in
            // Each is added at the column's scale; what is finer goes to `surplus` in units of 10^-wide.
            let text = source.text(node)
            guard text.isPresent else { return true }
            guard mayRead(text) else { return false }
            do throws(ValueFault) {
                guard text.kind != .container else { throw .wrongType }
                let number = try summand(text, column.conversion, wide: wide, unit: unit)
                let (next, isOverflow) = total.addingReportingOverflow(number.whole)
                let (nextSurplus, isMuch) = surplus.addingReportingOverflow(number.surplus)
                guard !isOverflow, !isMuch else { throw .outOfRange }
                (total, surplus) = (next, nextSurplus)
                isAny = true
            } catch {
                reportFault(error, node, text, column)
                isFaulty = true
            }
            return true
        }
        if isAny { reportStrays(met, column.name) } else { strays.append(contentsOf: met) }
        guard isAny, !isFaulty else { return .null }
        do throws(ValueFault) {
            return try column.conversion.cell(ofSum: total, rest: surplus, scale: wide)
        } catch {
            context.report(
                source.location(ofMissing: lookup.path, from: start, within: element), error.rawValue,
                "\(column.name): the sum does not fit \(ColumnTypeName.text(column.type))")
            return .null
        }
    }

    /// A number in units of the column, and what it has past them in units of ten to −`wide`.
    ///
    /// 1.2345 for DECIMAL(9,2): `whole` 123, `surplus` 45 × 10^(wide − 4).
    private func summand(_ text: ScalarText, _ conversion: Conversion, wide: Int, unit: Int128) throws(ValueFault) -> (whole: Int128, surplus: Int128) {
        do throws(ValueFault) {
            return (try conversion.number(text, scale: conversion.scale), 0)
        } catch {
            guard error == .tooManyDigits, unit > 1 else { throw error }
            let digits = try conversion.number(text, scale: wide)
            let (whole, surplus) = digits.quotientAndRemainder(dividingBy: unit)
            return (whole, surplus)
        }
    }
}
