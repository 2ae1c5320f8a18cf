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
    let buffers: UnsafeMutablePointer<ExtractionContext.Buffers>
    /// Of the receipt at hand.
    var element: Int
    /// Of the receipt at hand; nil for none, or for one that is not known.
    var zone: ZoneRules?
    var isZoneKnown = false

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

    var slots: UnsafeMutablePointer<Int> { buffers.pointee.slots.base }

    /// The receipt at `element` (the document's root where the type has no `each`), or nil when the context has violations.
    ///
    /// - Parameter now: microseconds since 1970; `issued_at` may lie a day beyond.
    /// - Returns: the receipt, or nil; what is wrong with it is in the context then, and so is what could be read, if that is wanted.
    mutating func receipt(at element: Int, document: ReceiptDocument, now: Int64) -> ExtractedReceipt? {
        self.element = element
        guard context.hasRoomForTexts() else { return nil }
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

    func report(_ node: Int, _ code: String, _ message: @autoclosure () -> String) {
        context.report(source.location(of: node, within: element), code, message())
    }

    /// Charges for a text that is about to be gone through: each row that leads to it does so anew, however long it is.
    ///
    /// - Returns: false where the work ends.
    func mayRead(_ text: ScalarText) -> Bool { text.kind == .container || context.work.charge(text.count, .paths) }

    // MARK: Following lookups

    /// Calls `body` with each node of a lookup that passes its tests, the value's path followed, until it returns false.
    ///
    /// `from_root` begins at the document, whatever the receipt.
    func forEach(_ lookup: LookupPlan, from start: Int, _ body: (Int) -> Bool) { forEach(lookup, from: start, stray: { _ in }, body) }

    /// The same, and calls `stray` with what `/*` meets that has no elements.
    func forEach(_ lookup: LookupPlan, from start: Int, stray: (Int) -> Void, _ body: (Int) -> Bool) {
        let start = lookup.isFromRoot ? source.root : start
        /// False once `body` has had enough.
        func visit(_ candidate: Int) -> Bool {
            guard passes(lookup.tests, from: candidate) else { return true }
            guard let value = lookup.value else { return body(candidate) }
            var isWanted = true
            source.forEach(value, from: candidate, stray: stray) { node in
                isWanted = body(node)
                return isWanted
            }
            return isWanted
        }
        source.forEach(lookup.path, from: start, stray: stray) { node in
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
    func passes(_ tests: [TestPlan], from node: Int) -> Bool {
        tests.isEmpty || PathMatcher(source: source, isTyped: type.format == .json).passes(tests, from: node)
    }

    /// The node that a lookup leads to from `start`, whose slots are `slots`; `none` when there is none.
    ///
    /// - Returns: for a direct lookup its slot, which was filled before; for any other the first node that passes.
    @inline(__always)
    func node(_ lookup: LookupPlan, from start: Int, slots: UnsafeMutablePointer<Int>) -> Int {
        if lookup.slot >= 0, lookup.isDirect { return lookup.isFromRoot ? buffers.pointee.rootSlots.base[lookup.slot] : slots[lookup.slot] }
        if lookup.isDirect { return source.first(lookup.path, from: lookup.isFromRoot ? source.root : start) }
        var found = none
        forEach(lookup, from: start) { node in
            found = node
            return false
        }
        return found
    }
}
