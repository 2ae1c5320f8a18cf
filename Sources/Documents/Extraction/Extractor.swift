internal import ColumnStore

/// Takes from one receipt of a document what its type's plan says. Specialised for each format.
///
/// Whatever is wrong goes to the context's violations, all of it; a receipt comes out only when nothing is.
///
/// Order of a receipt, each step on what the ones before have found:
/// 1. All slots of its paths, then the zone.
/// 2. Ids, callback URL and time of issue.
/// 3. Columns, scalars before lists.
/// 4. Computed columns and rules, only where nothing is wrong so far.
/// 5. The row.
///
/// One is made for a document, and used for all receipts in it: what the document's own paths lead to (`rootSlots`) is found once.
struct Extractor<Source: DocumentSource> {
    let source: Source
    let type: DocumentType
    let plan: ExtractionPlan
    let context: ExtractionContext
    /// The context's, by the pointer itself: see `ExtractionContext.Buffers`.
    private let buffers: UnsafeMutablePointer<ExtractionContext.Buffers>
    /// Of the receipt at hand.
    private var element: Int
    /// Of the receipt at hand; nil for none, or for one that is not known.
    private var zone: ZoneRules?
    private var isZoneKnown = false

    init(source: Source, type: DocumentType, context: ExtractionContext) {
        self.source = source
        self.type = type
        plan = type.plan
        self.context = context
        buffers = context.buffers
        element = source.root
        buffers.pointee.rootSlots.reserve(plan.rootScope.paths.count)
        if !plan.rootScope.paths.isEmpty { source.resolve(plan.rootScope, from: source.root, into: buffers.pointee.rootSlots.base) }
    }

    private var slots: UnsafeMutablePointer<Int> { buffers.pointee.slots.base }

    /// The receipt at `element` (the document's root where the type has no `each`), or nil when the context has violations.
    ///
    /// - Parameter now: microseconds since 1970; `issued_at` may lie a day beyond.
    /// - Returns: the receipt, or nil; what is wrong with it is in the context then, and so is what could be read, if that is wanted.
    mutating func receipt(at element: Int, document: ReceiptDocument, now: Int64) -> ExtractedReceipt? {
        self.element = element
        buffers.pointee.slots.reserve(plan.elementScope.paths.count)
        // In JSON one walk for all paths of the receipt.
        source.resolve(plan.elementScope, from: element, into: slots)
        findZone()
        let receiptID = identifier(plan.receiptID, name: "receipt_id")
        let clientID = identifier(plan.clientID, name: "client_id")
        let callback = callbackURL()
        let time = issueTime(now: now)
        readColumns()
        // A path that could not be followed to its end: what it did not find is no NULL then.
        if let fault = source.takeFault() {
            report(element, "path-failed", "the path \(fault.path) cannot be followed here: \(fault.reason)")
        }
        // Rules see only receipts without faults; those of columns that could be read are tested all the same, for the report's sake.
        guard context.violationCount == 0 else {
            type.rules.testReadable(in: context) { place(of: $0) }
            return keepReadable(receiptID)
        }
        type.rules.evaluate(plan, in: context) { place(of: $0) }
        guard context.violationCount == 0, let receiptID, let time else { return keepReadable(receiptID) }
        let textByteCount = RowWriter.byteCount(of: plan, buffers)
        // A row is as long as its texts: repeated ones count each time.
        let isTooMuch = textByteCount > ExtractionContext.rowByteCountMax && context.work.limitsDocuments
        guard context.work.charge(isTooMuch ? Int.max : textByteCount, .paths) else { return nil }
        return ExtractedReceipt(
            type: type, receiptID: receiptID, clientID: clientID, callbackURL: callback?.url, callbackPointer: callback?.pointer, issuedAt: time.instant, businessDay: time.day,
            row: RowWriter.row(of: plan, context: context), document: document)
    }

    /// Where a column of the receipt has its value, or would have it; where the receipt stands, of no column and of one that many values make.
    ///
    /// For faults of rules and of computed columns. `scalar` is a number among the plan's scalars.
    private func place(of scalar: Int?) -> String {
        let whole = source.location(of: element, within: element)
        guard let scalar, plan.scalars.indices.contains(scalar) else { return whole }
        let lookups = plan.scalars[scalar].lookups
        guard let first = lookups.first, !lookups.contains(where: \.isSum) else { return whole }
        for lookup in lookups {
            let node = node(lookup, from: element, slots: slots)
            // As `cell` takes it: the first that has something.
            if node != Documents.none, source.text(node).isPresent { return source.location(of: node, within: element) }
        }
        return source.location(ofMissing: first.path, from: first.isFromRoot ? source.root : element, within: element)
    }

    /// Keeps what was read of a receipt that is refused, where that is wanted and no more than a little.
    ///
    /// - Returns: nil, for the caller to return.
    private func keepReadable(_ receiptID: [UInt8]?) -> ExtractedReceipt? {
        guard context.keepsReadable, !context.work.isExhausted else { return nil }
        let bound = context.readableByteCountMax
        let isSmall = RowWriter.byteCount(of: plan, buffers) <= bound && buffers.pointee.cells.count <= bound
        context.readable = (receiptID, isSmall ? RowWriter.row(of: plan, context: context) : [])
        return nil
    }

    private func report(_ node: Int, _ code: String, _ message: @autoclosure () -> String) {
        context.report(source.location(of: node, within: element), code, message())
    }

    // MARK: Following lookups

    /// Calls `body` with each node of a lookup that passes its tests, the value's path followed, until it returns false.
    ///
    /// `from_root` begins at the document, whatever the receipt.
    private func forEach(_ lookup: LookupPlan, from start: Int, _ body: (Int) -> Bool) {
        let start = lookup.isFromRoot ? source.root : start
        /// False once `body` has had enough.
        func visit(_ candidate: Int) -> Bool {
            guard passes(lookup.tests, from: candidate) else { return true }
            guard let value = lookup.value else { return body(candidate) }
            var isWanted = true
            source.forEach(value, from: candidate) { node in
                isWanted = body(node)
                return isWanted
            }
            return isWanted
        }
        source.forEach(lookup.path, from: start) { node in
            // The path may name the array whose elements are meant.
            var isWanted = true
            let isArray: Void? = source.forEachElement(of: node) { child in
                isWanted = visit(child)
                return isWanted
            }
            return isArray == nil ? visit(node) : isWanted
        }
    }

    /// JSON tells numbers from strings; in XML and CSV all is text.
    private func passes(_ tests: [TestPlan], from node: Int) -> Bool {
        tests.isEmpty || PathMatcher(source: source, isTyped: type.format == .json).passes(tests, from: node)
    }

    /// The node that a lookup leads to from `start`, whose slots are `slots`; `none` when there is none.
    ///
    /// - Returns: for a direct lookup its slot, which was filled before; for any other the first node that passes.
    @inline(__always)
    private func node(_ lookup: LookupPlan, from start: Int, slots: UnsafeMutablePointer<Int>) -> Int {
        if lookup.slot >= 0, lookup.isDirect { return lookup.isFromRoot ? buffers.pointee.rootSlots.base[lookup.slot] : slots[lookup.slot] }
        if lookup.isDirect { return source.first(lookup.path, from: lookup.isFromRoot ? source.root : start) }
        var found = none
        forEach(lookup, from: start) { node in
            found = node
            return false
        }
        return found
    }

    // MARK: Identity and time

    /// The first alternative whose parts are all there: a text and node for each part (an optional one that is missing has `none`).
    ///
    /// A part that is an empty text or NULL is missing. Alternatives whose parts are all missing are passed over, too.
    private func complete(_ alternatives: [[PartPlan]]) -> [(part: PartPlan, node: Int, text: ScalarText)]? {
        for parts in alternatives {
            var found: [(part: PartPlan, node: Int, text: ScalarText)] = []
            var isComplete = true
            for part in parts {
                let node = node(part.lookup, from: element, slots: slots)
                let text = node == Documents.none ? ScalarText.absent : source.text(node).trimmed()
                if text.isPresent, text.count > 0 {
                    found.append((part, node, text))
                } else if part.isOptional {
                    found.append((part, Documents.none, .absent))
                } else {
                    isComplete = false
                    break
                }
            }
            if isComplete, found.contains(where: { $0.node != Documents.none }) { return found }
        }
        return nil
    }

    /// Says of the first alternative which of its parts are missing: it is the one that the type's author thought of first.
    private func reportMissing(_ alternatives: [[PartPlan]], name: String) {
        guard let parts = alternatives.first else { return }
        for part in parts where !part.isOptional {
            let node = node(part.lookup, from: element, slots: slots)
            if node == Documents.none {
                let start = part.lookup.isFromRoot ? source.root : element
                context.report(
                    source.location(ofMissing: part.lookup.path, from: start, within: element), "required", "\(name) needs a value here")
            } else if !source.text(node).trimmed().isPresent || source.text(node).trimmed().count == 0 {
                report(node, "required", "\(name) needs a value here")
            }
        }
    }

    /// Optional parts only: there may be none of them.
    private static func mayBeMissing(_ alternatives: [[PartPlan]]) -> Bool {
        alternatives.isEmpty || alternatives.contains { $0.allSatisfy(\.isOptional) }
    }

    /// The parts joined with hyphens.
    ///
    /// - Returns: nil where the type maps none, where it is missing (a fault only if it may not be), and where it is faulty.
    private func identifier(_ alternatives: [[PartPlan]], name: StaticString) -> [UInt8]? {
        if alternatives.isEmpty { return nil }
        guard let parts = complete(alternatives) else {
            if !Self.mayBeMissing(alternatives) { reportMissing(alternatives, name: "\(name)") }
            return nil
        }
        var identifier: [UInt8] = []
        identifier.reserveCapacity(parts.reduce(0) { $0 + $1.text.count + 1 })
        var isFirst = true
        for (_, node, text) in parts where node != none {
            guard text.kind == .string || text.kind == .number else {
                report(node, "wrong-type", "\(name) is a string or a number")
                return nil
            }
            if !isFirst { identifier.append(UInt8(ascii: "-")) }
            isFirst = false
            identifier.append(contentsOf: UnsafeBufferPointer(start: text.bytes, count: text.count))
        }
        if let fault = Self.fault(ofIdentifier: identifier) {
            report(parts.first { $0.node != Documents.none }?.node ?? element, "bad-id", "\(name) \(fault)")
            return nil
        }
        return identifier
    }

    /// What is wrong with an id, for a message; nil for nothing.
    private static func fault(ofIdentifier identifier: [UInt8]) -> String? {
        guard 1...200 ~= identifier.count else { return "has \(identifier.count) bytes; 1 to 200 are allowed" }
        for (index, byte) in identifier.enumerated() {
            // C0, DEL, and C1 in its two bytes of UTF-8.
            let isC1 = byte == 0xC2 && index + 1 < identifier.count && identifier[index + 1] < 0xA0
            if byte < 0x20 || byte == 0x7F || isC1 { return "has a control character" }
        }
        return nil
    }

    /// The parts joined without anything between them, if they are a URL of the web of up to 2,048 bytes.
    private func callbackURL() -> (url: String, pointer: String)? {
        guard !plan.callbackURL.isEmpty else { return nil }
        guard let parts = complete(plan.callbackURL) else {
            // A receipt without a webhook of its own is an ordinary one.
            return nil
        }
        let text = parts.filter { $0.node != Documents.none }.map(\.text.string).joined()
        let node = parts.first { $0.node != Documents.none }?.node ?? element
        let isWeb = text.lowercased().hasPrefix("https://") || text.lowercased().hasPrefix("http://")
        guard isWeb, text.utf8.count <= 2_048, !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            report(node, "bad-url", "callback_url is no http or https URL")
            return nil
        }
        return (text, source.location(of: node, within: element))
    }

    /// The zone of the receipt at hand. A fallback stands in for a value that is missing or that names no zone; without one times without an
    /// offset are faults.
    private mutating func findZone() {
        zone = nil
        isZoneKnown = true
        switch plan.zone {
        case nil: return
        case .fixed(let rules): zone = rules
        case .mapped(let lookup, let map, let fallback):
            zone = fallback
            let node = node(lookup, from: element, slots: slots)
            guard node != Documents.none else {
                isZoneKnown = fallback != nil
                return
            }
            let text = source.text(node).trimmed()
            let bytes = UnsafeBufferPointer(start: text.bytes, count: text.count)
            if let map {
                if let known = map.first(where: { bytes.elementsEqual($0.value) }) { zone = known.zone }
            } else if text.isPresent, let named = ZoneRules.named(text.string) {
                zone = named
            }
            isZoneKnown = zone != nil
        }
    }

    /// One alternative's parts as a single time: the date of the first that has one, the time of day and offset of the last that have.
    ///
    /// Date and time of day often stand in two places: `2024-05-01` and `14:30:00+02:00` make one time.
    private func time(
        _ alternatives: [[PartPlan]], name: String
    ) -> (parts: TimeParts, node: Int)? {
        guard let found = complete(alternatives) else {
            if !Self.mayBeMissing(alternatives) { reportMissing(alternatives, name: name) }
            return nil
        }
        var whole = TimeParts()
        for (part, node, text) in found where node != none {
            let read: TimeParts
            do throws(ValueFault) {
                read = try part.conversion.parts(text)
            } catch {
                let isDay = name == "business_day"
                let fault = isDay && error == .notATime ? ValueFault.notADate : error
                report(node, fault.rawValue, "\(name): \(told(text)) is no \(isDay ? "date" : "date or time") as the type has it")
                return nil
            }
            if whole.day == nil { whole.day = read.day }
            whole.timeOfDay = read.timeOfDay ?? whole.timeOfDay
            whole.offset = read.offset ?? whole.offset
            whole.instant = read.instant ?? whole.instant
        }
        // Faults of the whole are told at its first part.
        let node = found.first { $0.node != Documents.none }?.node ?? element
        guard whole.instant != nil || whole.day != nil else {
            report(node, (name == "business_day" ? ValueFault.notADate : .notATime).rawValue, "\(name) has no date")
            return nil
        }
        return (whole, node)
    }

    /// The instant of issue in microseconds since 1970, and the business day. Without `issued_at` the instant is that of the reading.
    private func issueTime(now: Int64) -> (instant: Int64, day: Int32)? {
        // Outside these bounds a time is taken for a mistake of the document: a clock that was never set, a year of two digits.
        let earliest = type.file.acceptFrom ?? Self.acceptFrom
        let latest = type.file.acceptTo ?? now.addingSaturating(CivilDate.microsecondsPerDay)
        if plan.issuedAt.isEmpty { return day(of: now, offset: 0, at: element, between: earliest, and: latest).map { (now, $0) } }
        guard let (parts, node) = time(plan.issuedAt, name: "issued_at") else {
            // For its faults.
            _ = plan.businessDay.isEmpty ? nil : time(plan.businessDay, name: "business_day")
            return nil
        }
        let instant: Int64
        do throws(ValueFault) {
            instant = try IssueTime.instant(of: parts, zone: zone)
        } catch {
            let message =
                switch error {
                case .noSuchLocalTime: "issued_at: daylight saving skips this time in \(zone?.name ?? "its zone")"
                case .noTimeZone:
                    isZoneKnown ? "issued_at has no offset and the type no time_zone" : "issued_at has no offset and its time_zone is not known"
                case .outOfRange: "issued_at lies outside the years 1 to 9999"
                default: "issued_at is no time"
                }
            report(node, error.rawValue, message)
            return nil
        }
        guard instant >= earliest, instant <= latest else {
            let bound = instant < earliest ? "before \(Self.shown(earliest))" : "after \(Self.shown(latest))"
            report(node, ValueFault.outOfRange.rawValue, "issued_at lies \(bound)")
            return nil
        }
        return day(of: instant, offset: parts.offset ?? 0, at: node, between: earliest, and: latest).map { (instant, $0) }
    }

    /// The business day: the document's own, if the type maps one, else that of the instant.
    ///
    /// - Parameters:
    ///   - offset: of the document's zone from UTC, in seconds, for types without one.
    ///   - earliest, latest: what issued_at may be.
    private func day(of instant: Int64, offset: Int, at node: Int, between earliest: Int64, and latest: Int64) -> Int32? {
        let day: Int32
        if let (parts, node) = plan.businessDay.isEmpty ? nil : time(plan.businessDay, name: "business_day") {
            guard let written = businessDay(parts) else {
                report(node, ValueFault.notADate.rawValue, "business_day is no date")
                return nil
            }
            // A day apart at most for zones, on both sides.
            guard Int64(written) >= Int64(CivilDate.day(ofMicroseconds: max(earliest, IssueTime.range.lowerBound))) - 1,
                Int64(written) <= Int64(CivilDate.day(ofMicroseconds: min(latest, IssueTime.range.upperBound - 1))) + 1
            else {
                report(node, ValueFault.outOfRange.rawValue, "business_day lies outside what issued_at may be")
                return nil
            }
            day = written
        } else if let zone {
            day = zone.day(ofMicroseconds: instant)
        } else {
            day = CivilDate.day(ofMicroseconds: instant + Int64(offset) * 1_000_000)
        }
        guard IssueTime.dayRange.contains(day) else {
            report(node, ValueFault.outOfRange.rawValue, "business_day lies outside the years 1 to 9999")
            return nil
        }
        return day
    }

    /// An instant is brought to its day in the type's zone, or in UTC.
    private func businessDay(_ parts: TimeParts) -> Int32? {
        if let instant = parts.instant { return zone?.day(ofMicroseconds: instant) ?? CivilDate.day(ofMicroseconds: instant) }
        return parts.day.flatMap { Int32(exactly: $0) }
    }

    /// 2000-01-01.
    private static var acceptFrom: Int64 { 946_684_800_000_000 }

    private static func shown(_ instant: Int64) -> String {
        CivilDate.text(microseconds: min(max(instant, IssueTime.range.lowerBound), IssueTime.range.upperBound - 1))
    }

    // MARK: Columns

    /// Cells are set in place; the count is set when they are.
    private func readColumns() {
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
        for lookup in list.lookups {
            gatherElements(lookup, list)
            if buffers.pointee.elements.count > 0 { break }
        }
        arrangeElements(list)
        let rowCount = buffers.pointee.elements.count
        if list.isRequired, rowCount == 0, let lookup = list.lookups.first {
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
            // Cells that are not read are not left without a value.
            if context.work.isExhausted { (buffers.pointee.cells.base + start + row * width).initialize(repeating: .null, count: width) }
            if context.work.isExhausted { continue }
            // Places of faults then say which element it is.
            source.enter(element: (row, rowCount))
            source.resolve(list.scope, from: node, into: listSlots)
            fill(list.memberSteps, list.members, from: node, slots: listSlots, at: start + row * width)
        }
        source.enter(element: nil)
        buffers.pointee.cells.count = start + rowCount * width
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
                    return ListOrder.Key(node == none ? .absent : source.text(node), isTyped: isTyped)
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
    private func gatherElements(_ lookup: LookupPlan, _ list: ListPlan) {
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
            source.forEach(lookup.path, from: lookup.isFromRoot ? source.root : element, gather)
        }
    }

    /// The long way of one value: each lookup in turn, conversion with all options, faults, the default.
    ///
    /// - Returns: NULL with a fault noted, or the default where nothing was found.
    private func cell(_ column: ScalarPlan, from start: Int, slots: UnsafeMutablePointer<Int>) -> Cell {
        // Computed when all columns are read.
        if column.hasExpression { return .null }
        for lookup in column.lookups {
            if lookup.isSum {
                let cell = sum(lookup, column, from: start)
                if !cell.isNull { return cell }
                continue
            }
            let node = node(lookup, from: start, slots: slots)
            guard node != Documents.none else { continue }
            let text = source.text(node)
            guard text.isPresent else { continue }
            do throws(ValueFault) {
                return try column.conversion.cell(text, zone: zone, arena: context.arena)
            } catch {
                reportFault(error, node, text, column)
                return .null
            }
        }
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

    /// A value in a reason. Where some column is sensitive none is told of any: in a row whose fields are one place off, they stand under others' names.
    private func told(_ text: ScalarText) -> String { type.isSensitive ? "the value" : JSONGrammar.shown(text.array) }

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
    private func sum(_ lookup: LookupPlan, _ column: ScalarPlan, from start: Int) -> Cell {
        // Digits past the column's scale may add up to none: they are kept while adding, by themselves, so that large numbers have their room.
        let scale = column.conversion.scale
        let wide = max(scale, 18)
        let unit = PowersOfTen.int128[wide - scale]
        var total: Int128 = 0
        var surplus: Int128 = 0
        var isAny = false
        var isFaulty = false
        forEach(lookup, from: start) { node in
            // Each is added at the column's scale; what is finer goes to `surplus` in units of 10^-wide.
            let text = source.text(node)
            guard text.isPresent else { return true }
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
