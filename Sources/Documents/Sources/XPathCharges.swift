internal import CXML2
internal import ColumnStore

/// What an expression demands in one document beyond what libxml2 counts, charged before libxml2 begins: it cannot be stopped within.
///
/// Of one document, as its evaluator is. Steps are some four nanoseconds; to follow a tree from node to node takes two or three of them.
struct XPathCharges {
    /// How often a condition is asked in one evaluation, at most.
    private struct Asked {
        var count = 1
        /// Of one node.
        var perNode = 1
        /// How many of the nodes stand within each other.
        var nesting = 1
    }

    private static let stepsPerNode = 4, stepsPerText = 24, stepsPerSize = 16

    private let document: XMLDocument
    private let work: WorkBudget
    private var sizes: XPathSizes

    init(_ document: XMLDocument, _ work: WorkBudget) {
        (self.document, self.work) = (document, work)
        sizes = XPathSizes(document.tree, work)
    }

    /// Charges for an evaluation from `start`.
    ///
    /// - Returns: what each operation that libxml2 counts may cost; nil where the work ends.
    mutating func charge(_ demand: XPathDemand, from start: xmlNodePtr) -> Int? {
        guard var perOperation = stepsOfOperation(demand) else { return nil }
        var asked: [Asked] = []
        // Sizes that are known are looked up.
        guard work.charge(demand.count, times: Self.stepsPerSize, .xpath) else { return nil }
        if demand.count > 0 {
            guard let found = self.asked(demand.stands, start) else { return nil }
            asked = found
        }
        func place(_ stand: Int?) -> Asked { stand.map { asked[$0] } ?? Asked() }
        for product in demand.products { guard charge(product, place(product.stand), start, &perOperation) else { return nil } }
        for text in demand.texts { guard charge(text, place(text.stand), start) else { return nil } }
        for order in demand.orders {
            let asked = place(order.stand)
            guard let size = sizes.size(order.operand, start) else { return nil }
            // Each is compared with the next: from both to the element before, and back.
            let repeats = Self.repeats(order.operand, asked).multipliedSaturating(by: 4 * order.passCount)
            guard size.count < 2 || work.charge(size.runs, times: repeats, .xpath) else { return nil }
        }
        for identity in demand.identities { guard charge(identity: identity, place(identity.stand), start) else { return nil } }
        for language in demand.languages { guard chargeLanguage(place(language)) else { return nil } }
        return perOperation
    }

    // MARK: Operations

    /// Nil where the work ends.
    private mutating func stepsOfOperation(_ demand: XPathDemand) -> Int? {
        let uriByteCount = document.namespaceByteCountMax
        // Names of namespaces that people write are compared, and copied, as all else is.
        func steps(_ byteCount: Int) -> Int { max(byteCount - 128, 0) / 4 }
        var perOperation = 1 + demand.stepsOfName + steps(min(demand.uriByteCount, uriByteCount))
        if demand.namesNamespaces { perOperation += steps(uriByteCount) }
        // All that are in force are gathered, each held against the others; then each is copied.
        if demand.listsNamespaces { perOperation += XMLReader.namespaceCountMax + uriByteCount }
        guard demand.passesAgain || demand.patternNameCount > 0 else { return perOperation }
        guard let whole = sizes.whole() else { return nil }
        // A state for each name that an element around the node may be.
        perOperation += min(demand.patternNameCount, whole.depth) * whole.depth / 2
        guard demand.passesAgain else { return perOperation }
        // Between two elements there is a text, and a comment with blanks around it.
        perOperation += 2 * max(whole.longestRun - 3, 0)
        if demand.namesNodes { perOperation += steps(whole.nameByteCount) }
        return perOperation
    }

    // MARK: Conditions

    /// Of each condition; nil where the work ends.
    private mutating func asked(_ stands: [XPathStand], _ start: xmlNodePtr) -> [Asked]? {
        var asked: [Asked] = []
        for stand in stands {
            let around = stand.outer.map { asked[$0] } ?? Asked()
            guard let nodes = sizes.size(stand.nodes, start) else { return nil }
            var from = XPathSizes.Size(count: 1, nesting: 1, depth: nodes.depth)
            if let operand = stand.from {
                guard let found = sizes.size(operand, start) else { return nil }
                from = found
            }
            // Of one evaluation: how often each node is found, and how many are.
            let (again, found) =
                switch stand.step {
                case .once: (1, nodes.count)
                case .descent: (max(from.nesting, 1), nodes.count.multipliedSaturating(by: max(from.nesting, 1)))
                case .parents: (from.count, from.count)
                case .ancestors: (from.count, from.count.multipliedSaturating(by: from.depth + 1))
                case .sideways: (from.count, from.count.multipliedSaturating(by: nodes.count))
                }
            let perNode = Self.repeats(stand.nodes, around).multipliedSaturating(by: again)
            let count = min(perNode.multipliedSaturating(by: nodes.count), around.count.multipliedSaturating(by: found))
            asked.append(Asked(count: count, perNode: perNode, nesting: max(nodes.nesting, 1)))
        }
        return asked
    }

    /// How often one node is selected by a path that is followed from each node of a condition.
    private static func repeats(_ operand: XPathProduct.Operand, _ asked: Asked) -> Int {
        switch operand.way {
        case .below: asked.perNode
        case .descent: min(asked.count, asked.perNode.multipliedSaturating(by: asked.nesting))
        case .beyond: asked.count
        }
    }

    // MARK: Products

    /// A step is about four nanoseconds; of a comparison one takes a third, of a search of a byte in another text a tenth, of a node that is looked for one, and with its kind asked two.
    private mutating func charge(_ product: XPathProduct, _ asked: Asked, _ start: xmlNodePtr, _ perOperation: inout Int) -> Bool {
        guard let left = sizes.size(product.left, start), let right = sizes.size(product.right, start) else { return false }
        let repeats = min(Self.repeats(of: product.left, asked), Self.repeats(of: product.right, asked))
        func charge(_ count: Int, times other: Int) -> Bool { work.charge(count.multipliedSaturating(by: repeats), times: other, .xpath) }
        switch product.kind {
        case .comparison:
            // Their texts are made once, and held; in each comparison no more is looked at than the shorter one has.
            let shared = min(left.count.multipliedSaturating(by: right.byteCount), right.count.multipliedSaturating(by: left.byteCount))
            return charge(left.count, times: right.count / 3) && charge(shared / 32, times: 1) && work.charge(left.byteCount.addingSaturating(right.byteCount), times: 4, .xpath)
        case .union: return charge(left.count, times: right.count.multipliedSaturating(by: 2))
        case .parents: return left.count < 2 || charge(left.count, times: min(right.count, left.parentCount))
        case .ancestors:
            guard left.count > 1 else { return true }
            // Of each node those above it, which are no more than all that are above some.
            let above = min(right.count, left.parentCount.multipliedSaturating(by: left.depth + 1))
            return charge(left.count.multipliedSaturating(by: left.depth + 1), times: above / 2)
        case .descent:
            guard left.count > 1 else { return true }
            let found = right.count.multipliedSaturating(by: max(left.nesting, 1))
            return charge(found, times: right.count / 2)
        case .sideways:
            guard left.count > 1 else { return true }
            perOperation = perOperation.addingSaturating(right.count)
            return true
        case .nearest: return left.count < 2 || charge(left.count, times: min(left.count, right.count))
        case .texts:
            func one(_ operand: XPathProduct.Operand, _ size: XPathSizes.Size) -> Int { operand.isJoined ? size.byteCount : size.most.byteCount }
            func all(_ operand: XPathProduct.Operand, _ size: XPathSizes.Size) -> Int {
                min(Self.repeats(of: operand, asked).multipliedSaturating(by: size.byteCount), asked.count.multipliedSaturating(by: one(operand, size)))
            }
            let (byLeft, byRight) = (all(product.left, left).multipliedSaturating(by: one(product.right, right)), all(product.right, right).multipliedSaturating(by: one(product.left, left)))
            return work.charge(min(byLeft, byRight) / 10, .xpath)
        }
    }

    /// Constants are there each time.
    private static func repeats(of operand: XPathProduct.Operand, _ asked: Asked) -> Int {
        operand.names.isEmpty && !operand.isStart ? asked.count : repeats(operand, asked)
    }

    // MARK: Texts

    /// For each text libxml2 takes memory; to put it together it follows all nodes in one, and goes through the bytes once for each function.
    private mutating func charge(_ text: XPathText, _ asked: Asked, _ start: xmlNodePtr) -> Bool {
        guard let size = sizes.size(text.operand, start) else { return false }
        func steps(_ nodeCount: Int, _ byteCount: Int) -> Int {
            nodeCount.multipliedSaturating(by: Self.stepsPerNode).addingSaturating(byteCount.multipliedSaturating(by: text.passCount) / 4)
        }
        let ofAll = steps(size.innerCount, size.byteCount).addingSaturating(size.count.multipliedSaturating(by: Self.stepsPerText))
        let all = Self.repeats(of: text.operand, asked).multipliedSaturating(by: ofAll)
        guard text.isOfFirst else { return work.charge(all, .xpath) }
        return work.charge(min(all, asked.count.multipliedSaturating(by: steps(size.most.nodeCount, size.most.byteCount).addingSaturating(Self.stepsPerText))), .xpath)
    }

    /// Of the words of a text each is looked up, and held against the elements that were found.
    private mutating func charge(identity: XPathText, _ asked: Asked, _ start: xmlNodePtr) -> Bool {
        guard let size = sizes.size(identity.operand, start), let named = sizes.named("id") else { return false }
        let wordCount = size.byteCount / 2 + 1
        return work.charge(wordCount.multipliedSaturating(by: Self.repeats(of: identity.operand, asked)), times: 4 + min(wordCount, named.count) / 8, .xpath)
    }

    /// Attributes of all elements above are looked through; the language is copied.
    private mutating func chargeLanguage(_ asked: Asked) -> Bool {
        guard let whole = sizes.whole(), let named = sizes.named("lang") else { return false }
        return work.charge(asked.count, times: whole.attributesAbove + named.most.byteCount / 4, .xpath)
    }
}
